//! Bluesky from outside: without any configuration file the shipped watchlist is followed there, over a Jetstream.

use chrono::{TimeDelta, Utc};
use moodwire_model::{Clock, SystemClock};
use moodwire_testing::jetstream::{Answer, FakeJetstream, option, text_frame};
use serde_json::{Value, json};
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::common::moodwire;

/// The event of a post that was made at this moment.
fn posted(at: chrono::DateTime<Utc>, rkey: &str, text: &str) -> Value {
    json!({
        "did": "did:plc:eve",
        "time_us": at.timestamp_micros(),
        "kind": "commit",
        "commit": {
            "rev": rkey,
            "operation": "create",
            "collection": "app.bsky.feed.post",
            "rkey": rkey,
            "record": {"text": text, "createdAt": at, "langs": ["en"]},
        },
    })
}

/// As Jetstream does: the events from the cursor on.
fn answer(events: &[Value], asked: &Url) -> Answer {
    let cursor: i64 = option(asked, "cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let wanted = events
        .iter()
        .filter(|event| event["time_us"].as_i64().unwrap() >= cursor);
    Answer::frames(wanted.map(|event| text_frame(&event.to_string())))
}

#[tokio::test]
async fn without_a_configuration_the_shipped_watchlist_is_followed_on_bluesky() {
    let then = SystemClock.now() - TimeDelta::hours(2);
    let events = [
        posted(then, "k1", "I love Bitcoin!"),
        posted(then, "k2", "I love cats"),
        posted(then, "k3", "$ETH is a terrible disaster"),
    ];
    let jetstream = FakeJetstream::start(move |_, asked| answer(&events, asked)).await;
    let api = MockServer::start().await;
    let eve = json!({"did": "did:plc:eve", "handle": "eve.test", "followersCount": 7});
    Mock::given(path("/xrpc/app.bsky.actor.getProfiles"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"profiles": [
                eve, {"did": "did:plc:molly", "handle": "molly.wiki"},
            ]})),
        )
        .mount(&api)
        .await;
    let folder = tempfile::tempdir().unwrap();
    for first in [true, false] {
        let mut command = moodwire();
        let drain = command
            .args(["up", "--drain", "--json"])
            .current_dir(folder.path())
            .env("MOODWIRE_DATA_DIR", folder.path().join("data"))
            .env("MOODWIRE_SOURCE__BLUESKY__URL", jetstream.url())
            .env("MOODWIRE_SOURCE__BLUESKY__API", api.uri());
        let output = drain.output().await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{log}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&report["posts"], &report["dead"]), (&json!(2), &json!(0)));
        // The digest, sent once: standard output is the report's.
        assert_eq!(log.contains("I love Bitcoin!"), first, "{log}");
    }
}
