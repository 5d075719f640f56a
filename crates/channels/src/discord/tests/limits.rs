//! Tests of Discord's limits: whatever people write, the message is one that Discord takes.

use moodwire_model::{Digest, HourSummary, Missing};
use proptest::prelude::*;
use url::Url;

use crate::{
    Language,
    cut::length,
    discord::{
        message::{Embed, Message, message as message_in},
        text::{markdown, plain},
    },
    fixture::{anything, digest, hostile_digest, hostile_texts, post},
    links,
};

fn message(digest: &Digest) -> Message {
    message_in(digest, Language::En)
}

fn link(url: Option<&str>) -> Option<String> {
    links::link(url, 2048)
}

fn assert_within_limits(message: &Message) {
    assert!((1..=10).contains(&message.embeds.len()));
    assert!(message.embeds.iter().map(Embed::length).sum::<usize>() <= 6000);
    for embed in &message.embeds {
        assert!((1..=256).contains(&length(&embed.title)));
        assert!(length(&embed.description) <= 4096);
        assert!(
            embed
                .author
                .iter()
                .all(|author| (1..=256).contains(&length(&author.name)))
        );
        for field in &embed.fields {
            assert!(
                (1..=256).contains(&length(field.name))
                    && (1..=1024).contains(&length(&field.value))
            );
        }
        assert!(
            embed
                .url
                .iter()
                .all(|url| Url::parse(url).unwrap().scheme().starts_with("http"))
        );
        assert!(embed.url.iter().all(|url| length(url) <= 2048));
    }
    let body = serde_json::to_string(message).unwrap();
    assert!(!body.contains("@everyone") && !body.contains("@here"));
}

#[test]
fn a_link_that_is_no_uri_to_discord_is_encoded_until_it_is() {
    for (given, linked) in [
        (
            "https://x.test/a?q=^`{}\\\"'|[1]%zz%20",
            "https://x.test/a?q=%5E%60%7B%7D%5C%22%27%7C%5B1%5D%25zz%20",
        ),
        ("https://x.test/#a#b", "https://x.test/#a%23b"),
        ("https://x.test/é ü", "https://x.test/%C3%A9%20%C3%BC"),
    ] {
        assert_eq!(link(Some(given)).as_deref(), Some(linked));
    }
}

fn with_texts(best: &str, worst: &str) -> Digest {
    Digest {
        best: Some(post("x:1", "alice", best, 0.9)),
        worst: Some(post("x:2", "bob", worst, -0.9)),
        ..digest()
    }
}

#[test]
fn a_text_that_nobody_shares_the_room_with_gets_all_that_discord_allows() {
    let message = message(&with_texts(&"a".repeat(9000), "short"));
    assert_eq!(length(&message.embeds[1].description), 4096);
    assert_eq!(message.embeds[2].description, "short");
}

#[test]
fn hostile_texts_stay_within_every_limit_in_every_place_and_language() {
    for text in hostile_texts() {
        for language in [Language::En, Language::Fr] {
            assert_within_limits(&message_in(&hostile_digest(&text), language));
        }
    }
}

#[test]
fn two_long_texts_share_the_room() {
    let message = message(&with_texts(&"a".repeat(9000), &"b".repeat(9000)));
    let total: usize = message.embeds.iter().map(Embed::length).sum();
    assert!((5999..=6000).contains(&total), "{total}");
    assert_eq!(
        message.embeds[1].description.len(),
        message.embeds[2].description.len()
    );
}

#[test]
fn five_thousand_emoji_are_cut_between_emoji() {
    let family = "👩‍👩‍👧‍👦";
    let message = message(&with_texts(&family.repeat(5000), &"🚀".repeat(5000)));
    assert_within_limits(&message);
    for (embed, emoji) in message.embeds[1..].iter().zip([family, "🚀"]) {
        let shown = embed.description.strip_suffix('…').unwrap();
        assert!(shown.len() > 2000 && shown.replace(emoji, "").is_empty());
    }
}

#[test]
fn a_cut_never_leaves_half_a_link_or_half_an_escape() {
    assert_eq!(
        markdown("see https://x.test/a_b and", 23),
        "see https://x.test/a_b…"
    );
    assert_eq!(markdown("see https://x.test/abcdefg", 20), "see…");
    assert_eq!(markdown("****", 5), "\\*\\*…");
    assert_eq!(markdown("****", 8), "\\*\\*\\*\\*");
}

#[test]
fn only_what_discord_takes_as_a_link_is_linked() {
    for good in [
        "https://x.com/a/status/1",
        "http://x.test/",
        "https://bsky.app/profile/did:plc:abc/post/3k",
    ] {
        assert_eq!(link(Some(good)).as_deref(), Some(good));
    }
    let long = format!("https://x.test/{}", "a".repeat(2040));
    for bad in [
        "",
        "javascript:alert(1)",
        "ftp://x.test/",
        "at://did:plc:abc",
        "https://localhost/",
        "https://bank.test@evil.test/",
        "x.test",
        &long,
    ] {
        assert_eq!(link(Some(bad)), None, "{bad:.50}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_digest_makes_a_message_that_discord_takes(
        texts in [anything(), anything()],
        author in anything(),
        name in prop::option::of(anything()),
        url in prop::option::of(anything()),
        sources in prop::collection::vec(anything(), 0..5),
        batches in any::<u64>(),
    ) {
        let mut digest = with_texts(&texts[0], &texts[1]);
        let best = digest.best.as_mut().unwrap();
        (best.author, best.author_name, best.url) = (author, name, url);
        let missing = Missing { sources, batches };
        digest.summary = HourSummary { missing, ..digest.summary };
        assert_within_limits(&message(&digest));
    }

    #[test]
    fn any_text_fits_any_room(text in anything(), room in 1_usize..500) {
        prop_assert!(length(&markdown(&text, room)) <= room);
        prop_assert!(length(&plain(&text, room)) <= room);
    }

    #[test]
    fn outside_links_every_sign_is_escaped(text in "[a-z*_~`|<>()\\[\\]\\\\ \n]{0,60}") {
        let shown = markdown(&text, 1000);
        let mut escaped = false;
        for c in shown.chars() {
            prop_assert!(escaped || !"*_~`|<>()[]".contains(c), "{shown}");
            escaped = c == '\\' && !escaped;
        }
    }
}
