//! The queue from outside: a kind that is paused, and one whose waiting jobs are given up.

use moodwire_queue::{NewJob, State, Store};
use serde_json::{Value, json};

use super::{
    at_hand::{empty, enqueue, everything, ids, queue},
    sentence,
};
use crate::common::{Installation, Stores, write_posts};

#[tokio::test]
async fn a_paused_kind_is_named_by_a_drain_and_goes_on_when_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    installation.json(&["queue", "pause", "publish"]).await;
    let output = installation.runs(&["up", "--drain"]).await;
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("paused: publish"), "{complaint}");
    assert_eq!(installation.receiver.hours().await, Vec::<String>::new());
    installation.json(&["queue", "resume", "publish"]).await;
    installation.drain().await;
    assert_eq!(installation.receiver.hours().await, posts.hours);
}

/// Posts collected and a kind stopped, so that its jobs wait.
pub(super) async fn stopped_before(kind: &str, posts: u64) -> (Installation, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), posts);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    installation.json(&["queue", "pause", kind]).await;
    let output = installation.runs(&["up", "--drain"]).await;
    assert_eq!(output.status.code(), Some(1));
    (installation, folder)
}

pub(super) async fn waiting(installation: &Installation, kind: &str) -> u64 {
    let stats = installation.json(&["queue", "stats"]).await;
    let count = |state: &str| stats[kind][state].as_u64().unwrap();
    count("scheduled") + count("ready")
}

#[tokio::test]
async fn a_cleared_transform_is_discarded_in_the_lake_so_that_upkeep_brings_nothing_back() {
    let (installation, _posts) = stopped_before("transform", 1_200).await;
    let waiting = waiting(&installation, "transform").await;
    assert!(waiting > 1);
    let before = everything(&installation).await;
    let refused = installation.runs(&["queue", "clear", "transform"]).await;
    let refused = sentence(&refused, 2);
    assert!(refused.contains(&format!("{waiting} jobs")), "{refused}");
    assert!(refused.contains("--yes"), "{refused}");
    assert_eq!(everything(&installation).await, before);

    let cleared = installation
        .json(&["queue", "clear", "transform", "--yes"])
        .await;
    assert_eq!(cleared, json!({ "kind": "transform", "cleared": waiting }));
    let again = installation
        .json(&["queue", "clear", "transform", "--yes"])
        .await;
    assert_eq!(again, json!({ "kind": "transform", "cleared": 0 }));
    installation.json(&["queue", "resume", "transform"]).await;
    let report = installation.drain().await;
    assert_eq!(report["unscored_batches"], 0);
    assert_eq!(report["posts"], 0);
    let listed = installation
        .json(&["jobs", "list", "--kind", "transform"])
        .await;
    assert_eq!(listed, json!([]));
}

#[tokio::test]
async fn a_cleared_publication_is_skipped_in_the_ledger_so_that_upkeep_brings_nothing_back() {
    let (installation, _posts) = stopped_before("publish", 30).await;
    let waiting = waiting(&installation, "publish").await;
    assert!(waiting > 1);
    let cleared = installation
        .json(&["queue", "clear", "publish", "--yes"])
        .await;
    assert_eq!(cleared, json!({ "kind": "publish", "cleared": waiting }));
    installation.json(&["queue", "resume", "publish"]).await;
    installation.drain().await;
    assert_eq!(installation.receiver.hours().await, Vec::<String>::new());
    let skipped = installation
        .json(&["publications", "list", "--state", "skipped"])
        .await;
    let skipped: Vec<Value> = skipped.as_array().unwrap().clone();
    assert_eq!(skipped.len() as u64, waiting);
    assert!(
        skipped
            .iter()
            .all(|publication| publication["error"] == "discarded by a person")
    );
}

#[tokio::test]
async fn nothing_is_cleared_of_which_the_ledger_cannot_be_told() {
    let (installation, _posts) = stopped_before("publish", 30).await;
    let waiting = waiting(&installation, "publish").await;
    let config = std::fs::read_to_string(installation.config_file()).unwrap();
    // No other line may follow the section, so it comes last.
    let away =
        format!("{config}\n[warehouse]\nurl = \"postgres://me:secret@127.0.0.1:1/moodwire\"\n");
    std::fs::write(installation.config_file(), away).unwrap();
    let output = installation
        .runs(&["queue", "clear", "publish", "--yes"])
        .await;
    assert!(sentence(&output, 1).contains("127.0.0.1"));
    std::fs::write(installation.config_file(), config).unwrap();
    assert_eq!(self::waiting(&installation, "publish").await, waiting);
    installation.json(&["queue", "resume", "publish"]).await;
    let report = installation.drain().await;
    assert_eq!(report["sent"], report["hours"]);
}

#[tokio::test]
async fn a_clear_takes_every_job_that_waits_and_no_other() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    // One runs; more wait than one step takes, some of them for their time.
    enqueue(&*queue, &ids("collect:running", 1), "{}").await;
    let lease = std::time::Duration::from_secs(600);
    let fetched = queue.fetch("collect", 1, "test", lease).await.unwrap();
    assert_eq!(fetched.leases.len(), 1);
    enqueue(&*queue, &ids("collect:ready", 1_100), "{}").await;
    schedule(&*queue, &ids("collect:scheduled", 200)).await;
    enqueue(&*queue, &ids("transform:", 2), "this decodes as nothing").await;
    let refused = installation.runs(&["queue", "clear", "collect"]).await;
    assert!(sentence(&refused, 2).contains("1300 jobs"));
    let cleared = installation
        .json(&["queue", "clear", "collect", "--yes"])
        .await;
    assert_eq!(cleared, json!({ "kind": "collect", "cleared": 1_300 }));
    let rows = installation.json(&["jobs", "list"]).await;
    let left: Vec<(&str, &str)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        left,
        [
            ("transform:00001", "ready"),
            ("transform:00000", "ready"),
            ("collect:running00000", "running"),
        ]
    );
    // What stands for nothing beside the queue is cleared all the same.
    let said = installation
        .succeeds(&["queue", "clear", "transform", "--yes"])
        .await;
    assert_eq!(said, "2 jobs of kind transform cleared\n");
    assert_eq!(waiting(&installation, "transform").await, 0);
    let running = queue.get("collect:running00000").await.unwrap().unwrap();
    assert_eq!(running.state, State::Running);
}

#[tokio::test]
async fn a_clear_ends_while_producers_go_on() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    enqueue(&*queue, &ids("collect:a", 1_000), "{}").await;
    let mut clear = installation
        .command(&["queue", "clear", "collect", "--yes", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut enqueued = 1_000;
    let status = loop {
        // As fast as the store takes them, for as long as the clear runs.
        enqueue(&*queue, &ids(&format!("collect:b{enqueued}:"), 10), "{}").await;
        enqueued += 10;
        if let Some(status) = clear.try_wait().unwrap() {
            break status;
        }
    };
    assert!(status.success());
    let output = clear.wait_with_output().await.unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cleared = document["cleared"].as_u64().unwrap();
    assert!(cleared >= 1_000);
    assert_eq!(cleared + waiting(&installation, "collect").await, enqueued);
}

async fn schedule(queue: &dyn Store, ids: &[String]) {
    let tomorrow = queue.now().await.unwrap() + chrono::TimeDelta::days(1);
    let jobs: Vec<NewJob> = ids
        .iter()
        .map(|id| NewJob {
            id: id.clone(),
            kind: "collect".to_owned(),
            payload: b"{}".to_vec(),
            run_at: Some(tomorrow),
            max_attempts: 3,
            parent: None,
            root: None,
        })
        .collect();
    queue.enqueue(&jobs).await.unwrap();
}
