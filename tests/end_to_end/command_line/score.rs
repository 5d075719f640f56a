//! `score`: a text, and lines of JSON that stream through.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::{sentence, with_config};
use crate::common::moodwire;

#[tokio::test]
async fn a_text_is_scored_as_the_paper_prints_it() {
    let text = "VADER is smart, handsome, and funny!";
    let output = with_config("", &["score", "--json", text]).await;
    assert!(output.status.success(), "{output:?}");
    let scored: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({
        "text": text, "neg": 0.0, "neu": 0.248, "pos": 0.752, "compound": 0.8439, "scorer": "vader-3.3.2",
    });
    assert_eq!(scored, expected);
}

#[tokio::test]
async fn lines_come_back_in_order_with_their_scores_while_more_are_to_come() {
    let mut score = moodwire()
        .args(["score", "--jsonl", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = score.stdin.take().unwrap();
    let mut output = BufReader::new(score.stdout.take().unwrap()).lines();
    for (line, scored) in [
        (
            r#"{"id": 12345678901234567890, "text": "good"}"#,
            r#"{"id":12345678901234567890,"text":"good","neg":0.0,"neu":0.0,"pos":1.0,"compound":0.4404}"#,
        ),
        (
            r#"{"text":"bad","compound":"replaced"}"#,
            r#"{"text":"bad","neg":1.0,"neu":0.0,"pos":0.0,"compound":-0.5423}"#,
        ),
        (
            "\n{\"text\":\"\"}",
            r#"{"text":"","neg":0.0,"neu":0.0,"pos":0.0,"compound":0.0}"#,
        ),
    ] {
        // The answer comes before the next line is written.
        input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        let answer = output.next_line().await.unwrap().unwrap();
        let (answer, scored): (Value, Value) = (
            serde_json::from_str(&answer).unwrap(),
            serde_json::from_str(scored).unwrap(),
        );
        assert_eq!(answer, scored);
    }
    drop(input);
    assert_eq!(output.next_line().await.unwrap(), None);
    assert!(score.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_line_that_is_no_text_is_named_after_those_before_it_went_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("texts.jsonl");
    std::fs::write(&file, "{\"text\":\"good\"}\n{\"body\":\"bad\"}\n").unwrap();
    let path = file.display().to_string();
    let output = with_config("", &["score", "--jsonl", &path]).await;
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    let said = sentence(&output, 1);
    assert!(said.contains(&format!("{path} line 2: ")), "{said}");
}
