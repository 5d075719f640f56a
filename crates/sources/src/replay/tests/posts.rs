//! Tests of what a good line becomes.

use std::sync::Arc;

use moodwire_model::Post;
use moodwire_testing::SteppedClock;

use super::{Replay, ids, line};
use crate::{ReplaySource, Source};

async fn post(line: &str) -> Post {
    let page = Replay::of(line).first().await;
    assert_eq!(page.quarantined, []);
    page.posts.into_iter().next().unwrap()
}

#[tokio::test]
async fn every_field_of_a_line_finds_its_place() {
    let line = r#"{"id":"1","author":"@alice","author_name":"Alice","text":"To the moon!","url":"https://x.test/1","lang":"en",
        "source":"x","created_at":"2026-03-01T18:05:00.123456+01:00","raw":{"b":1.10,"a":[]},"likes":3}"#
        .replace('\n', " ");
    let post = post(&line).await;
    assert_eq!(post.key.as_str(), "x:1");
    assert_eq!(post.network, "x");
    assert_eq!(post.author, "alice");
    assert_eq!(post.author_name.as_deref(), Some("Alice"));
    assert_eq!(post.text, "To the moon!");
    assert_eq!(post.url.as_deref(), Some("https://x.test/1"));
    assert_eq!(post.lang.as_deref(), Some("en"));
    assert_eq!(
        post.created_at.to_rfc3339(),
        "2026-03-01T17:05:00.123+00:00"
    );
    assert_eq!(post.collected_at.to_rfc3339(), "2026-03-01T18:00:00+00:00");
    assert_eq!(post.hour.short(), "2026-03-01T17");
    assert_eq!(
        post.raw, r#"{"b":1.10,"a":[]}"#,
        "the network's document stays as it was written"
    );
}

#[tokio::test]
async fn without_the_optional_fields_the_network_is_replay_and_the_document_the_line() {
    let line = line("1");
    for written in [
        line.clone(),
        format!("  {line}\t\r\n"),
        line.replace("\"id\"", "\"lang\":null,\"raw\":null,\"id\""),
    ] {
        let post = post(&written).await;
        assert_eq!(post.key.as_str(), "replay:1");
        assert_eq!((post.author_name, post.url, post.lang), (None, None, None));
        assert_eq!(post.raw, written.trim());
    }
}

#[tokio::test]
async fn an_id_may_be_a_whole_number_of_any_size() {
    for id in ["7", "-7", "17901234567890123456789"] {
        let post = post(&line("1").replace("\"1\"", id)).await;
        assert_eq!(post.key.as_str(), format!("replay:{id}"));
    }
}

#[tokio::test]
async fn u0000_is_replaced_everywhere() {
    let line = r#"{"id":"a\u0000","author":"b\u0000","author_name":"c\u0000","text":"d\u0000","created_at":"2026-03-01T17:05:00Z"}"#;
    let post = post(line).await;
    assert_eq!(post.key.as_str(), "replay:a\u{fffd}");
    assert_eq!(post.author, "b\u{fffd}");
    assert_eq!(post.author_name.as_deref(), Some("c\u{fffd}"));
    assert_eq!(post.text, "d\u{fffd}");
}

#[tokio::test]
async fn a_repost_becomes_the_innermost_original_under_its_network() {
    let original =
        r#"{"id":3,"author":"carol","text":"The original","created_at":"2026-03-01T15:00:00Z"}"#;
    let repost = format!(
        r#"{{"id":1,"source":"x","author":"alice","text":"RT","created_at":"2026-03-01T17:00:00Z","repost_of":
        {{"id":2,"author":"bob","text":"RT","created_at":"2026-03-01T16:00:00Z","repost_of":{original}}}}}"#
    )
    .replace('\n', " ");
    let unwrapped = post(&repost).await;
    assert_eq!(unwrapped.key.as_str(), "x:3");
    assert_eq!(
        (unwrapped.author.as_str(), unwrapped.text.as_str()),
        ("carol", "The original")
    );
    assert_eq!(unwrapped.hour.short(), "2026-03-01T15");
    assert_eq!(unwrapped.raw, repost);

    let of_another = repost.replace("{\"id\":3", "{\"source\":\"bluesky\",\"id\":3");
    assert_eq!(post(&of_another).await.key.as_str(), "bluesky:3");
}

#[tokio::test]
async fn a_repost_needs_no_words_of_its_own() {
    let repost = format!(
        r#"{{"id":"1","author":"alice","text":"","repost_of":{}}}"#,
        line("2")
    );
    assert_eq!(post(&repost).await.key.as_str(), "replay:2");
}

#[tokio::test]
async fn a_byte_order_mark_carriage_returns_and_blank_lines_are_no_posts() {
    let content = format!("\u{feff}{}\r\n\r\n  \t\n{}\r\n\n", line("a"), line("b"));
    let page = Replay::of(content).first().await;
    assert_eq!(ids(&page), ["a", "b"]);
    assert_eq!(page.quarantined, []);
    assert!(page.end);
}

#[tokio::test]
async fn a_post_ten_minutes_ahead_is_a_clock_that_is_wrong_and_no_more() {
    let ahead = line("1").replace("17:05:00Z", "18:10:00Z");
    assert_eq!(post(&ahead).await.hour.short(), "2026-03-01T18");
}

#[tokio::test]
async fn the_watermark_is_the_moment_that_the_last_read_began() {
    let page = Replay::of(line("1")).first().await;
    assert!(page.end);
    assert_eq!(
        page.watermark.unwrap().to_rfc3339(),
        "2026-03-01T18:00:00+00:00"
    );
    let empty = Replay::of("").first().await;
    assert!(empty.end && empty.watermark.is_some() && empty.posts.is_empty());
}

#[tokio::test]
async fn what_is_no_file_is_named_with_its_mend() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(SteppedClock::at("2026-03-01T18:00:00Z"));
    for (path, reason) in [
        (
            dir.path().join("none.jsonl"),
            "none.jsonl is not there: put it there",
        ),
        (
            dir.path().to_owned(),
            "is a directory: set `path` of source \"demo\"",
        ),
    ] {
        let source = ReplaySource::new("demo".to_owned(), path, clock.clone());
        let checked = source.check().await.unwrap_err();
        assert!(
            matches!(&checked, crate::SourceError::Dead(text) if text.contains(reason)),
            "{checked:?}"
        );
        let read = source
            .read(&serde_json::Value::Null, &crate::Unbounded)
            .await
            .unwrap_err();
        assert!(
            matches!(&read, crate::SourceError::Retry(text) if *text == checked.to_string()),
            "{read:?}"
        );
    }
    Replay::of("").source.check().await.unwrap();
}
