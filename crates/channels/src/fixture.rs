//! Digests for tests, written by hand.

use moodwire_model::{Digest, DigestPost, HourSummary, Missing, PostKey};

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
    }
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
    }
}
