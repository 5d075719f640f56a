//! Tests of rate limits: the source waits until the server's moment, and keeps its place.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Server, TAG};
use crate::SourceError;

#[tokio::test]
async fn a_limit_is_waited_for_until_the_server_lets_go_on() {
    for (header, value, until) in [
        (
            "x-ratelimit-reset",
            "2026-03-01T18:05:00.643385Z",
            "2026-03-01T18:05:00.643385Z",
        ),
        ("retry-after", "120", "2026-03-01T18:02:00Z"),
        ("x-ratelimit-reset", "nonsense", "2026-03-01T18:01:00Z"),
    ] {
        let server = Server::start().await;
        let body = json!({"error": "Too many requests"});
        let limited = ResponseTemplate::new(429)
            .insert_header(header, value)
            .set_body_json(body);
        server.page(TAG, None, limited).await;
        match server.read(&Value::Null).await {
            Err(SourceError::Later { until: at, reason }) => {
                assert_eq!(at, until.parse::<moodwire_model::Timestamp>().unwrap());
                assert!(reason.contains("Too many requests"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_last_answer_of_a_window_says_when_the_next_begins() {
    let server = Server::start().await;
    let last = ResponseTemplate::new(200)
        .insert_header("X-RateLimit-Remaining", "0")
        .insert_header("X-RateLimit-Reset", "2026-03-01T18:05:00.643385Z")
        .set_body_json(json!([]));
    server.page(TAG, None, last).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert_eq!(
        page.limited_until,
        "2026-03-01T18:05:00.643385Z".parse().ok()
    );
}
