//! Tests of connections that are refused, end or die.

use std::time::Duration;

use moodwire_testing::jetstream::{Answer, close_frame, text_frame};
use serde_json::{Value, json};
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{Network, brisk, connect, keyword, posted, rkeys, whole};
use crate::{Source, SourceError, bluesky::stream::Patience};

#[tokio::test]
async fn what_came_before_the_end_is_given_out_first() {
    let frame = text_frame(&posted(1, "did:plc:ada", "x").to_string());
    let half = frame.len() / 2;
    let closed = [frame.clone(), close_frame()].concat();
    let cut = [&frame[..], &frame[..half]].concat();
    for (bytes, ends) in [(closed, false), (cut, true), (frame, true)] {
        let answer = move |_: usize, _: &Url| Answer {
            lots: Vec::new(),
            bytes: bytes.clone(),
            ends,
            deaf: false,
        };
        let network = Network::answering(answer, Vec::new()).await;
        let (pages, error) = network.pages(&Value::Null).await;
        assert_eq!(rkeys(&whole(pages)), ["k1"]);
        assert!(matches!(error, Some(SourceError::Retry(_))), "{error:?}");
    }
}

#[tokio::test]
async fn garbage_in_place_of_frames_is_tried_again() {
    for bytes in [
        vec![0xff; 100],
        b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
        vec![0x81, 0x7f, 0x7f],
    ] {
        let answer = move |_: usize, _: &Url| Answer {
            lots: Vec::new(),
            bytes: bytes.clone(),
            ends: true,
            deaf: false,
        };
        let network = Network::answering(answer, Vec::new()).await;
        let (_, error) = network.pages(&Value::Null).await;
        assert!(matches!(error, Some(SourceError::Retry(_))), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_without_a_sign_of_life_is_given_up() {
    let deaf = |_: usize, _: &Url| Answer {
        deaf: true,
        ..Answer::default()
    };
    let network = Network::answering(deaf, Vec::new()).await;
    let source = network.patient(Patience {
        dead: Duration::from_millis(50),
        ..brisk()
    });
    let mut stream = connect(&source, &Value::Null).await.unwrap();
    let error = loop {
        match stream.next().await {
            Ok(page) => assert!(!page.end, "nobody answered"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, SourceError::Retry(said) if said.contains("no sign of life")),
        "{error}"
    );
}

/// The error with which a server answers that opens no stream.
async fn refusal(answer: ResponseTemplate) -> SourceError {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let mut network = Network::of(&[], Vec::new()).await;
    network.settings.url = Some(server.uri().replace("http", "ws"));
    let error = network.connect(&Value::Null).await.err().unwrap();
    let checked = network.source().check().await.unwrap_err();
    assert_eq!(error.to_string(), checked.to_string());
    error
}

#[tokio::test]
async fn a_refusal_is_told_apart_by_what_helps() {
    let error = refusal(ResponseTemplate::new(400).set_body_string("invalid cursor")).await;
    assert!(
        matches!(&error, SourceError::Dead(said) if said.contains("invalid cursor") && said.contains("url")),
        "{error}"
    );
    for status in [200, 500, 503] {
        let error = refusal(ResponseTemplate::new(status)).await;
        assert!(matches!(error, SourceError::Retry(_)), "{error}");
    }
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "120");
    let error = refusal(limited).await;
    let until: moodwire_model::Timestamp = "2026-03-01T18:02:00Z".parse().unwrap();
    assert!(
        matches!(error, SourceError::Later { until: at, .. } if at == until),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_named() {
    let mut network = Network::of(&[], vec![keyword("bitcoin")]).await;
    // Nothing listens on port 1.
    network.settings.url = Some("ws://127.0.0.1:1/subscribe".to_owned());
    let error = network.source().read(&json!(null), &crate::Unbounded).await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, SourceError::Retry(said) if said.contains("127.0.0.1:1")),
        "{error}"
    );
}
