//! Dead letters from outside: in lists and groups, run again, edited, and given up.

use std::{collections::BTreeMap, process::Stdio};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{
    at_hand::{bury, empty, enqueue, everything, ids, listed, queue},
    keys, sentence,
};
use crate::common::{Installation, Stores, write_posts};

#[tokio::test]
async fn dead_letters_are_listed_shown_retried_and_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    installation.drain().await;
    let hour = posts.hours[0].clone();
    installation
        .json(&["enqueue", "publish", "--hour", &hour])
        .await;
    // A channel that is gone makes its jobs dead letters.
    let config = std::fs::read_to_string(installation.config_file()).unwrap();
    let renamed = config.replace("name = \"discord-main\"", "name = \"discord-new\"");
    std::fs::write(installation.config_file(), renamed).unwrap();
    let output = installation.runs(&["up", "--drain", "--json"]).await;
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("1 dead letters"), "{complaint}");

    let dead = installation.json(&["dead", "list"]).await;
    let letter = &dead[0];
    assert_eq!(dead.as_array().unwrap().len(), 1);
    assert_eq!(letter["payload"]["channel"], "discord-main");
    for key in [
        "id",
        "kind",
        "attempts",
        "max_attempts",
        "died_at",
        "reason",
        "error",
        "history",
    ] {
        assert!(!letter[key].is_null(), "{key}");
    }
    for key in [
        "attempt",
        "started_at",
        "duration_ms",
        "worker",
        "verdict",
        "error",
    ] {
        assert!(!letter["history"][0][key].is_null(), "{key}");
    }
    let id = letter["id"].as_str().unwrap();
    let counted = installation
        .json(&["dead", "retry", "--all", "--dry-run"])
        .await;
    assert_eq!(counted, json!({ "matched": 1, "changed": 0 }));
    let retried = installation.json(&["dead", "retry", id]).await;
    assert_eq!(retried, json!({ "matched": 1, "changed": 1 }));
    let again = installation.runs(&["dead", "retry", id]).await;
    assert!(sentence(&again, 2).contains("is no dead letter"));
    installation.runs(&["up", "--drain"]).await;
    let discarded = installation
        .json(&["dead", "discard", "--all", "--kind", "publish"])
        .await;
    assert_eq!(discarded, json!({ "matched": 1, "changed": 1 }));
    assert_eq!(installation.json(&["dead", "list"]).await, json!([]));
    assert!(installation.runs(&["up", "--drain"]).await.status.success());
}

#[tokio::test]
async fn failures_that_are_alike_are_grouped_and_chosen_by_their_fingerprint() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    for (n, post) in ["a1", "b22", "c333"].iter().enumerate() {
        let id = [format!("transform:{n}")];
        let error = format!("post {post} cannot be stored\nthe value is too long");
        bury(&*queue, &id, &error).await;
    }
    bury(&*queue, &ids("transform:t", 2), "the lake is gone").await;
    bury(
        &*queue,
        &ids("publish:main:", 1),
        "no channel is named \"main\"",
    )
    .await;

    let groups = installation.json(&["dead", "groups"]).await;
    let groups = groups.as_array().unwrap();
    assert_eq!(
        groups
            .iter()
            .map(|group| (
                group["kind"].as_str().unwrap(),
                group["count"].as_u64().unwrap()
            ))
            .collect::<Vec<_>>(),
        [("publish", 1), ("transform", 2), ("transform", 3)]
    );
    let group = &groups[2];
    let mut of_group = keys(group);
    of_group.sort_unstable();
    assert_eq!(
        of_group,
        ["count", "error", "fingerprint", "first", "kind", "last"]
    );
    assert_eq!(
        group["error"],
        "post c333 cannot be stored\nthe value is too long"
    );
    let moment = |key: &str| -> DateTime<Utc> { group[key].as_str().unwrap().parse().unwrap() };
    assert!(moment("first") <= moment("last"));

    let of_publish = installation
        .json(&["dead", "groups", "--kind", "publish"])
        .await;
    assert_eq!(of_publish.as_array().unwrap().as_slice(), &groups[..1]);
    let table = installation.succeeds(&["dead", "groups"]).await;
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.contains("post c333 cannot be stored"), "{table}");
    assert!(!table.contains("too long"), "{table}");

    let print = group["fingerprint"].as_str().unwrap().to_uppercase();
    let alike = ["--fingerprint", &print];
    let list = installation
        .json(&[&["dead", "list"], &alike[..]].concat())
        .await;
    assert_eq!(listed(&list), ["transform:2", "transform:1", "transform:0"]);
    let retried = installation
        .json(&[&["dead", "retry", "--all", "--kind", "publish"], &alike[..]].concat())
        .await;
    assert_eq!(retried, json!({ "matched": 0, "changed": 0 }));
    let discarded = installation
        .json(&[&["dead", "discard", "--all"], &alike[..]].concat())
        .await;
    assert_eq!(discarded, json!({ "matched": 3, "changed": 3 }));
    let left = installation.json(&["dead", "groups"]).await;
    assert_eq!(left.as_array().unwrap().as_slice(), &groups[..2]);
}

#[tokio::test]
async fn a_job_that_is_not_dead_spares_the_dead_ones_of_the_same_command() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    bury(&*queue, &ids("transform:", 2), "broken").await;
    enqueue(&*queue, &["transform:ready".to_owned()], "{}").await;
    let before = everything(&installation).await;
    for (id, words) in [
        (
            "transform:ready",
            "transform:ready is no dead letter: it is ready",
        ),
        ("transform:none", "no job has the id \"transform:none\""),
    ] {
        for what in ["retry", "discard"] {
            let line = ["dead", what, "transform:00000", "transform:00001", id];
            let output = installation.runs(&line).await;
            assert!(sentence(&output, 2).contains(words), "{words}");
        }
    }
    assert_eq!(everything(&installation).await, before);
    // The same id twice is one dead letter.
    let retried = installation
        .json(&["dead", "retry", "transform:00000", "transform:00000"])
        .await;
    assert_eq!(retried, json!({ "matched": 1, "changed": 1 }));
}

#[tokio::test]
async fn all_without_a_filter_is_asked_about_and_a_dry_run_only_counts() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    bury(&*queue, &ids("transform:", 3), "broken").await;
    let before = everything(&installation).await;
    for what in ["retry", "discard"] {
        let refused = installation.runs(&["dead", what, "--all"]).await;
        assert!(sentence(&refused, 2).contains("--yes"));
        let empty = installation
            .runs(&["dead", what, "--all", "--search", ""])
            .await;
        assert!(sentence(&empty, 2).contains("--search"));
        let both = installation
            .runs(&["dead", what, "transform:00000", "--kind", "transform"])
            .await;
        assert!(sentence(&both, 2).contains("--all"));
        for selection in [&["--all"][..], &["transform:00000", "transform:00001"]] {
            let line = [&["dead", what, "--dry-run"], selection].concat();
            let counted = installation.json(&line).await;
            let matched = if selection.len() == 1 { 3 } else { 2 };
            assert_eq!(counted, json!({ "matched": matched, "changed": 0 }));
        }
    }
    assert_eq!(everything(&installation).await, before);
    let retried = installation
        .json(&["dead", "retry", "--all", "--yes"])
        .await;
    assert_eq!(retried, json!({ "matched": 3, "changed": 3 }));
}

#[tokio::test]
async fn bulk_operations_cover_all_that_match_and_not_a_page() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    // What is searched for lies behind more than two steps of a search.
    bury(&*queue, &ids("transform:old", 700), "the needle").await;
    bury(&*queue, &ids("transform:new", 2_300), "hay").await;
    let needles = ["--all", "--search", "needle"];
    let counted = installation
        .json(&[&["dead", "retry", "--dry-run"], &needles[..]].concat())
        .await;
    assert_eq!(counted, json!({ "matched": 700, "changed": 0 }));
    let discarded = installation
        .json(&[&["dead", "discard"], &needles[..]].concat())
        .await;
    assert_eq!(discarded, json!({ "matched": 700, "changed": 700 }));

    let retried = installation
        .json(&["dead", "retry", "--all", "--yes", "--spread", "23h"])
        .await;
    assert_eq!(retried, json!({ "matched": 2_300, "changed": 2_300 }));
    let stats = installation.json(&["queue", "stats"]).await;
    assert_eq!(stats["transform"]["dead"], 0);
    let rows = installation
        .json(&["jobs", "list", "--kind", "transform", "--limit", "3000"])
        .await;
    // 23 hours over 2,300 jobs: one every 36 seconds.
    let mut minutes: BTreeMap<i64, u32> = BTreeMap::new();
    let mut times: Vec<DateTime<Utc>> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["run_at"].as_str().unwrap().parse().unwrap())
        .collect();
    times.sort_unstable();
    for pair in times.windows(2) {
        *minutes
            .entry((pair[1] - pair[0]).num_seconds())
            .or_default() += 1;
    }
    assert_eq!(minutes, BTreeMap::from([(36, 2_299)]));
}

#[tokio::test]
async fn a_spread_that_reaches_no_moment_is_refused() {
    let installation = empty().await;
    bury(
        &*queue(&installation).await,
        &ids("transform:", 1),
        "broken",
    )
    .await;
    let before = everything(&installation).await;
    for spread in ["--spread=300000y", "--spread=soon", "--spread=-5m"] {
        let line = ["dead", "retry", "transform:00000", spread];
        let output = installation.runs(&line).await;
        assert!(sentence(&output, 2).contains("--spread"), "{spread}");
    }
    assert_eq!(everything(&installation).await, before);
}

/// Runs a command with this text as its standard input.
async fn told(installation: &Installation, args: &[&str], text: &str) -> std::process::Output {
    let mut child = installation
        .command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).await.unwrap();
    drop(stdin);
    child.wait_with_output().await.unwrap()
}

#[tokio::test]
async fn a_payload_is_edited_on_the_command_line_from_a_file_and_from_standard_input() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    bury(&*queue, &ids("transform:", 3), "no such batch").await;
    let file = installation.config_file().with_file_name("payload.json");
    std::fs::write(&file, "{\"v\":1,\"batch\":\"file\"}\n").unwrap();
    let edited = async |id: &str, edit: &str, stdin: &str| -> Value {
        let output = told(
            &installation,
            &["dead", "retry", id, "--edit", edit, "--json"],
            stdin,
        )
        .await;
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let one = json!({ "matched": 1, "changed": 1 });
    let text = "{\"v\":1,\"batch\":\"text\"}";
    let counted = installation
        .json(&[
            "dead",
            "retry",
            "transform:00000",
            "--edit",
            text,
            "--dry-run",
        ])
        .await;
    assert_eq!(counted, json!({ "matched": 1, "changed": 0 }));
    assert_eq!(edited("transform:00000", text, "").await, one);
    let at_file = format!("@{}", file.display());
    assert_eq!(edited("transform:00001", &at_file, "").await, one);
    let stdin = "{\"v\":1,\"batch\":\"stdin\"}";
    assert_eq!(edited("transform:00002", "-", stdin).await, one);
    for (id, batch) in ids("transform:", 3).iter().zip(["text", "file", "stdin"]) {
        let job = queue.get(id).await.unwrap().unwrap();
        assert_eq!(job.state, moodwire_queue::State::Ready);
        let payload: Value = serde_json::from_str(&job.payload).unwrap();
        assert_eq!(payload, json!({ "v": 1, "batch": batch }));
    }
}

#[tokio::test]
async fn a_payload_that_its_job_could_not_read_is_refused_with_what_is_wrong_and_where() {
    let installation = empty().await;
    let queue = queue(&installation).await;
    bury(&*queue, &ids("transform:", 2), "broken").await;
    bury(&*queue, &ids("publish:main:", 1), "broken").await;
    let before = everything(&installation).await;
    let good = "{\"v\":1,\"batch\":\"b\"}";
    for (selection, edit, stdin, words) in [
        (&["transform:00000"][..], "{\"v\":1,", "", "line 1 column 7"),
        (
            &["transform:00000"],
            "{\"v\":1}",
            "",
            "missing field `batch`",
        ),
        (
            &["transform:00000"],
            "{\"v\":9,\"batch\":\"b\"}",
            "",
            "v is 9",
        ),
        (&["transform:00000"], "-", "not JSON", "standard input"),
        (&["transform:00000"], "@/no/such/file", "", "/no/such/file"),
        (&["publish:main:00000"], good, "", "channel"),
        (
            &["publish:main:00000"],
            "{\"v\":1,\"channel\":\"main\",\"hour\":\"noon\"}",
            "",
            "hour: ",
        ),
        (
            &["transform:00000", "transform:00001"],
            good,
            "",
            "exactly one id",
        ),
        (&["--all", "--kind", "publish"], good, "", "exactly one id"),
    ] {
        let line = [&["dead", "retry"], selection, &["--edit", edit]].concat();
        let sentence = sentence(&told(&installation, &line, stdin).await, 2);
        assert!(sentence.contains(words), "{sentence}");
    }
    assert_eq!(everything(&installation).await, before);
}
