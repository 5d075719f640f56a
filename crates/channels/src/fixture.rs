//! Digests for tests, written by hand.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use moodwire_model::{Digest, DigestPost, Hour, HourMean, HourSummary, Missing, PostKey};
use proptest::prelude::*;
use serde_json::Value;

/// A post of 17:05 with a link, without a display name.
pub(crate) fn post(key: &str, author: &str, text: &str, compound: f64) -> DigestPost {
    DigestPost {
        id: PostKey::from_stored(key),
        author: author.to_owned(),
        author_name: None,
        text: text.to_owned(),
        url: Some(format!(
            "https://social.test/{author}/{}",
            key.replace(':', "/")
        )),
        compound,
        created_at: "2026-03-01T17:05:00Z".parse().unwrap(),
        copies: 0,
        actors: Vec::new(),
    }
}

/// An hour with three posts, sealed, with nothing missing.
pub(crate) fn digest() -> Digest {
    let mut best = post(
        "x:1",
        "alice",
        "What a wonderful day for Bitcoin, I love it! The whole market is green and everybody I know is happy.",
        0.9215,
    );
    best.author_name = Some("Alice in Chains".to_owned());
    Digest {
        summary: HourSummary {
            hour: "2026-03-01T17".parse().unwrap(),
            posts: 3,
            mean_compound: Some(0.1234),
            positive: 1,
            negative: 1,
            neutral: 1,
            late: 0,
            sealed_at: Some("2026-03-01T18:05:00Z".parse().unwrap()),
            missing: Missing::default(),
        },
        best: Some(best),
        worst: Some(post(
            "bluesky:2",
            "bob.test",
            "This is a terrible scam.\n\nAvoid it!",
            -0.802,
        )),
        trend: Vec::new(),
    }
}

/// The same hour at the end of a day of moods, with actors: all that a digest can tell.
pub(crate) fn full_digest() -> Digest {
    let mut digest = digest();
    let hour = digest.summary.hour;
    let point = |back: i64| HourMean {
        hour: Hour::of(hour.start() - TimeDelta::hours(back)),
        posts: 3,
        mean_compound: [0.1234, -0.05, 0.3, -0.31, 0.0][usize::try_from(back).unwrap() % 5],
    };
    // Six o'clock was silent.
    digest.trend = (0..=24)
        .rev()
        .filter(|back| *back != 11)
        .map(point)
        .collect();
    digest.best.as_mut().unwrap().actors = vec!["Bitcoin".to_owned(), "Ethereum".to_owned()];
    digest.worst.as_mut().unwrap().actors = vec!["<@everyone> & *Co*".to_owned()];
    digest
}

/// The same with the hardest texts that people write, in every place where one can stand.
pub(crate) fn hostile_digest(text: &str) -> Digest {
    let mut digest = full_digest();
    for post in [&mut digest.best, &mut digest.worst].into_iter().flatten() {
        text.clone_into(&mut post.text);
        text.clone_into(&mut post.author);
        post.author_name = Some(text.to_owned());
        post.url = Some(format!("https://evil.test/{text}"));
        post.actors = vec![text.to_owned(), text.to_owned()];
    }
    digest.summary.missing.sources = vec![text.to_owned()];
    digest
}

/// The same hour without a post.
pub(crate) fn empty_hour() -> Digest {
    let summary = HourSummary {
        posts: 0,
        mean_compound: None,
        positive: 0,
        negative: 0,
        neutral: 0,
        ..digest().summary
    };
    Digest {
        summary,
        best: None,
        worst: None,
        trend: Vec::new(),
    }
}

/// Texts that want to break out: mentions, markup, directions, zero widths, emoji sequences, and sheer length.
pub(crate) fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "@everyone <@123> <!channel> <!here> @alice /start",
        "<b>bold</b> <a href=\"https://evil.test\">bank.test</a> &amp; &lt;",
        "[bank.test](https://evil.test) **bold** `code` ||spoiler|| ~~gone~~ _it_",
        "\u{202e}txt.exe\u{2066} \u{200b}\u{200d}\u{feff}",
        "\u{1b}[2J\0\u{7}",
        "",
        " \n\n\u{200b}\n",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("👩‍👩‍👧‍👦".repeat(3_000));
    texts.push(format!("e{}", "\u{301}".repeat(20_000)));
    texts.push("a&<> ".repeat(4_000_000 / 5));
    texts
}

/// Texts at random, with what breaks out among them: mentions, markup, directions, zero widths, emoji sequences.
pub(crate) fn anything() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "@everyone",
        "@here",
        "<@123>",
        "https://x.test/a_b",
        "](",
        "```",
        "||",
        "**",
        "\n",
        "# ",
        "- ",
        "1. ",
        "> ",
        "🚀",
        "👩‍👩‍👧‍👦",
        "e\u{301}\u{301}",
        "\u{202e}",
        "\u{600}",
        "\u{0}",
        "\\",
        "é",
        "猫",
        "a",
        " ",
        "\u{200b}",
        "\u{feff}",
        "\u{2066}",
        "مرحبا",
        "🏳️\u{200d}🌈",
        "🇫🇷",
        "<!channel>",
        "<b>",
        "</blockquote>",
        "&amp;",
        "&",
        "\"",
        "@alice",
        "/start",
    ]);
    prop_oneof![
        "\\PC{0,200}",
        ".{0,50}",
        (prop::collection::vec(bits, 0..30), 1_usize..300)
            .prop_map(|(bits, times)| bits.concat().repeat(times)),
    ]
}

/// A document as text, its keys in order: in which order JSON keeps them depends on what else is built along.
pub(crate) fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(&sorted(document)).unwrap()
}

fn sorted(document: &Value) -> Value {
    match document {
        Value::Object(keys) => {
            let keys: BTreeMap<&String, Value> = keys
                .iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Value::Object(
                keys.into_iter()
                    .map(|(key, value)| (key.clone(), value))
                    .collect(),
            )
        }
        Value::Array(entries) => entries.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
