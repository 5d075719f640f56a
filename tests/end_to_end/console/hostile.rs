//! Texts that want to be more than text, on every page that shows them: nothing of them runs, and all of it can be read.

use std::fmt::Write;

use moodwire_testing::{Browser, Page};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{
    desk::{Desk, assert_innocent, last_hours, with_channel},
    moody::Moody,
};
use crate::{
    command_line::at_hand::{bury, enqueue, queue},
    common::Stores,
};

const HOSTILE: [&str; 16] = [
    "<script>window.pwned=1</script>",
    "\" autofocus onfocus=\"window.pwned=2\" onmouseover=\"window.pwned=2\" x=\"",
    "' autofocus onfocus='window.pwned=3' x='",
    "<svg onload=window.pwned=4><animate onbegin=alert(4)>",
    "<img src=https://evil.example/x onerror=alert(5)>",
    "</title></textarea></pre></select><script>alert(6)</script>",
    "<style>*{display:none!important}</style><link rel=stylesheet href=//evil.example/x.css>",
    "javascript:window.pwned=7",
    "abc\u{202e}gnp.exe\u{2066}\u{200b}",
    "a\r\ndata: <b id=pwned>x</b>\r\revent: main\rdata: <b id=pwned>y</b>",
    "&lt;script&gt;window.pwned=8&lt;/script&gt;&#x3c;b id=pwned&#x3e;",
    "<a href=javascript:window.pwned=9 id=pwned>x</a>",
    "<base href=https://evil.example/><meta http-equiv=refresh content=0;url=https://evil.example/>",
    "<iframe src=https://evil.example/ srcdoc='<script>parent.pwned=10</script>'></iframe>",
    "<form action=https://evil.example/><button formaction=https://evil.example/ id=pwned>x</button></form>",
    "--><!--<!DOCTYPE x><math><mtext><table><mglyph><style><img src=x onerror=alert(11)>",
];

/// 4 kB without a blank.
fn endless() -> String {
    "😀Wörter".repeat(400)
}

/// What a page must hold none of: handlers, scripts, frames, styles, addresses that are not ours or of the web.
const STRANGERS: &str = "[...document.querySelectorAll('*')].filter((one) =>
    ['IFRAME', 'BASE', 'STYLE', 'OBJECT', 'EMBED', 'MATH', 'ANIMATE'].includes(one.nodeName.toUpperCase())
    || (one.nodeName === 'SCRIPT' && !new URL(one.src).pathname.startsWith('/assets/'))
    || one.id === 'pwned'
    || [...one.attributes].some(({ name, value }) => name.startsWith('on') || name === 'style' || name === 'srcdoc' || name === 'http-equiv'
        || (['href', 'src', 'action', 'formaction'].includes(name) && !['http:', 'https:'].includes(new URL(value, location.href).protocol))
        || (['src', 'action', 'formaction'].includes(name) && new URL(value, location.href).origin !== location.origin))
    ).map((one) => one.outerHTML.slice(0, 300))";

#[tokio::test(flavor = "multi_thread")]
async fn hostile_texts_are_shown_as_text_and_do_nothing() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let hour = last_hours(1)[0];
    let posts = folder.path().join("hostile.jsonl");
    let mut lines = String::new();
    let mut actors = String::new();
    let texts: Vec<String> = HOSTILE
        .iter()
        .map(ToString::to_string)
        .chain([endless()])
        .collect();
    for (n, text) in texts.iter().enumerate() {
        let line = json!({
            "id": format!("{n}{text}"), "author": text, "author_name": text, "lang": text, "source": "replay",
            "text": format!("{text} is awful, I hate it and love it"), "url": text, "created_at": hour.start(),
        });
        let plain = json!({
            "id": format!("plain-{n}"), "author": format!("a{n}"), "author_name": text, "text": text, "url": "javascript:window.pwned=20",
            "created_at": hour.start(),
        });
        writeln!(lines, "{line}\n{plain}").unwrap();
        // A TOML string takes the escapes of JSON.
        writeln!(
            actors,
            "[[actor]]\nname = {}\nkeywords = [\"awful\"]",
            json!(
                text.replace(char::is_control, " ")
                    .chars()
                    .take(60)
                    .collect::<String>()
            )
        )
        .unwrap();
    }
    writeln!(
        actors,
        "[[actor]]\nname = \"All\"\nkeywords = [\"a\", \"s\", \"w\", \"x\"]"
    )
    .unwrap();
    std::fs::write(&posts, lines).unwrap();
    let moody = Moody::start(400, json!({ "message": texts[0], "errors": texts })).await;
    let installation = with_channel(Stores::Embedded, &posts, &moody, "", "").await;
    let mut config = std::fs::read_to_string(installation.config_file()).unwrap();
    config.push_str(&actors);
    std::fs::write(installation.config_file(), config).unwrap();
    installation.runs(&["up", "--drain"]).await;
    let store = queue(&installation).await;
    let mut ids = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        let id = [format!(
            "transform:{n}{}",
            text.chars().take(100).collect::<String>()
        )];
        bury(&*store, &id, &format!("{text}\n{text}\r{text}")).await;
        ids.extend(id);
    }
    enqueue(
        &*store,
        &[format!("transform:waits{}", texts[0])],
        &json!({ "batch": texts }).to_string(),
    )
    .await;

    let desk = Desk::start(&installation, &["console"], &[]).await;
    let page = browser.page().await;
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut paths: Vec<String> = [
        "/",
        "/hours",
        "/hours?state=failed",
        "/jobs",
        "/jobs?state=dead",
        "/jobs?state=ready",
        "/dead",
        "/dead/confirm?verb=discard",
        "/mood",
        "/sources",
        "/settings",
        "/audit",
        "/help",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.extend(["", "?order=best", "?order=worst"].map(|order| format!("/hours/{hour}{order}")));
    for (text, id) in texts.iter().zip(&ids) {
        paths.push(format!("/jobs/{}", part(id)));
        paths.push(format!("/jobs?search={}", part(text)));
    }
    for text in &texts[..HOSTILE.len()] {
        let text = part(text);
        paths.extend(
            [
                "/dead?search=",
                "/dead?fingerprint=",
                "/audit?who=",
                "/mood?actor=",
                "/login?to=",
                "/",
                "/hours/",
                "/posts/",
            ]
            .map(|path| format!("{path}{text}")),
        );
    }
    for path in &paths {
        desk.open(&page, path).await;
        assert_harmless(&page, path).await;
    }
    for shown in ["/", "/jobs?state=dead", "/dead"]
        .iter()
        .map(ToString::to_string)
        .chain([format!("/hours/{hour}")])
    {
        desk.open(&page, &shown).await;
        page.wait_for("Live, ").await;
        // The stream brings the page once more; it is laid over this one.
        page.wait("!document.body.classList.contains('stale')")
            .await;
        assert_harmless(&page, &shown).await;
        let text = if shown == "/" {
            "Wörter😀"
        } else {
            "<script>window.pwned=1</script>"
        };
        page.wait_for(text).await;
        let over = page
            .evaluate("document.documentElement.scrollWidth - innerWidth")
            .await;
        assert!(over.as_i64().unwrap() <= 0, "{shown} is {over} px too wide");
    }
    follow_posts(&page, &desk, &hour.to_string(), texts.len()).await;
    act(&page, &desk, &ids).await;
    let mut seen = page.seen();
    seen.errors.retain(|error| !error.contains("status of 4"));
    assert_eq!(
        (seen.errors, seen.dialogs),
        (Vec::new(), Vec::<String>::new())
    );
    let fresh = browser.page().await;
    desk.open(&fresh, "/dead").await;
    assert_innocent(&fresh, &desk);
    assert!(
        page.seen()
            .requests
            .iter()
            // The browser's own picture of a calendar is a data URL.
            .all(|url| url.starts_with(&desk.at("/"))
                || url.starts_with("data:image/svg+xml;base64,")),
        "{:?}",
        page.seen().requests
    );
}

/// Every post has a page of its own, which shows it as it is.
async fn follow_posts(page: &Page, desk: &Desk, hour: &str, texts: usize) {
    desk.open(page, &format!("/hours/{hour}")).await;
    let links = page
        .evaluate("[...new Set([...document.querySelectorAll('.post footer a[href^=\"/posts/\"]')].map((one) => one.getAttribute('href')))]")
        .await;
    let links = links.as_array().unwrap();
    assert!(links.len() > texts, "only {} posts are shown", links.len());
    for link in links {
        let link = link.as_str().unwrap();
        desk.open(page, link).await;
        page.wait_for("Why it scores so").await;
        assert_harmless(page, link).await;
    }
}

/// What is done to a job is said with its id, on the page that follows.
async fn act(page: &Page, desk: &Desk, ids: &[String]) {
    for n in [0, 3, 9] {
        desk.open(page, "/dead").await;
        page.click(&format!("input[name=ids][value^='transform:{n}']"))
            .await;
        page.follow("#letters button.primary").await;
        assert_harmless(page, "the page that says what was done").await;
        let (start, _) = ids[n].split_once(['\r', ' ']).unwrap_or((&ids[n], ""));
        page.wait(&format!(
            "document.querySelector('.said').innerText.includes({})",
            json!(start)
        ))
        .await;
    }
}

async fn assert_harmless(page: &Page, path: &str) {
    assert_eq!(
        page.evaluate("typeof window.pwned").await,
        "undefined",
        "{path}"
    );
    assert_eq!(page.evaluate(STRANGERS).await, json!([]), "{path}");
    let shown = page.evaluate("document.body.innerText.trim().length > 20 && getComputedStyle(document.body).display !== 'none'").await;
    assert_eq!(shown, true, "{path}");
}
