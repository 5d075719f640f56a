//! Tests of what is configured: what cannot be used is told, and the watchlist adds its own.

use std::sync::Arc;

use moodwire_testing::SteppedClock;

use super::{
    super::{MastodonSettings, MastodonSource, timeline::Timeline},
    NOW,
};
use crate::{Actor, Watchlist};

fn source(settings: &MastodonSettings, watchlist: &Watchlist) -> Result<MastodonSource, String> {
    let clock = Arc::new(SteppedClock::at(NOW));
    MastodonSource::new("fedi".to_owned(), settings, watchlist, clock)
}

fn settings(url: &str, hashtags: &[&str], accounts: &[&str]) -> MastodonSettings {
    let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    MastodonSettings {
        url: url.to_owned(),
        hashtags: owned(hashtags),
        accounts: owned(accounts),
        token: None,
        stream: false,
    }
}

#[test]
fn what_cannot_be_used_is_told_with_its_key() {
    let fine = "https://social.example";
    for (settings, told) in [
        (settings("", &["a"], &[]), "url is \"\""),
        (
            settings("social.example", &["a"], &[]),
            "url is \"social.example\"",
        ),
        (settings("ftp://social.example", &["a"], &[]), "url is"),
        (
            settings(fine, &["two words"], &[]),
            "hashtags holds \"two words\"",
        ),
        (settings(fine, &[], &["ada"]), "accounts holds \"ada\""),
        (settings(fine, &[], &[]), "there is nothing to read"),
    ] {
        let sentence = source(&settings, &Watchlist::default()).unwrap_err();
        assert!(sentence.contains(told), "{sentence}");
    }
}

#[test]
fn a_stream_needs_a_token_and_a_hashtag() {
    let streams = |hashtags: &[&str], accounts: &[&str], token: Option<&str>| {
        let settings = MastodonSettings {
            stream: true,
            token: token.map(|token| token.to_owned().into()),
            ..settings("https://social.example", hashtags, accounts)
        };
        source(&settings, &Watchlist::default())
    };
    let account = &["ada@other.example"];
    let untold = streams(&["a"], &[], None).unwrap_err();
    assert!(untold.contains("set token"), "{untold}");
    let untagged = streams(&[], account, Some("t")).unwrap_err();
    assert!(untagged.contains("set hashtags"), "{untagged}");
    assert!(streams(&["a"], account, Some("t")).is_ok());
}

#[test]
fn the_watchlist_adds_its_accounts_and_hashtags() {
    let watchlist = Watchlist::new(vec![Actor {
        name: "Ada".to_owned(),
        mastodon: Some("Ada@other.example".to_owned()),
        keywords: vec![
            "#Bitcoin".to_owned(),
            "eth".to_owned(),
            "#two words".to_owned(),
        ],
        ..Actor::default()
    }])
    .unwrap();
    let settings = settings("https://social.example", &["bitcoin"], &[]);
    let source = source(&settings, &watchlist).unwrap();
    let expected = [
        Timeline::Hashtag("bitcoin".to_owned()),
        Timeline::Account("ada@other.example".to_owned()),
    ];
    assert_eq!(source.timelines, expected);
}
