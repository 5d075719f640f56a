//! Tests of HTML as text.

use proptest::prelude::*;

use crate::mastodon::html::text;

#[test]
fn a_status_reads_as_it_looks() {
    for (html, read) in [
        (
            "<p>One</p><p>Two<br>three<br />four</p>",
            "One\n\nTwo\nthree\nfour",
        ),
        ("<p>a<br><br>b</p>", "a\n\nb"),
        (
            "<p>I can&#39;t &amp; won&apos;t &lt;3 &#x1F680;&nbsp;!</p>",
            "I can't & won't <3 🚀\u{a0}!",
        ),
        (
            r#"<p><a href="https://a.example/tags/btc" class="mention hashtag" rel="tag">#<span>btc</span></a> up</p>"#,
            "#btc up",
        ),
        (
            r#"<p><span class="h-card"><a href="https://a.example/@ada" class="u-url mention">@<span>ada</span></a></span> hi</p>"#,
            "@ada hi",
        ),
        (
            r#"<a href="https://a.example/long/path"><span class="invisible">https://</span><span class="ellipsis">a.example/long</span><span class="invisible">/path</span></a>"#,
            "a.example/long…",
        ),
        ("<ul><li>one</li><li>two</li></ul>end", "- one\n- two\nend"),
        (
            "<blockquote><p>quoted</p></blockquote><p>answer</p>",
            "quoted\n\nanswer",
        ),
        ("<pre><code>a\n  b</code></pre>c", "a\n  b\nc"),
        ("<p>so   many\n blanks </p>", "so many blanks"),
        ("plain", "plain"),
        ("", ""),
    ] {
        assert_eq!(text(html), read, "{html}");
    }
}

#[test]
fn what_other_servers_send_is_stripped_or_kept_as_text() {
    for (html, read) in [
        ("<h1>Big</h1><div>one</div><div>two</div>", "Big\none\ntwo"),
        ("<marquee>x</marquee><img src=\"a>b\" alt='>'>y", "xy"),
        ("<script>alert(1)</script><style>p{}</style>z", "z"),
        ("<!-- note -->a<?xml?>b", "ab"),
        ("1 < 2 > 0 <3", "1 < 2 > 0 <3"),
        ("a <b", "a <b"),
        ("</p></span>a</div>", "a"),
        ("<p>open <b>never closed", "open never closed"),
        ("a&unknown;b &", "a&unknown;b &"),
        ("a\0b", "a\u{fffd}b"),
    ] {
        assert_eq!(text(html), read, "{html}");
    }
}

proptest! {
    #[test]
    fn no_markup_makes_it_fail(html in "[<>/a-c\"'= &;#p\\PC]{0,60}") {
        prop_assert!(!text(&html).contains('\0'));
    }

    #[test]
    fn text_that_is_escaped_comes_back(words in "[a-z<>&\"' 🚀比]{0,40}") {
        let plain = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        prop_assert_eq!(text(&format!("<p>{escaped}</p>")), plain);
    }
}
