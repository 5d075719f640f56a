//! Tests of files that change between two reads: grown, finished, replaced, cut.

use std::{fs::OpenOptions, io::Write};

use super::{Replay, ids, line};

fn append(replay: &Replay, content: &str) {
    let mut file = OpenOptions::new().append(true).open(&replay.path).unwrap();
    file.write_all(content.as_bytes()).unwrap();
}

#[tokio::test]
async fn a_file_that_grew_is_read_from_where_it_ended() {
    let replay = Replay::of(line("a") + "\n");
    let first = replay.first().await;
    let again = replay.read(&first.position).await;
    assert!(again.posts.is_empty() && again.end);
    assert_eq!(again.position, first.position);
    for round in 0..200 {
        append(&replay, &(line(&round.to_string()) + "\n"));
    }
    let grown = replay.read(&first.position).await;
    assert_eq!(
        grown.posts.len(),
        200,
        "the head's hash covers only what was read"
    );
    append(&replay, "nonsense\n");
    let last = replay.read(&grown.position).await;
    assert_eq!(
        last.quarantined[0].place,
        format!("{}:202", replay.path.display())
    );
}

#[tokio::test]
async fn a_file_with_another_beginning_is_read_from_its_start() {
    let replay = Replay::of(line("a") + "\n");
    let first = replay.first().await;
    replay.rewrite(format!("{}\n{}\n", line("b"), line("c")));
    assert_eq!(ids(&replay.read(&first.position).await), ["b", "c"]);
}

#[tokio::test]
async fn a_file_that_became_shorter_is_read_from_its_start() {
    let replay = Replay::of(format!("{}\n{}\n", line("a"), line("b")));
    let first = replay.first().await;
    replay.rewrite(line("a") + "\n");
    let shorter = replay.read(&first.position).await;
    assert_eq!(ids(&shorter), ["a"]);
    assert_eq!(shorter.position["line"], 1);
}

#[tokio::test]
async fn a_position_of_something_else_means_the_start() {
    let replay = Replay::of(line("a"));
    for position in [
        serde_json::json!("x"),
        serde_json::json!({"offset": 5, "line": 1, "head": "", "head_len": 9000}),
    ] {
        assert_eq!(ids(&replay.read(&position).await), ["a"]);
    }
}

#[tokio::test]
async fn a_last_line_without_newline_is_taken_and_its_newline_may_follow() {
    for newline in ["\n", "\r\n"] {
        let replay = Replay::of(line("a"));
        let first = replay.first().await;
        assert_eq!(ids(&first), ["a"]);
        assert!(first.end);
        append(
            &replay,
            &format!("{newline}{}{newline}nonsense{newline}", line("b")),
        );
        let second = replay.read(&first.position).await;
        assert_eq!(ids(&second), ["b"]);
        assert_eq!(second.quarantined.len(), 1);
        assert!(
            second.quarantined[0].place.ends_with(":3"),
            "{}",
            second.quarantined[0].place
        );
    }
}

#[tokio::test]
async fn a_last_line_that_is_half_written_is_read_again_when_it_is_whole() {
    let whole = line("b");
    let (begun, rest) = whole.split_at(20);
    let replay = Replay::of(format!("{}\n{begun}", line("a")));
    let first = replay.first().await;
    assert_eq!(ids(&first), ["a"]);
    assert_eq!(first.quarantined.len(), 1);
    assert!(first.end && first.watermark.is_some());

    let again = replay.read(&first.position).await;
    assert_eq!(again.quarantined, first.quarantined, "under the same id");
    assert_eq!(again.position, first.position);

    append(&replay, &format!("{rest}\n"));
    let finished = replay.read(&again.position).await;
    assert_eq!(ids(&finished), ["b"]);
    assert_eq!(finished.position["line"], 2);
}

#[tokio::test]
async fn a_bad_last_line_keeps_its_id_when_only_its_newline_was_wanting() {
    let replay = Replay::of("nonsense");
    let first = replay.first().await;
    append(&replay, "\n");
    assert_eq!(
        replay.read(&first.position).await.quarantined,
        first.quarantined
    );
}

#[tokio::test]
async fn a_giant_last_line_keeps_its_id_while_it_grows() {
    let replay = Replay::of("x".repeat(2_000_000));
    let first = replay.first().await;
    append(&replay, "xxx");
    let second = replay.read(&first.position).await;
    assert_eq!(first.quarantined[0].id, second.quarantined[0].id);
    append(&replay, &format!("\n{}", line("a")));
    let third = replay.read(&second.position).await;
    assert_eq!(
        third.quarantined[0].reason,
        "the line is 2000003 bytes long, and a line may have at most 1048576"
    );
    assert_eq!(ids(&replay.read(&third.position).await), ["a"]);
}
