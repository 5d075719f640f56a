//! Logs as JSON: every line of standard error is an object, and tells the job that it belongs to.

use serde_json::Value;

use crate::common::{Installation, Stores, write_posts};

#[tokio::test]
async fn every_line_is_an_object_and_a_jobs_line_tells_its_job_and_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let more = "[log]\nformat = \"json\"";
    let installation = Installation::new(Stores::Embedded, &posts.path, more).await;
    let output = installation
        .command(&["up", "--drain"])
        .env("MOODWIRE_LOG", "info,moodwire_queue=debug")
        .output()
        .await
        .unwrap();
    assert!(output.status.success());
    let lines: Vec<Value> = String::from_utf8(output.stderr)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no object: {line}")))
        .collect();
    let of_a_transform = lines.iter().any(|line| {
        let span = &line["spans"][0];
        span["name"] == "job"
            && span["attempt"] == 1
            && span["job.id"]
                .as_str()
                .is_some_and(|id| id.starts_with("transform:"))
    });
    assert!(of_a_transform, "no line of a transform in {lines:#?}");
}

#[tokio::test]
async fn a_program_that_fails_says_so_in_the_configured_shape() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 1);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    let output = installation
        .command(&["jobs", "show", "collect:nothing"])
        .env("MOODWIRE_LOG__FORMAT", "json")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let line: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .contains("collect:nothing")
    );
}
