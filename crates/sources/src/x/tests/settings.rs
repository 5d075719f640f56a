//! Tests of what is configured: what cannot be used is told with its key.

use std::{sync::Arc, time::Duration};

use moodwire_testing::SteppedClock;

use super::{
    super::{XSettings, XSource},
    NOW,
};
use crate::{Source, Watchlist};

fn told(set: impl FnOnce(&mut XSettings)) -> String {
    let mut settings = XSettings {
        token: Some("t".into()),
        queries: vec!["bitcoin".to_owned()],
        ..XSettings::default()
    };
    set(&mut settings);
    let clock = Arc::new(SteppedClock::at(NOW));
    XSource::new("x-main".to_owned(), &settings, &Watchlist::default(), clock)
        .map(|source| format!("{source:?}"))
        .unwrap_or_else(|sentence| sentence)
}

fn owned(one: &str) -> Option<String> {
    Some(one.to_owned())
}

#[test]
fn what_cannot_be_used_is_told_with_its_key() {
    for (sentence, words) in [
        (told(|settings| settings.token = None), "there is no token"),
        (
            told(|settings| settings.url = owned("api.x.com")),
            "url is \"api.x.com\"",
        ),
        (
            told(|settings| settings.mode = owned("all")),
            "mode is \"all\"",
        ),
        (
            told(|settings| settings.dialect = owned("x")),
            "dialect is \"x\"",
        ),
        (
            told(|settings| settings.queries.clear()),
            "there is nothing to read",
        ),
        (
            told(|settings| settings.queries.push(" ".to_owned())),
            "queries holds an empty one",
        ),
        (
            told(|settings| settings.queries.push("a".repeat(513))),
            "query_limit is 512",
        ),
        (
            told(|settings| settings.query_limit = Some(5000)),
            "query_limit is 5000",
        ),
        (
            told(|settings| settings.query_limit = Some(0)),
            "query_limit is 0",
        ),
        (
            told(|settings| settings.accounts.push("no handle".to_owned())),
            "accounts holds \"no handle\"",
        ),
        (
            told(|settings| settings.backfill = Some(Duration::from_secs(1))),
            "backfill is 1s",
        ),
        (
            told(|settings| settings.backfill = Some(Duration::MAX)),
            "backfill is",
        ),
        (
            told(|settings| settings.users = Some(false)),
            "users = false needs dialect",
        ),
        (
            told(|settings| settings.post_price = Some(-1.0)),
            "post_price is -1",
        ),
        (
            told(|settings| settings.user_price = Some(f64::NAN)),
            "user_price is NaN",
        ),
        (
            told(|settings| settings.mode = owned("timeline")),
            "queries belong to mode",
        ),
        (
            told(|settings| {
                settings.mode = owned("stream");
                settings.query_limit = Some(4096);
                settings.queries.push("a".repeat(1025));
            }),
            "longer than a rule of the stream",
        ),
    ] {
        assert!(sentence.contains(words), "{sentence}");
    }
}

#[test]
fn only_the_stream_streams() {
    for (mode, streams) in [("search", false), ("stream", true)] {
        let settings = XSettings {
            token: Some("t".into()),
            queries: vec!["bitcoin".to_owned()],
            mode: owned(mode),
            ..XSettings::default()
        };
        let clock = Arc::new(SteppedClock::at(NOW));
        let source = XSource::new("x".to_owned(), &settings, &Watchlist::default(), clock).unwrap();
        assert_eq!(source.streaming().is_some(), streams);
    }
}
