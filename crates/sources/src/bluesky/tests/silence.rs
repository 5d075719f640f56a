//! Tests of silence: when a stream counts as caught up, and how far it has read then.

use std::time::Duration;

use moodwire_testing::jetstream::{Answer, text_frame};
use serde_json::Value;
use url::Url;

use super::{Network, brisk, connect, posted, time};
use crate::{Source, Unbounded, bluesky::stream::Patience};

#[tokio::test]
async fn a_silent_stream_whose_server_answers_has_caught_up() {
    let network = Network::of(&[posted(0, "did:plc:ada", "x")], Vec::new()).await;
    let page = network.read().await;
    assert!(page.end);
    // Ten seconds before the present, which is ten minutes after the post.
    assert_eq!(page.watermark, Some(time(590)));
    let nothing = Network::of(&[], Vec::new()).await.read().await;
    assert_eq!(nothing.watermark, Some(time(590)));
    assert_eq!(nothing.position["time_us"], Value::Null);
}

#[tokio::test]
async fn a_pause_is_no_silence() {
    let long = Duration::from_secs(600);
    for (events, watermark) in [
        (vec![posted(0, "did:plc:ada", "x")], Some(time(0))),
        (vec![], None),
    ] {
        let network = Network::of(&events, Vec::new()).await;
        let source = network.patient(Patience {
            quiet: long,
            first: long,
            ..brisk()
        });
        let mut stream = connect(&source, &Value::Null).await.unwrap();
        // Until everything has come, and then some.
        let mut left = events.len();
        let mut further = 3;
        while left > 0 || further > 0 {
            let page = stream.next().await.unwrap();
            left -= page.posts.len();
            further -= i32::from(left == 0);
            assert!(!page.end);
            assert!(
                left > 0 || page.watermark == watermark,
                "{:?}",
                page.watermark
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_answers_no_ping_has_not_caught_up() {
    let frame = text_frame(&posted(0, "did:plc:ada", "x").to_string());
    let deaf = move |_: usize, _: &Url| Answer {
        lots: Vec::new(),
        bytes: frame.clone(),
        deaf: true,
        ends: false,
    };
    let network = Network::answering(deaf, Vec::new()).await;
    let mut stream = network.connect(&Value::Null).await.unwrap();
    for _ in 0..4 {
        let page = stream.next().await.unwrap();
        assert!(!page.end);
    }
}

#[tokio::test]
async fn an_event_of_the_present_ends_a_pass_and_the_watermark_never_lies_ahead() {
    let long = Duration::from_secs(600);
    for (second, watermark) in [(596, 596), (599, 599), (900, 600)] {
        let network = Network::of(&[posted(second, "did:plc:ada", "x")], Vec::new()).await;
        let source = network.patient(Patience {
            quiet: long,
            first: long,
            ..brisk()
        });
        let mut stream = connect(&source, &Value::Null).await.unwrap();
        let page = loop {
            let page = stream.next().await.unwrap();
            if !page.posts.is_empty() {
                break page;
            }
        };
        assert_eq!((page.end, page.watermark), (true, Some(time(watermark))));
    }
}

#[tokio::test]
async fn a_page_can_be_read_without_keeping_the_connection() {
    let network = Network::of(&[posted(0, "did:plc:ada", "x")], Vec::new()).await;
    let source = network.source();
    let page = source.read(&Value::Null, &Unbounded).await.unwrap();
    assert_eq!(page.posts.len(), 1);
    let again = source.read(&page.position, &Unbounded).await.unwrap();
    assert_eq!((again.posts.len(), again.end), (0, true));
}

/// A stand-in that gives these events one by one, each once the one before it is read, and then stays open.
async fn one_by_one(seconds: Vec<i64>) -> Network {
    let frames: Vec<Vec<u8>> = seconds
        .iter()
        .map(|second| text_frame(&posted(*second, "did:plc:ada", "x").to_string()))
        .collect();
    Network::answering(move |_, _| Answer::lots(&frames, 1), Vec::new()).await
}

/// Patience with which nothing but the age of events tells that a stream has caught up.
fn by_pace() -> Patience {
    let long = Duration::from_secs(600);
    Patience {
        page: Duration::from_millis(1),
        quiet: long,
        first: long,
        steady: Duration::ZERO,
        ..brisk()
    }
}

#[tokio::test]
async fn with_a_clock_that_is_eight_seconds_ahead_of_the_servers_a_stream_catches_up() {
    let network = one_by_one(vec![592; 1_500]).await;
    let source = network.patient(by_pace());
    let mut stream = connect(&source, &Value::Null).await.unwrap();
    let page = loop {
        let page = stream.next().await.unwrap();
        if page.end {
            break page;
        }
    };
    assert_eq!(page.watermark, Some(time(592)));
}

#[tokio::test]
async fn a_stream_whose_events_get_younger_has_not_caught_up_before_the_present() {
    let network = one_by_one((0..300).map(|number| number * 2).collect()).await;
    let source = network.patient(by_pace());
    let mut stream = connect(&source, &Value::Null).await.unwrap();
    let page = loop {
        let page = stream.next().await.unwrap();
        if page.end {
            break page;
        }
    };
    // Within five seconds of the present.
    assert!(page.watermark >= Some(time(595)), "{:?}", page.watermark);
}
