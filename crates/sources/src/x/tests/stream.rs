//! Tests of the stream: its lines, its ends, and the time before and between connections.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use wiremock::Request;

use super::{
    SEARCH, body, id,
    meter::{Meter, UNTIL},
    post,
    tap::{Given, Tap, rules},
    user,
};
use crate::{Page, Source, SourceError, Stream, Unbounded};

const STREAM: &str = "/2/tweets/search/stream";

/// A line with this post, as the stream has it: in the older dialect.
pub(super) fn line(id: &str) -> String {
    let mut object = post(id);
    object["edit_history_tweet_ids"] = object["edit_history_post_ids"].take();
    let line = json!({
        "data": object,
        "includes": {"users": [user("7", "ada")]},
        "matching_rules": [{"id": "1", "tag": "moodwire:x-main"}],
    });
    format!("{line}\r\n")
}

fn held(lines: &str) -> Given {
    Given::Stream {
        bytes: lines.as_bytes().to_vec(),
        held: true,
    }
}

async fn connect(tap: &Tap, position: &Value) -> Result<Box<dyn Stream>, SourceError> {
    let streaming = tap.source.streaming().unwrap();
    streaming.connect(position, Arc::new(Unbounded)).await
}

/// Answers rules and searches, and the stream as said.
async fn streaming(given: impl Fn() -> Given + Send + Sync + 'static) -> Tap {
    Tap::start(move |request: &Request| match request.url.path() {
        STREAM => given(),
        SEARCH => Given::Answer(200, body(&[], None)),
        _ => rules(),
    })
    .await
}

/// The next page that holds posts: pages are empty where a line takes its time.
async fn with_posts(stream: &mut Box<dyn Stream>) -> Page {
    loop {
        let page = stream.next().await.unwrap();
        if !page.posts.is_empty() {
            return page;
        }
    }
}

/// The pages until the stream ends, and why it did.
async fn to_its_end(stream: &mut Box<dyn Stream>) -> (Vec<Page>, SourceError) {
    let mut pages = Vec::new();
    loop {
        match stream.next().await {
            Ok(page) => pages.push(page),
            Err(error) => return (pages, error),
        }
    }
}

#[tokio::test]
async fn lines_of_every_kind_are_read_or_passed_over() {
    let (one, two) = (id(20), id(10));
    let number: u64 = two.parse().unwrap();
    let numbered = json!({"data": {"id": number, "text": "as a number"}, "matching_rules": [{"id": 5, "tag": null}]});
    let lines = format!(
        "\r\n\r\n{}\r\n{}{numbered}\n{}{}\r\n{}\r\n{{\"data\": {{\"id\"\r\n",
        line(&one),
        line(&one),
        "{\"future\": {\"kind\": true}}\r\n",
        "<html>",
        json!({"errors": [{"title": "Something", "type": "https://api.x.com/2/problems/not-yet-known"}]}),
    );
    let tap = streaming(move || Given::Stream {
        bytes: lines.clone().into_bytes(),
        held: false,
    })
    .await;
    let mut stream = connect(&tap, &Value::Null).await.unwrap();
    let (pages, error) = to_its_end(&mut stream).await;
    assert!(matches!(error, SourceError::Retry(_)), "{error:?}");
    assert_eq!(super::ids(&pages), [&*one, &*one, &*two]);
    let quarantined: Vec<&str> = pages
        .iter()
        .flat_map(|page| &page.quarantined)
        .map(|one| &*one.sample)
        .collect();
    assert_eq!(quarantined, ["<html>", "{\"data\": {\"id\""]);
    let last = pages.last().unwrap();
    assert_eq!(last.position["streamed"], json!(two));
    assert_eq!(
        (last.end, last.watermark),
        (true, "2026-09-01T17:59:00Z".parse().ok())
    );
    let asked = tap.seen();
    let query = asked.last().unwrap().url.query().unwrap().to_owned();
    assert!(
        query.contains("tweet.fields=") && query.contains("referenced_tweets.id"),
        "{query}"
    );
    assert!(tap.searches().is_empty());
}

#[tokio::test]
async fn what_came_without_a_connection_is_searched_for_at_once_and_when_search_shows_it_all() {
    let tap = Tap::start(|request: &Request| match request.url.path() {
        STREAM => held(&line(&id(5))),
        SEARCH => {
            let query = request.url.query().unwrap();
            let first = query.contains(&format!("since_id={}", id(630)));
            let posts = if first {
                [post(&id(300))]
            } else {
                [post(&id(40))]
            };
            Given::Answer(200, body(&posts, None))
        }
        _ => rules(),
    })
    .await;
    let stored = json!({"streamed": id(600), "complete": "2026-09-01T17:50:00Z"});
    let mut stream = connect(&tap, &stored).await.unwrap();
    let first = stream.next().await.unwrap();
    assert_eq!(super::ids(std::slice::from_ref(&first)), [id(300)]);
    // It has caught up with what search shows, but not with the last minute.
    assert_eq!(
        (first.end, first.watermark),
        (true, "2026-09-01T17:59:00Z".parse().ok())
    );
    let second = with_posts(&mut stream).await;
    assert_eq!(super::ids(std::slice::from_ref(&second)), [id(5)]);
    assert_eq!(
        second.position["streamed"],
        json!(id(600)),
        "not while the minute before it is missing"
    );

    tap.clock.step(TimeDelta::seconds(60));
    let third = stream.next().await.unwrap();
    assert_eq!(super::ids(std::slice::from_ref(&third)), [id(40)]);
    assert_eq!(third.position["streamed"], json!(id(5)));
    assert_eq!(third.watermark, "2026-09-01T18:00:00Z".parse().ok());
    assert_eq!(tap.searches().len(), 2);
}

#[tokio::test]
async fn a_search_that_is_limited_does_not_end_the_stream() {
    let tap = Tap::start(|request: &Request| match request.url.path() {
        STREAM => held(&line(&id(5))),
        SEARCH => Given::Answer(429, json!({"title": "Too Many Requests"})),
        _ => rules(),
    })
    .await;
    let stored = json!({"streamed": id(600), "complete": "2026-09-01T17:50:00Z"});
    let mut stream = connect(&tap, &stored).await.unwrap();
    let page = with_posts(&mut stream).await;
    assert_eq!(super::ids(std::slice::from_ref(&page)), [id(5)]);
    assert_eq!(
        (page.end, &page.position["streamed"]),
        (false, &json!(id(600)))
    );
    assert_eq!(page.watermark, "2026-09-01T17:49:00Z".parse().ok());
    assert_eq!(tap.searches().len(), 1);
}

#[tokio::test]
async fn why_the_stream_ends_says_when_to_come_back() {
    for (problem, wanted) in [
        (
            json!({"disconnect_type": "UpstreamOperationalDisconnect", "title": "operational-disconnect"}),
            "retry",
        ),
        (json!({"disconnect_type": "SlowReader"}), "retry"),
        (
            json!({"type": "https://api.twitter.com/2/problems/operational-disconnect"}),
            "retry",
        ),
        (json!({"disconnect_type": "InvalidRules"}), "retry"),
        (json!({"disconnect_type": "ForceDisconnect"}), "later"),
        (
            json!({"connection_issue": "TooManyConnections", "title": "ConnectionException"}),
            "later",
        ),
        (
            json!({"disconnect_type": "ClientApplicationStateDegraded"}),
            "dead",
        ),
    ] {
        let lines = format!("{}{}\r\n", line(&id(5)), json!({"errors": [problem]}));
        let tap = streaming(move || held(&lines)).await;
        let mut stream = connect(&tap, &Value::Null).await.unwrap();
        let (pages, error) = to_its_end(&mut stream).await;
        assert_eq!(super::ids(&pages), [id(5)]);
        let class = match &error {
            SourceError::Retry(_) => "retry",
            SourceError::Later { .. } => "later",
            SourceError::Dead(_) => "dead",
        };
        assert_eq!(class, wanted, "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_says_when_to_come_back() {
    let many = json!({
        "title": "ConnectionException", "connection_issue": "TooManyConnections",
        "detail": "This stream is currently at the maximum allowed connection limit.",
        "type": "https://api.twitter.com/2/problems/streaming-connection",
    });
    for (status, body, wanted) in [
        (429, many, "Later"),
        (429, json!({"title": "Too Many Requests"}), "Later"),
        (409, json!({"title": "Conflict"}), "Retry"),
        (503, Value::Null, "Retry"),
        (401, json!({"title": "Unauthorized"}), "Dead"),
        (402, json!({"title": "CreditsDepleted"}), "Later"),
    ] {
        let tap = streaming(move || Given::Answer(status, body.clone())).await;
        let meter = Arc::new(Meter::of(300));
        let streaming = tap.source.streaming().unwrap();
        let refused = streaming.connect(&Value::Null, meter.clone()).await;
        let error = refused.err().unwrap();
        assert!(format!("{error:?}").starts_with(wanted), "{error:?}");
        assert_eq!(meter.left(), 300);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_even_an_empty_line_is_dead() {
    let tap = streaming(|| held("")).await;
    let mut stream = connect(&tap, &Value::Null).await.unwrap();
    let (_, error) = to_its_end(&mut stream).await;
    assert!(
        matches!(&error, SourceError::Retry(said) if said.contains("silent for 30 seconds")),
        "{error:?}"
    );
}

#[tokio::test]
async fn nothing_is_asked_for_where_the_budget_refuses() {
    let tap = streaming(|| held("")).await;
    let streaming = tap.source.streaming().unwrap();
    let refused = streaming
        .connect(&Value::Null, Arc::new(Meter::of(299)))
        .await;
    assert!(matches!(refused.err().unwrap(), SourceError::Later { .. }));
    assert!(tap.seen().is_empty());
}

#[tokio::test]
async fn the_stream_ends_when_the_budget_is_used_up_and_loses_nothing_of_what_came() {
    let ages: Vec<i64> = (1..=160).collect();
    let lines: String = ages.iter().rev().map(|age| line(&id(*age))).collect();
    let tap = streaming(move || held(&lines)).await;
    let meter = Arc::new(Meter::of(300));
    let streaming = tap.source.streaming().unwrap();
    let mut stream = streaming
        .connect(&Value::Null, meter.clone())
        .await
        .unwrap();
    let (pages, error) = to_its_end(&mut stream).await;
    assert!(
        matches!(&error, SourceError::Later { until, .. } if *until == UNTIL.parse::<moodwire_model::Timestamp>().unwrap()),
        "{error:?}"
    );
    assert_eq!(pages.last().unwrap().limited_until, UNTIL.parse().ok());
    assert!(
        super::ids(&pages).len() >= 148,
        "{}",
        super::ids(&pages).len()
    );
}

#[tokio::test]
async fn what_was_paid_ahead_is_given_back_when_the_stream_is_given_up() {
    let tap = streaming(|| held(&line(&id(5)))).await;
    let meter = Arc::new(Meter::of(1000));
    let streaming = tap.source.streaming().unwrap();
    let mut stream = streaming
        .connect(&Value::Null, meter.clone())
        .await
        .unwrap();
    assert_eq!(super::ids(&[with_posts(&mut stream).await]), [id(5)]);
    drop(stream);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(meter.left(), 998);
}

#[tokio::test]
async fn a_repost_comes_with_its_original_or_it_is_asked_for() {
    let (with, without) = (id(500), id(600));
    let repost = |of: &str| {
        let mut object = post(&id(5));
        object["text"] = json!("RT @bob: cut…");
        object["referenced_tweets"] = json!([{"type": "retweeted", "id": of}]);
        object
    };
    let lines = format!(
        "{}\r\n{}\r\n",
        json!({"data": repost(&with), "includes": {"tweets": [post(&with)]}}),
        json!({"data": repost(&without)}),
    );
    let looked_up = without.clone();
    let tap = Tap::start(move |request: &Request| match request.url.path() {
        STREAM => held(&lines),
        super::LOOKUP => {
            assert!(request.url.query().unwrap().contains("tweet.fields"));
            Given::Answer(200, body(&[post(&looked_up)], None))
        }
        _ => rules(),
    })
    .await;
    let mut stream = connect(&tap, &Value::Null).await.unwrap();
    let mut pages = Vec::new();
    while super::ids(&pages).len() < 2 {
        pages.push(stream.next().await.unwrap());
    }
    assert_eq!(super::ids(&pages), [&*with, &*without]);
    let first = pages.iter().find_map(|page| page.posts.first()).unwrap();
    assert_eq!(first.text, format!("Nice {with}"));
    tap.seen();
}
