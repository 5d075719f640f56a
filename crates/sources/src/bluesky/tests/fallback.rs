//! Tests of several hosts: when one refuses, breaks off or falls silent, the next one is tried, and nothing is lost or comes twice.

use std::time::Duration;

use moodwire_testing::jetstream::{Answer, FakeJetstream, close_frame, option, text_frame};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{Network, SEEN, brisk, connect, posted, rkeys, whole};
use crate::{Page, Source, SourceError, bluesky::stream::Patience};

fn frames(events: &[Value]) -> Vec<Vec<u8>> {
    let wire = |event: &Value| text_frame(&event.to_string());
    events.iter().map(wire).collect()
}

/// The same event as another server tells it, which saw it so many seconds later.
fn later(event: Value, seconds: i64) -> Value {
    let mut event = event;
    event["time_us"] = json!(event["time_us"].as_i64().unwrap() + seconds * 1_000_000);
    event
}

/// A network with a second Jetstream that the source may turn to.
async fn network(
    first: impl Fn() -> Answer + Send + Sync + 'static,
    second: &[Value],
) -> (Network, FakeJetstream) {
    let second = frames(second);
    let other = FakeJetstream::start(move |_, _| Answer::frames(second.clone())).await;
    let mut network = Network::answering(move |_, _| first(), Vec::new()).await;
    network.settings.fallback = vec![other.url()];
    (network, other)
}

fn cursor(jetstream: &FakeJetstream, connection: usize) -> Option<i64> {
    let asked = jetstream.asked();
    option(&asked[connection], "cursor").map(|cursor| cursor.parse().unwrap())
}

async fn until_the_end(network: &Network, patience: Patience, position: &Value) -> Page {
    let source = network.patient(patience);
    let mut stream = connect(&source, position).await.unwrap();
    let mut pages = Vec::new();
    loop {
        let page = stream.next().await.unwrap();
        let end = page.end;
        pages.push(page);
        if end {
            return whole(pages);
        }
    }
}

#[tokio::test]
async fn where_the_first_host_refuses_the_next_is_opened() {
    let server = MockServer::start().await;
    let refuses = Mock::given(any()).respond_with(ResponseTemplate::new(503));
    refuses.mount(&server).await;
    for first in [
        "ws://127.0.0.1:1/subscribe",
        &server.uri().replace("http", "ws"),
    ] {
        let (mut network, other) = network(Answer::default, &[posted(0, "did:plc:ada", "x")]).await;
        network.settings.url = Some(first.to_owned());
        network.source().check().await.unwrap();
        let page = network.read().await;
        assert_eq!(rkeys(&page), ["k0"]);
        // The next slice begins with the one that gave.
        assert!(
            other
                .url()
                .contains(page.position["host"].as_str().unwrap())
        );
    }
}

#[tokio::test]
async fn where_every_host_refuses_each_is_named() {
    let mut network = Network::of(&[], Vec::new()).await;
    network.settings.url = Some("ws://127.0.0.1:1/subscribe".to_owned());
    network.settings.fallback = vec!["ws://127.0.0.1:2/subscribe".to_owned()];
    let error = network.connect(&Value::Null).await.err().unwrap();
    assert!(
        matches!(&error, SourceError::Retry(said) if said.contains("127.0.0.1:1") && said.contains("127.0.0.1:2")),
        "{error}"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_goes_on_at_the_next_host_some_seconds_before() {
    let ada = "did:plc:ada";
    let given = frames(&[posted(28, ada, "a"), posted(30, ada, "b")]);
    let breaks = move || Answer {
        bytes: [given.concat(), close_frame()].concat(),
        ..Answer::default()
    };
    // The other server saw the same three seconds later, and something that the first one never gave.
    let second = [
        later(posted(30, ada, "b"), 3),
        later(posted(31, ada, "c"), 3),
    ];
    let (network, other) = network(breaks, &second).await;
    let page = until_the_end(&network, brisk(), &Value::Null).await;
    assert_eq!(rkeys(&page), ["k28", "k30", "k31"]);
    assert_eq!(page.gap, None);
    assert_eq!(cursor(&other, 0), Some(SEEN + 15_000_000));
    // Taken up at the same host it is asked for less.
    until_the_end(&network, brisk(), &page.position).await;
    let last = other.asked().len() - 1;
    assert_eq!(cursor(&other, last), Some(SEEN + 29_000_000));
}

#[tokio::test]
async fn what_the_next_host_no_longer_has_is_told_as_a_gap() {
    let given = frames(&[posted(0, "did:plc:ada", "a")]);
    let breaks = move || Answer::frames(given.clone()).cut(usize::MAX);
    let (network, _other) = network(breaks, &[posted(60, "did:plc:ada", "b")]).await;
    let page = until_the_end(&network, brisk(), &Value::Null).await;
    let gap = page.gap.unwrap();
    assert_eq!((gap.from, gap.to), (super::time(0), super::time(60)));
}

#[tokio::test]
async fn a_host_that_falls_silent_or_deaf_is_left_for_the_next() {
    let given = frames(&[posted(0, "did:plc:ada", "a")]);
    let patience = Patience {
        dead: Duration::from_millis(50),
        ..brisk()
    };
    for deaf in [false, true] {
        let bytes = given.concat();
        let falls = move || Answer {
            bytes: bytes.clone(),
            deaf,
            ..Answer::default()
        };
        let (network, _other) = network(falls, &[posted(1, "did:plc:ada", "b")]).await;
        let page = until_the_end(&network, patience, &Value::Null).await;
        assert_eq!(rkeys(&page), ["k0", "k1"], "deaf: {deaf}");
    }
}

#[tokio::test]
async fn where_all_are_silent_the_last_one_is_believed() {
    let (network, other) = network(Answer::default, &[]).await;
    let page = until_the_end(&network, brisk(), &Value::Null).await;
    assert_eq!(page.watermark, Some(super::time(590)));
    assert_eq!(
        (network.jetstream.asked().len(), other.asked().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn hosts_that_give_the_same_and_break_off_are_tried_once_each() {
    let given = frames(&[posted(0, "did:plc:ada", "a")]);
    let breaks = move || Answer::frames(given.clone()).cut(usize::MAX);
    let (mut network, _) = network(breaks, &[]).await;
    let given = frames(&[posted(0, "did:plc:ada", "a")]);
    let other =
        FakeJetstream::start(move |_, _| Answer::frames(given.clone()).cut(usize::MAX)).await;
    network.settings.fallback = vec![other.url()];
    let (pages, error) = network.pages(&Value::Null).await;
    assert_eq!(rkeys(&whole(pages)), ["k0"]);
    assert!(matches!(error, Some(SourceError::Retry(_))), "{error:?}");
    assert_eq!(
        (network.jetstream.asked().len(), other.asked().len()),
        (1, 1)
    );
}
