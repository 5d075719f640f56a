//! Tests of the webhook channel: what it posts, its signature, and what it makes of every answer.

use std::sync::Arc;

use moodwire_model::{Clock, Entropy, Timestamp};
use secrecy::SecretString;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::{WebhookChannel, sign::Key, text};
use crate::{
    Body, Channel, conformance,
    fixture::{digest, full_digest, hostile_digest, hostile_texts, pretty},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        "2026-03-01T18:05:00Z".parse().unwrap()
    }
}

impl Entropy for Stopped {
    fn bits(&self) -> u64 {
        1
    }
}

fn channel(base: &str) -> WebhookChannel {
    let url = SecretString::from(format!("{base}/hooks/mood?key=0123456789abcdef"));
    let secret = SecretString::from(SECRET);
    let (clock, entropy) = (Arc::new(Stopped), Arc::new(Stopped));
    WebhookChannel::new("hook".to_owned(), &url, Some(&secret), clock, entropy).unwrap()
}

#[test]
fn a_digest_is_a_document_that_says_its_version() {
    let Body::Json(body) = channel("https://receiver.test")
        .preview(&{
            let mut digest = full_digest();
            digest.trend.drain(1..23);
            digest
        })
        .body
    else {
        panic!("no JSON")
    };
    insta::assert_snapshot!(pretty(&body), @r#"
    {
      "best": {
        "actors": [
          "Bitcoin",
          "Ethereum"
        ],
        "author": "alice",
        "author_name": "Alice in Chains",
        "compound": 0.9215,
        "created_at": "2026-03-01T17:05:00.000Z",
        "id": "x:1",
        "text": "What a wonderful day for Bitcoin, I love it! The whole market is green and everybody I know is happy.",
        "url": "https://social.test/alice/x/1"
      },
      "change": {
        "previous_hour": null,
        "same_hour_yesterday": 0.1234
      },
      "channel": "hook",
      "hour": "2026-03-01T17:00:00Z",
      "hour_end": "2026-03-01T18:00:00Z",
      "late": 0,
      "mean_compound": 0.1234,
      "missing": {
        "batches": 0,
        "sources": []
      },
      "negative": 1,
      "neutral": 1,
      "positive": 1,
      "posts": 3,
      "trend": [
        {
          "hour": "2026-02-28T17:00:00Z",
          "mean_compound": 0.0,
          "posts": 3
        },
        {
          "hour": "2026-03-01T17:00:00Z",
          "mean_compound": 0.1234,
          "posts": 3
        }
      ],
      "type": "digest",
      "version": 1,
      "worst": {
        "actors": [
          "<@everyone> & *Co*"
        ],
        "author": "bob.test",
        "author_name": null,
        "compound": -0.802,
        "created_at": "2026-03-01T17:05:00.000Z",
        "id": "bluesky:2",
        "text": "This is a terrible scam.\n\nAvoid it!",
        "url": "https://social.test/bob.test/bluesky/2"
      }
    }
    "#);
}

#[tokio::test]
async fn a_delivery_can_be_verified_and_told_from_every_other() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let channel = channel(&server.uri());
    channel.send(&digest()).await.unwrap();
    channel.send(&digest()).await.unwrap();
    channel.test().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let ids: Vec<&str> = requests
        .iter()
        .map(|request| request.headers["webhook-id"].to_str().unwrap())
        .collect();
    assert_eq!(ids[0], "publish:hook:2026-03-01T17");
    assert_eq!(ids[0], ids[1]);
    assert!(ids[2].starts_with("test:hook:01"));
    for (request, id) in requests.iter().zip(ids) {
        assert_eq!(request.headers["webhook-timestamp"], "1772388300");
        let key = Key::of(&SecretString::from(SECRET)).unwrap();
        let signature = key.sign(id, 1_772_388_300, &request.body).unwrap();
        assert_eq!(request.headers["webhook-signature"], signature.as_str());
    }
}

#[test]
fn a_hostile_text_is_cut_and_stays_json() {
    for text in hostile_texts() {
        let mut digest = hostile_digest(&text);
        // Names of sources are ours: the configuration takes no others.
        digest.summary.missing.sources.clear();
        let preview = channel("https://receiver.test").preview(&digest);
        let Body::Json(body) = preview.body else {
            panic!("no JSON")
        };
        let shown = body["best"]["text"].as_str().unwrap();
        assert!(shown.encode_utf16().count() <= text::MAX_TEXT);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']));
        assert!(body.to_string().len() < 200_000);
    }
}

#[tokio::test]
async fn a_failing_connection_is_told_by_what_it_proves() {
    conformance::assert_failures_are_told_apart(channel).await;
}

#[tokio::test]
async fn each_answer_means_what_receivers_are_told() {
    for (status, wait, class) in [
        (400, None, "dead"),
        (403, None, "dead"),
        (401, None, "gone"),
        (404, None, "gone"),
        (410, None, "gone"),
        (429, Some("9"), "later"),
        (503, Some("9"), "later"),
        (503, None, "uncertain"),
        (500, Some("9"), "uncertain"),
    ] {
        let mut answer = ResponseTemplate::new(status).set_body_string("why\nnot");
        if let Some(wait) = wait {
            answer = answer.insert_header("retry-after", wait);
        }
        let error = conformance::answered(channel, answer).await.unwrap_err();
        assert_eq!(conformance::class(&error), class, "{status}: {error:?}");
        assert!(error.to_string().contains("why") && !error.to_string().contains("not\n"));
    }
}

#[test]
fn a_secret_that_is_none_is_refused_without_showing_it() {
    let (url, secret) = (
        SecretString::from("https://x.test/"),
        SecretString::from("hunter2"),
    );
    let (clock, entropy) = (Arc::new(Stopped), Arc::new(Stopped));
    let error =
        WebhookChannel::new("hook".to_owned(), &url, Some(&secret), clock, entropy).unwrap_err();
    assert!(
        error.contains("`secret`") && !error.contains("hunter2"),
        "{error}"
    );
}
