//! Killed in the middle of a slice of a Jetstream, with some thousand events to come.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use moodwire_model::{Clock, Hour, SystemClock};
use moodwire_testing::jetstream::{Answer, FakeJetstream, option, text_frame};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::{DRAIN, Expected, UP, assert_sent_once, assert_whole, killed_by_turns, moments};
use crate::common::{Installation, Stores};

/// Events, five seconds apart: over eight hours.
const EVENTS: u32 = 6_000;

/// Events of a lot.
const LOT: usize = 50;

/// Every so often a post is deleted that was made so many events before.
const DELETED: u32 = 90;
const BEFORE: u32 = 40;

struct Event {
    at: DateTime<Utc>,
    frame: Vec<u8>,
}

fn did(number: u32) -> String {
    format!("did:plc:author{}", number % 5)
}

/// Every second post is about Bitcoin.
fn event(number: u32, at: DateTime<Utc>) -> Event {
    let deletes = number.is_multiple_of(DELETED);
    let post = if deletes { number - BEFORE } else { number };
    let mut commit = json!({
        "rev": format!("r{number}"),
        "operation": if deletes { "delete" } else { "create" },
        "collection": "app.bsky.feed.post",
        "rkey": format!("k{post}"),
    });
    if !deletes {
        let about = if number.is_multiple_of(2) {
            "Bitcoin"
        } else {
            "cats"
        };
        commit["record"] = json!({"text": format!("I love {about}"), "createdAt": at});
    }
    let event = json!({
        "did": did(post), "time_us": at.timestamp_micros(), "kind": "commit", "commit": commit,
    });
    Event {
        at,
        frame: text_frame(&event.to_string()),
    }
}

fn key(number: u32) -> String {
    format!("bluesky:at://{}/app.bsky.feed.post/k{number}", did(number))
}

fn times() -> impl Iterator<Item = (u32, DateTime<Utc>)> {
    let hour = TimeDelta::hours(1);
    let begin = SystemClock.now().duration_trunc(hour).unwrap() - hour * 10;
    (1..=EVENTS).map(move |number| (number, begin + TimeDelta::seconds(5) * number.cast_signed()))
}

fn expected(all: &[(u32, DateTime<Utc>)]) -> Expected {
    let mut expected = Expected::default();
    for (number, at) in all {
        if number % DELETED != 0 && number % 2 == 0 {
            expected.add(key(*number), *at);
        }
        if number % DELETED == 0 {
            let made = *at - TimeDelta::seconds(5) * BEFORE.cast_signed();
            expected.remove(&key(number - BEFORE), made);
        }
    }
    expected
}

async fn api() -> MockServer {
    let api = MockServer::start().await;
    let profiles: Vec<Value> = (0..5)
        .map(|number| json!({"did": did(number), "handle": format!("author{number}.test"), "followersCount": 7}))
        .collect();
    Mock::given(path("/xrpc/app.bsky.actor.getProfiles"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"profiles": profiles})))
        .mount(&api)
        .await;
    api
}

/// As Jetstream does: the events from the cursor on.
fn answer(events: &[Event], asked: Option<i64>) -> Answer {
    let from = asked.unwrap_or_default();
    let wanted = events
        .iter()
        .filter(|event| event.at.timestamp_micros() >= from);
    let frames: Vec<Vec<u8>> = wanted.map(|event| event.frame.clone()).collect();
    Answer::lots(&frames, LOT)
}

async fn survives_kills(stores: Stores, seed: u64) {
    let all: Vec<(u32, DateTime<Utc>)> = times()
        // What is deleted counts in the hour in which it was made, which is over only after its deletion.
        .filter(|(number, at)| {
            let made = *at - TimeDelta::seconds(5) * BEFORE.cast_signed();
            number % DELETED != 0 || Hour::of(made) == Hour::of(*at)
        })
        .collect();
    let expected = expected(&all);
    let events: Vec<Event> = all.iter().map(|(number, at)| event(*number, *at)).collect();
    let jetstream = FakeJetstream::start(move |_, url| {
        answer(
            &events,
            option(url, "cursor").map(|cursor| cursor.parse().unwrap()),
        )
    })
    .await;
    let api = api().await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"bluesky\"\nname = \"sky\"\nurl = \"{}\"\napi = \"{}\"\n\
         [[actor]]\nname = \"Bitcoin\"\nkeywords = [\"bitcoin\"]\n",
        jetstream.url(),
        api.uri()
    );
    let installation = Installation::new(stores, &nothing, &source).await;

    let moments = moments(seed, 6, 18);
    killed_by_turns(&installation, [DRAIN, UP], &jetstream.lots_read(), &moments).await;
    let report = assert_whole(&installation, &expected).await;
    let kills = moments.len() as u64;
    assert_sent_once(&installation, &expected, &report, kills).await;
    installation.end().await;
}

#[tokio::test]
async fn on_sqlite_kills_in_the_middle_of_a_slice_lose_nothing() {
    survives_kills(Stores::Embedded, 31).await;
}

#[tokio::test]
async fn on_servers_kills_in_the_middle_of_a_slice_lose_nothing() {
    if let Some(stores) = Stores::servers().await {
        survives_kills(stores, 32).await;
    }
}
