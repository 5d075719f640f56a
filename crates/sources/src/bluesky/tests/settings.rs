//! Tests of what is configured: what cannot be used is told, and the watchlist adds its own.

use std::sync::Arc;

use moodwire_testing::SteppedClock;

use super::{
    super::{BlueskyMode, BlueskySettings, BlueskySource, Mode},
    NOW,
};
use crate::{Actor, Source, Watchlist};

fn source(settings: &BlueskySettings, watchlist: &Watchlist) -> Result<BlueskySource, String> {
    let clock = Arc::new(SteppedClock::at(NOW));
    BlueskySource::new("sky".to_owned(), settings, watchlist, clock)
}

#[test]
fn what_cannot_be_used_is_told_with_its_key() {
    let set = |change: fn(&mut BlueskySettings)| {
        let mut settings = BlueskySettings::default();
        change(&mut settings);
        settings
    };
    for (settings, told) in [
        (
            set(|s| s.url = Some("https://a.example".to_owned())),
            "url is \"https://a.example\"",
        ),
        (set(|s| s.url = Some("wss://".to_owned())), "url is"),
        (
            set(|s| s.fallback = vec!["b.example".to_owned()]),
            "fallback is \"b.example\"",
        ),
        (
            set(|s| {
                s.mode = BlueskyMode::Poll;
                s.fallback = vec!["wss://b.example".to_owned()];
            }),
            "fallback belongs to mode = \"jetstream\"",
        ),
        (
            set(|s| s.api = Some("a.example".to_owned())),
            "api is \"a.example\"",
        ),
        (set(|s| s.compress = true), "set dictionary"),
        (set(|s| s.identifier = Some("a".to_owned())), "password"),
        (set(|s| s.password = Some("a".into())), "identifier"),
        (
            set(|s| s.service = Some("https://a.example".to_owned())),
            "service",
        ),
        (
            set(|s| s.accounts = vec!["a.example".to_owned()]),
            "mode = \"poll\"",
        ),
        (set(|s| s.queries = vec!["a".to_owned()]), "mode = \"poll\""),
        (
            set(|s| {
                s.mode = BlueskyMode::Poll;
                s.url = Some("wss://a.example".to_owned());
            }),
            "mode = \"jetstream\"",
        ),
        (
            set(|s| s.mode = BlueskyMode::Poll),
            "there is nothing to read",
        ),
        (
            set(|s| {
                s.mode = BlueskyMode::Poll;
                s.accounts = vec!["ada".to_owned()];
            }),
            "accounts holds \"ada\"",
        ),
        (
            set(|s| {
                s.mode = BlueskyMode::Poll;
                s.queries = vec![" ".to_owned()];
            }),
            "queries holds a blank one",
        ),
    ] {
        let sentence = source(&settings, &Watchlist::default()).unwrap_err();
        assert!(sentence.contains(told), "{sentence}");
    }
    assert!(
        "stream"
            .parse::<BlueskyMode>()
            .unwrap_err()
            .contains("jetstream and poll")
    );
}

#[test]
fn a_stream_needs_no_setting_and_a_password_is_shown_nowhere() {
    let plain = source(&BlueskySettings::default(), &Watchlist::default()).unwrap();
    assert!(plain.streaming().is_some());
    let settings = BlueskySettings {
        mode: BlueskyMode::Poll,
        queries: vec!["bitcoin".to_owned()],
        identifier: Some("ada.example".to_owned()),
        password: Some("s3cret".into()),
        ..BlueskySettings::default()
    };
    let polled = source(&settings, &Watchlist::default()).unwrap();
    assert!(polled.streaming().is_none());
    assert!(!format!("{polled:?} {settings:?}").contains("s3cret"));
}

#[test]
fn the_watchlist_adds_its_accounts_and_searches() {
    let watchlist = Watchlist::new(vec![Actor {
        name: "Ada".to_owned(),
        bluesky: Some("@Ada.example".to_owned()),
        keywords: vec![
            "#Bitcoin".to_owned(),
            "lightning  network".to_owned(),
            "a \"b\"".to_owned(),
        ],
        cashtags: vec!["btc".to_owned()],
        ..Actor::default()
    }])
    .unwrap();
    let settings = BlueskySettings {
        mode: BlueskyMode::Poll,
        accounts: vec!["ada.example".to_owned(), "did:plc:bob".to_owned()],
        queries: vec!["lang:en ETH".to_owned()],
        ..BlueskySettings::default()
    };
    let source = source(&settings, &watchlist).unwrap();
    let Mode::Poll(poll) = source.mode else {
        panic!("it streams");
    };
    let names: Vec<String> = poll
        .feeds
        .iter()
        .map(super::super::feed::Feed::name)
        .collect();
    assert_eq!(
        names,
        [
            "?\"a  b\"",
            "?\"lightning  network\"",
            "?#bitcoin",
            "?$BTC",
            "?lang:en ETH",
            "@ada.example",
            "@did:plc:bob",
        ]
    );
}
