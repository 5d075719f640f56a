//! `source`, and a limited source as `queue stats` and `doctor` tell of it.

use chrono::TimeDelta;
use moodwire_model::{Clock, SystemClock};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::common::{Installation, Stores};

async fn installation(server: &MockServer) -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"mastodon\"\nname = \"fedi\"\nurl = \"{}\"\nhashtags = [\"bitcoin\"]\n\
         [[actor]]\nname = \"Bitcoin\"\nkeywords = [\"bitcoin\"]\n",
        server.uri()
    );
    Installation::new(Stores::Embedded, &nothing, &source).await
}

/// The row of the source `fedi`.
async fn listed(installation: &Installation) -> Value {
    let rows = installation.json(&["source", "list"]).await;
    let rows = rows.as_array().unwrap();
    rows.iter()
        .find(|row| row["name"] == "fedi")
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_source_is_tried_and_peeked_into_and_nothing_is_stored() {
    let server = MockServer::start().await;
    let status = |id: u32, content: &str| {
        json!({
            "id": id.to_string(),
            "uri": format!("https://other.example/statuses/{id}"),
            "created_at": "2026-03-01T05:05:00Z",
            "content": content,
            "visibility": "public",
            "account": {"acct": "ada@other.example"},
        })
    };
    let shown = [
        status(3, "<p>No word of it</p>"),
        status(2, "<p>Bitcoin is <b>great</b></p>"),
        status(1, "<p>bitcoin!</p>"),
    ];
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v1/timelines/tag/bitcoin"))
        .respond_with(ResponseTemplate::new(200).set_body_json(shown))
        .mount(&server)
        .await;
    let installation = installation(&server).await;
    let row = listed(&installation).await;
    assert_eq!(
        (&row["kind"], &row["state"]),
        (&json!("mastodon"), &json!("new"))
    );

    let tried = installation.json(&["source", "test", "fedi"]).await;
    assert_eq!(
        tried,
        json!({"source": "fedi", "kind": "mastodon", "ok": true})
    );

    for limit in ["1", "9"] {
        let args = ["source", "peek", "fedi", "--limit", limit];
        let posts = installation.json(&args).await["posts"].clone();
        let posts = posts.as_array().unwrap();
        assert_eq!(posts.len(), if limit == "1" { 1 } else { 2 });
        assert_eq!(posts[0]["text"], "Bitcoin is great");
        assert_eq!(
            posts[0]["actors"],
            json!([{"actor": "Bitcoin", "why": ["keyword"]}])
        );
    }
    let row = listed(&installation).await;
    assert_eq!((&row["state"], &row["posts"]), (&json!("new"), &json!(0)));

    let stranger = installation.runs(&["source", "test", "stranger"]).await;
    assert_eq!(stranger.status.code(), Some(2));
    installation.end().await;
}

#[tokio::test]
async fn a_limited_source_is_asked_by_nobody_and_its_countdown_is_told() {
    // Whatever is asked of this server fails the command.
    let server = MockServer::start().await;
    let installation = installation(&server).await;
    let url = format!("sqlite://{}", installation.database().display());
    let lake = moodwire_lake::open(&url).await.unwrap();
    let mut cursor = lake.cursor("fedi").await.unwrap();
    cursor.limited_until = Some(SystemClock.now() + TimeDelta::hours(2));
    cursor.stalled = Some("other.example answered 429".to_owned());
    lake.save_cursor(&cursor).await.unwrap();

    let row = listed(&installation).await;
    assert_eq!(row["state"], "limited");
    let why = row["why"].as_str().unwrap();
    assert!(
        why.starts_with("goes on in 1h 59m") && why.ends_with("(other.example answered 429)"),
        "{why}"
    );
    let stats = installation.json(&["queue", "stats"]).await;
    assert!(stats["collect"]["limited"]["fedi"].is_string(), "{stats}");
    for args in [["source", "test", "fedi"], ["source", "peek", "fedi"]] {
        let refused = installation.runs(&args).await;
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            said.contains("\"fedi\" is limited and is not asked"),
            "{said}"
        );
    }
    let findings = installation.runs(&["doctor", "--json"]).await;
    let findings: Value = serde_json::from_slice(&findings.stdout).unwrap();
    let finding = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["name"] == "source fedi")
        .unwrap();
    assert_eq!(finding["ok"], true);
    assert!(
        finding["detail"].as_str().unwrap().contains("limited"),
        "{finding}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
    installation.end().await;
}

#[tokio::test]
async fn a_source_that_a_person_pauses_is_not_asked_until_it_is_resumed() {
    let server = MockServer::start().await;
    let installation = installation(&server).await;
    let paused = installation
        .json(&["source", "pause", "fedi", "--for", "2h"])
        .await;
    assert_eq!(paused["changed"], true);
    let row = listed(&installation).await;
    assert_eq!(
        (&row["state"], &row["limited_until"]),
        (&json!("paused"), &paused["paused_until"])
    );
    let why = row["why"].as_str().unwrap();
    assert!(
        why.contains("goes on in 1h 59m") && why.contains("paused by"),
        "{why}"
    );

    let refused = installation.runs(&["source", "peek", "fedi"]).await;
    let sentence = String::from_utf8(refused.stderr).unwrap();
    assert!(
        sentence.contains("is limited and is not asked"),
        "{sentence}"
    );
    assert!(server.received_requests().await.unwrap().is_empty());

    let resumed = installation.json(&["source", "resume", "fedi"]).await;
    assert_eq!(resumed["changed"], true);
    let again = installation.json(&["source", "resume", "fedi"]).await;
    assert_eq!(again["changed"], false);
    assert_eq!(listed(&installation).await["state"], "waiting");
    let deeds = installation.json(&["audit", "--action", "source"]).await;
    let deeds: Vec<&str> = deeds
        .as_array()
        .unwrap()
        .iter()
        .map(|deed| deed["action"].as_str().unwrap())
        .collect();
    assert_eq!(deeds, ["source resume", "source pause"]);
    installation.end().await;
}
