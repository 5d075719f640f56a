//! Tests of lines that are no posts: each is kept with its place and a reason, and none stops the file.

use std::fmt::Write;

use moodwire_model::Quarantined;
use serde_json::Value;

use super::{Replay, ids, line};

/// What is said of a line, which stands as the second of three.
async fn refused(bad: impl AsRef<[u8]>) -> Quarantined {
    let mut content = format!("{}\n", line("before")).into_bytes();
    content.extend_from_slice(bad.as_ref());
    content.extend_from_slice(format!("\n{}\n", line("after")).as_bytes());
    let replay = Replay::of(content);
    let mut page = replay.first().await;
    while !page.end {
        let more = replay.read(&page.position).await;
        page.posts.extend(more.posts);
        page.quarantined.extend(more.quarantined);
        (page.position, page.end) = (more.position, more.end);
    }
    assert_eq!(ids(&page), ["before", "after"]);
    let [quarantined] = <[Quarantined; 1]>::try_from(page.quarantined).unwrap();
    assert_eq!(quarantined.place, format!("{}:2", replay.path.display()));
    assert_eq!(quarantined.source, "demo");
    quarantined
}

#[tokio::test]
async fn a_line_with_a_wrong_field_is_refused_by_the_fields_name() {
    let good = line("1");
    let without = |field: &str| good.replace(&format!("\"{field}\""), "\"other\"");
    let long_id = "9".repeat(1001);
    let long_text = "x".repeat(100_001);
    let text = |text: &str| good.replace("\"Nice 1!\"", text);
    let with = |more: &str| good.replacen('{', &format!("{{{more},"), 1);
    let created = |at: &str| good.replace("\"2026-03-01T17:05:00Z\"", at);
    for (bad, reason) in [
        (without("id"), "`id` is missing"),
        (without("author"), "`author` is missing"),
        (without("text"), "`text` is missing"),
        (without("created_at"), "`created_at` is missing"),
        (text("null"), "`text` is missing"),
        (text("5"), "`text` is a number, not a string"),
        (text("[]"), "`text` is an array, not a string"),
        (
            text("\" \\n\\t\""),
            "`text` is empty: there is nothing to score",
        ),
        (
            text(&format!("\"{long_text}\"")),
            "`text` has 100001 bytes, and a post may have at most 100000",
        ),
        (
            text("\"\\ud83d!\""),
            "`text` is no readable string: unexpected end of hex escape",
        ),
        (good.replace("\"1\"", "\"\""), "`id` is empty"),
        (
            good.replace("\"1\"", "1.5"),
            "`id` is a number with a fraction or an exponent: write it as a string",
        ),
        (
            good.replace("\"1\"", "true"),
            "`id` is a boolean, not a string",
        ),
        (
            good.replace("\"1\"", &format!("\"{long_id}\"")),
            "`id` has 1001 bytes, and an id may have at most 1000",
        ),
        (good.replace("alice", " @ "), "`author` is empty"),
        (
            good.replace("\"alice\"", "{}"),
            "`author` is an object, not a string",
        ),
        (
            created("\"yesterday\""),
            "`created_at` is \"yesterday\", which is no time: write RFC 3339, such as 2026-03-01T17:05:00Z",
        ),
        (
            created("1772384700"),
            "`created_at` is a number, not a string",
        ),
        (
            created("\"1969-12-31T23:59:59Z\""),
            "`created_at` is \"1969-12-31T23:59:59Z\", which is before 1970",
        ),
        (
            created("\"2026-03-01T18:10:01Z\""),
            "`created_at` is \"2026-03-01T18:10:01Z\", more than 10 minutes in the future",
        ),
        (with("\"url\":7"), "`url` is a number, not a string"),
        (with("\"lang\":false"), "`lang` is a boolean, not a string"),
        (
            with("\"author_name\":[]"),
            "`author_name` is an array, not a string",
        ),
        (
            with("\"source\":\"\""),
            "`source` is \"\": a network's name is made of 1 to 64 lowercase letters, digits, - and _",
        ),
        (
            with("\"source\":\"X Corp\""),
            "`source` is \"X Corp\": a network's name is made of 1 to 64 lowercase letters, digits, - and _",
        ),
        (
            with("\"repost_of\":\"1\""),
            "`repost_of` is a string, not a JSON object",
        ),
        (
            with("\"repost_of\":{\"id\":1,\"author\":\"bob\"}"),
            "`repost_of.text` is missing",
        ),
        (
            with("\"repost_of\":{\"id\":1,\"id\":2}"),
            "`repost_of` has a duplicate field `id`",
        ),
        (with("\"id\":\"2\""), "the line has a duplicate field `id`"),
        (
            with("\"raw\":\"\\udc00\""),
            "the line holds JSON that cannot be read: lone leading surrogate in hex escape",
        ),
    ] {
        assert_eq!(refused(&bad).await.reason, reason, "{bad:.200}");
    }
}

#[tokio::test]
async fn a_line_that_is_no_object_is_refused() {
    for (bad, reason) in [
        (
            r#"["1","alice","text","2026-03-01T17:05:00Z"]"#,
            "the line is an array, not a JSON object",
        ),
        ("null", "the line is null, not a JSON object"),
        ("17", "the line is a number, not a JSON object"),
        (
            "id,author,text",
            "the line is not valid JSON at column 1: expected value",
        ),
        (
            r#"{"id":"1" "author":"a"}"#,
            "the line is not valid JSON at column 11: expected `,` or `}`",
        ),
        (
            r#"{"id":"1","#,
            "the line is not valid JSON at column 10: EOF while parsing a value",
        ),
        (
            "{} {}",
            "the line is not valid JSON at column 4: trailing characters",
        ),
    ] {
        assert_eq!(refused(bad).await.reason, reason, "{bad}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_refused_with_a_readable_sample() {
    let quarantined = refused(b"{\"id\":\"\xff\0\"}").await;
    assert_eq!(quarantined.reason, "the line is not UTF-8 at byte 8");
    assert_eq!(quarantined.sample, "{\"id\":\"\u{fffd}\u{fffd}\"}");
}

#[tokio::test]
async fn a_sample_is_cut_between_characters() {
    let quarantined = refused("a".to_owned() + &"ü".repeat(4000)).await;
    assert_eq!(
        quarantined.sample.len(),
        Quarantined::MAX_SAMPLE - 1 + "\u{fffd}".len() - 3
    );
    let quarantined = refused([0xff_u8; 5000]).await;
    assert!(quarantined.sample.len() <= Quarantined::MAX_SAMPLE);
}

#[tokio::test]
async fn reposts_nested_without_end_are_refused() {
    for depth in [17, 100, 20_000] {
        let mut bad = String::new();
        for _ in 0..depth {
            bad.write_str("{\"repost_of\":").unwrap();
        }
        let bad = bad + &line("1") + &"}".repeat(depth);
        assert_eq!(
            refused(bad).await.reason,
            "`repost_of` is nested more than 16 deep"
        );
    }
}

#[tokio::test]
async fn a_line_of_five_megabytes_is_skipped_and_told_with_its_length() {
    let bad = "x".repeat(5_000_000);
    let mut reader = std::io::BufReader::new(bad.as_bytes());
    let mut kept = Vec::new();
    let line = super::super::lines::next(&mut reader, &mut kept)
        .unwrap()
        .unwrap();
    assert_eq!(line.length, 5_000_000);
    assert_eq!(
        kept.len(),
        super::super::lines::MAX_LINE,
        "no more is ever held"
    );

    let quarantined = refused(&bad).await;
    assert_eq!(
        quarantined.reason,
        "the line is 5000000 bytes long, and a line may have at most 1048576"
    );
    assert_eq!(quarantined.sample.len(), Quarantined::MAX_SAMPLE);
    assert_ne!(
        quarantined.id,
        refused(&bad[1..]).await.id,
        "the length tells them apart"
    );
}

#[tokio::test]
async fn the_same_line_is_quarantined_under_the_same_id_and_another_one_is_not() {
    let replay = Replay::of("nonsense\n\nnonsense\n");
    let first = replay.first().await.quarantined;
    assert_eq!(first, replay.first().await.quarantined);
    assert!(
        first[0].id.starts_with("demo:") && first[0].id.ends_with(":1"),
        "{}",
        first[0].id
    );
    assert!(first[1].id.ends_with(":3"));
    replay.rewrite("gibberish\n");
    assert_ne!(
        first[0].id,
        replay.read(&Value::Null).await.quarantined[0].id
    );
}
