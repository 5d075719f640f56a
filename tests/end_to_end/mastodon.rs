//! A Mastodon server from outside: what it shows is collected once, and each drain goes on where the last one ended.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param, query_param_is_missing},
};

use crate::common::{Installation, Stores};

fn status(id: u32, visibility: &str, content: &str) -> Value {
    json!({
        "id": id.to_string(),
        "uri": format!("https://other.example/statuses/{id}"),
        "created_at": "2026-03-01T05:05:00Z",
        "content": content,
        "visibility": visibility,
        "account": {"acct": "ada@other.example"},
    })
}

async fn shows(server: &MockServer, above: Option<&str>, statuses: &[Value]) {
    let asked = Mock::given(method("GET")).and(path("/api/v1/timelines/tag/bitcoin"));
    let asked = match above {
        Some(id) => asked.and(query_param("min_id", id)),
        None => asked.and(query_param_is_missing("min_id")),
    };
    let answer = ResponseTemplate::new(200).set_body_json(statuses);
    asked.respond_with(answer).mount(server).await;
}

#[tokio::test]
async fn a_hashtag_is_followed_from_drain_to_drain() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"mastodon\"\nname = \"fedi\"\nurl = \"{}\"\n\
         [[actor]]\nname = \"Bitcoin\"\nkeywords = [\"#bitcoin\"]\n",
        server.uri()
    );
    let installation = Installation::new(Stores::Embedded, &nothing, &source).await;
    let tagged = "<p>I love <a class=\"mention hashtag\">#<span>Bitcoin</span></a></p>";
    let first = [
        status(3, "unlisted", tagged),
        status(2, "public", tagged),
        status(1, "public", "<p>Edited: no tag any more</p>"),
    ];
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    shows(&server, None, &first).await;
    let report = installation.drain().await;
    assert_eq!((&report["posts"], &report["dead"]), (&json!(1), &json!(0)));

    shows(&server, Some("3"), &[status(4, "public", tagged)]).await;
    shows(&server, Some("4"), &[]).await;
    let report = installation.drain().await;
    assert_eq!(
        (&report["posts"], &report["duplicates"]),
        (&json!(2), &json!(0))
    );
    let report = installation.drain().await;
    assert_eq!(
        (&report["posts"], &report["duplicates"]),
        (&json!(2), &json!(0))
    );
    let digest = installation
        .json(&["digest", "--hour", "2026-03-01T05"])
        .await;
    assert_eq!(digest["best"]["text"], "I love #Bitcoin");
    installation.end().await;
}

#[tokio::test]
async fn what_a_stream_brings_is_collected_beside_what_the_timeline_shows() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let nothing = folder.path().join("posts.jsonl");
    std::fs::write(&nothing, "").unwrap();
    let source = format!(
        "[[source]]\nkind = \"mastodon\"\nname = \"fedi\"\nurl = \"{}\"\nhashtags = [\"bitcoin\"]\n\
         token = \"secret\"\nstream = true\n",
        server.uri()
    );
    let installation = Installation::new(Stores::Embedded, &nothing, &source).await;
    Mock::given(path("/api/v2/instance"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let shown = status(1, "public", "<p>On the timeline</p>");
    shows(&server, None, std::slice::from_ref(&shown)).await;
    shows(&server, Some("1"), &[]).await;
    let mut sent = status(2, "public", "<p>Over the stream</p>");
    sent["created_at"] = json!("2026-03-01T06:05:00Z");
    let events = format!(":)\nevent: update\ndata: {shown}\n\nevent: update\ndata: {sent}\n\n");
    Mock::given(path("/api/v1/streaming/hashtag"))
        .and(query_param("tag", "bitcoin"))
        .and(header("authorization", "Bearer secret"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(events, "text/event-stream"))
        .mount(&server)
        .await;
    let mut child = installation.start(&["up"]);
    // Read while it runs, or a full pipe would hold it up.
    let mut log = child.stderr.take().unwrap();
    let reader = tokio::spawn(async move {
        let mut read = String::new();
        log.read_to_string(&mut read).await.unwrap();
        read
    });
    let both = installation.receiver.has(2);
    let came = tokio::time::timeout(Duration::from_secs(60), both).await;
    child.kill().await.unwrap();
    let log = reader.await.unwrap();
    assert!(came.is_ok(), "{log}");
    for (hour, text) in [
        ("2026-03-01T05", "On the timeline"),
        ("2026-03-01T06", "Over the stream"),
    ] {
        let digest = installation.json(&["digest", "--hour", hour]).await;
        assert_eq!((&digest["posts"], &digest["late"]), (&json!(1), &json!(0)));
        assert_eq!(digest["best"]["text"], text);
    }
}
