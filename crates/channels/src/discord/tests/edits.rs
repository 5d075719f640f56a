//! Tests of sending in two steps, of threads and of the chart that is attached.

use moodwire_model::Digest;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path_regex},
};

use super::{channel, channel_with};
use crate::{
    Channel, DiscordChannel, DiscordOptions, SendError, Sent,
    fixture::{digest, full_digest},
};

/// The JSON of a request, whether or not a file comes with it.
pub(super) fn json_of(request: &Request) -> Value {
    let kind = request.headers["content-type"].to_str().unwrap();
    let Some((_, boundary)) = kind.split_once("boundary=") else {
        return serde_json::from_slice(&request.body).unwrap();
    };
    let body = String::from_utf8_lossy(&request.body);
    let part = body
        .split(&format!("--{boundary}\r\n"))
        .find(|part| part.contains("name=\"payload_json\""))
        .unwrap();
    let (_, content) = part.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(content.trim_end()).unwrap()
}

async fn receiver(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path_regex("^/api/webhooks/"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

fn accepted() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"id": "77"}))
}

fn editing(server: &MockServer, options: DiscordOptions) -> DiscordChannel {
    let options = DiscordOptions {
        edit: true,
        ..options
    };
    channel_with(&server.uri(), options)
}

async fn edited(channel: &DiscordChannel, digest: &Digest) -> Result<Sent, SendError> {
    channel.editing().unwrap().edit("77", digest).await
}

#[tokio::test]
async fn a_short_message_is_posted_and_the_digest_edited_into_it() {
    let server = receiver(accepted()).await;
    let channel = editing(&server, DiscordOptions::default());
    let placed = channel.editing().unwrap().place(&digest()).await.unwrap();
    assert_eq!(placed.message_id.as_deref(), Some("77"));
    assert_eq!(edited(&channel, &digest()).await, Ok(placed));

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[1].method, "PATCH");
    assert!(requests[1].url.path().ends_with("/messages/77"));
    assert_eq!(requests[1].url.query(), None);
    let bodies: Vec<Value> = requests.iter().map(json_of).collect();
    for body in &bodies {
        // An edit reads mentions anew, with the defaults, unless it is told not to.
        assert_eq!(body["allowed_mentions"], json!({"parse": []}));
    }
    assert_eq!(
        bodies[0]["embeds"][0]["description"],
        "The digest is on its way …"
    );
    assert_eq!(bodies[1]["embeds"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_short_message_without_an_id_may_be_anywhere() {
    let server = receiver(ResponseTemplate::new(204)).await;
    let channel = editing(&server, DiscordOptions::default());
    let error = channel.editing().unwrap().place(&digest()).await;
    assert!(matches!(error, Err(SendError::Uncertain(_))), "{error:?}");
}

#[tokio::test]
async fn a_message_that_somebody_deleted_is_not_a_webhook_that_is_gone() {
    let gone = json!({"message": "Unknown Message", "code": 10008});
    let server = receiver(ResponseTemplate::new(404).set_body_json(gone)).await;
    let channel = editing(&server, DiscordOptions::default());
    let error = edited(&channel, &digest()).await;
    assert!(matches!(error, Err(SendError::Withdrawn(_))), "{error:?}");
}

#[tokio::test]
async fn a_thread_is_named_in_post_and_edit() {
    let server = receiver(accepted()).await;
    let options = DiscordOptions {
        thread_id: Some("42".to_owned()),
        ..DiscordOptions::default()
    };
    let channel = editing(&server, options);
    channel.send(&digest()).await.unwrap();
    edited(&channel, &digest()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].url.query(), Some("thread_id=42&wait=true"));
    assert_eq!(requests[1].url.query(), Some("thread_id=42"));
}

#[tokio::test]
async fn in_a_forum_each_digest_begins_a_thread_that_its_edit_finds() {
    let server = receiver(accepted()).await;
    let options = DiscordOptions {
        thread_name: Some(format!("Mood {{hour}} {}", "x".repeat(200))),
        ..DiscordOptions::default()
    };
    let channel = editing(&server, options);
    channel.editing().unwrap().place(&digest()).await.unwrap();
    edited(&channel, &digest()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let title = json_of(&requests[0])["thread_name"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        title.starts_with("Mood 2026-03-01 17:00–18:00 UTC x"),
        "{title}"
    );
    assert_eq!(title.chars().count(), 100);
    assert_eq!(json_of(&requests[1])["thread_name"], Value::Null);
    assert_eq!(requests[1].url.query(), Some("thread_id=77"));
}

#[tokio::test]
async fn a_chart_goes_along_as_a_part_that_the_embed_names() {
    let server = receiver(accepted()).await;
    channel(&server.uri()).send(&full_digest()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let body = json_of(&requests[0]);
    assert_eq!(body["embeds"][0]["image"]["url"], "attachment://chart.png");
    assert_eq!(body["attachments"][0]["filename"], "chart.png");
    let text = String::from_utf8_lossy(&requests[0].body);
    assert!(
        text.contains(
            "name=\"files[0]\"; filename=\"chart.png\"\r\nContent-Type: image/png\r\n\r\n"
        )
    );
    let at = requests[0]
        .body
        .windows(8)
        .position(|window| window == b"\x89PNG\r\n\x1a\n");
    assert!(at.is_some());
}

#[tokio::test]
async fn a_channel_may_do_without_a_chart() {
    let server = receiver(accepted()).await;
    let options = DiscordOptions {
        chart: false,
        ..DiscordOptions::default()
    };
    let channel = channel_with(&server.uri(), options);
    channel.send(&full_digest()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].headers["content-type"], "application/json");
    assert_eq!(json_of(&requests[0]).get("attachments"), None);
}

#[tokio::test]
async fn a_test_message_says_that_it_is_one() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(accepted())
        .expect(1)
        .mount(&server)
        .await;
    channel(&server.uri()).test().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let body = json_of(&requests[0]);
    assert_eq!(body["embeds"][0]["title"], "Test message of Moodwire");
}

#[test]
fn a_thread_cannot_be_both_named_and_begun() {
    let url = secrecy::SecretString::from("https://discord.com/api/webhooks/1/t?thread_id=3");
    let options = DiscordOptions {
        thread_name: Some("x".to_owned()),
        ..DiscordOptions::default()
    };
    let error = DiscordChannel::new("d".to_owned(), &url, options).unwrap_err();
    assert!(error.contains("both thread_id and thread_name"), "{error}");
}
