//! The audit log from outside: which commands leave a row, and what becomes of a deed that cannot be recorded.

use serde_json::Value;

use super::{
    at_hand::{bury, empty, ids, queue},
    keys, sentence,
};
use crate::common::{Installation, Stores, write_posts};

/// What the log holds, newest first: the deed, its target, its detail.
async fn deeds(
    installation: &Installation,
    more: &[&str],
) -> Vec<(String, String, Option<String>)> {
    let rows = installation.json(&[&["audit"], more].concat()).await;
    let text = |row: &Value, key: &str| row[key].as_str().map(str::to_owned);
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let deed = (text(row, "action").unwrap(), text(row, "target").unwrap());
            (deed.0, deed.1, text(row, "detail"))
        })
        .collect()
}

fn deed(action: &str, target: &str, detail: Option<&str>) -> (String, String, Option<String>) {
    (
        action.to_owned(),
        target.to_owned(),
        detail.map(str::to_owned),
    )
}

#[tokio::test]
async fn what_changes_something_is_recorded_and_what_only_reads_is_not() {
    let installation = empty().await;
    let store = queue(&installation).await;
    bury(&*store, &ids("transform:t", 2), "the lake is gone").await;
    bury(&*store, &ids("collect:c", 1), "the network is gone").await;

    for reads in [
        &["queue", "stats"][..],
        &["dead", "list"],
        &["dead", "retry", "--all", "--yes", "--dry-run"],
        &["dead", "retry", "--all", "--search", "no such text"],
        &[
            "backfill",
            "collect",
            "--from",
            "2026-03-01T00",
            "--to",
            "2026-03-02T00",
            "--dry-run",
        ],
        &["channel", "list"],
        &["audit"],
    ] {
        installation.succeeds(reads).await;
    }
    assert_eq!(deeds(&installation, &[]).await, []);

    for changes in [
        &["queue", "pause", "publish"][..],
        &["dead", "retry", "--all", "--kind", "transform"],
        &["dead", "discard", "collect:c00000"],
        &["queue", "clear", "transform", "--yes"],
        &["enqueue", "collect", "--source", "history"],
        &[
            "backfill",
            "collect",
            "--from",
            "2026-03-01T00",
            "--to",
            "2026-03-02T00",
        ],
        &["channel", "test", "discord-main"],
        &["queue", "resume", "publish"],
    ] {
        installation.succeeds(changes).await;
    }
    let mut found = deeds(&installation, &[]).await;
    found.reverse();
    // The id that was enqueued has a suffix of its own.
    assert!(found[4].1.starts_with("collect:history:"), "{}", found[4].1);
    found[4].1 = "collect".to_owned();
    assert_eq!(
        found,
        [
            deed("queue pause", "publish", None),
            deed("dead retry", "--all --kind transform", Some("2 of 2")),
            deed("dead discard", "collect:c00000", Some("1 of 1")),
            deed("queue clear", "transform", Some("2 jobs")),
            deed("enqueue collect", "collect", None),
            deed(
                "backfill collect",
                "2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z",
                Some("1 jobs enqueued")
            ),
            deed("channel test", "discord-main", None),
            deed("queue resume", "publish", None),
        ]
    );
    let dead = deeds(&installation, &["--action", "dead", "--limit", "1"]).await;
    assert_eq!(dead, found[2..3]);
    assert_eq!(deeds(&installation, &["--since", "1h"]).await.len(), 8);
    assert_eq!(deeds(&installation, &["--since", "0s"]).await, []);
    assert_eq!(deeds(&installation, &["--who", "nobody at all"]).await, []);
}

#[tokio::test]
async fn a_row_tells_who_did_it_and_by_which_way_in() {
    let installation = empty().await;
    let typed = installation
        .command(&["queue", "pause", "publish"])
        .env("SUDO_USER", "ada")
        .env("USER", "root")
        .output()
        .await
        .unwrap();
    assert!(typed.status.success());
    let rows = installation.json(&["audit", "--who", "ada"]).await;
    let row = &rows[0];
    assert_eq!(
        keys(row),
        ["id", "at", "who", "via", "action", "target", "detail"]
    );
    assert_eq!(row["via"], "cli");
    assert!(row["who"].as_str().unwrap().starts_with("ada@"), "{row}");
    let table = installation.succeeds(&["audit"]).await;
    assert!(table.contains("queue pause  publish"), "{table}");
}

#[tokio::test]
async fn a_deed_that_cannot_be_recorded_is_done_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 1);
    let away = "[warehouse]\nurl = \"postgres://127.0.0.1:1/moodwire\"";
    let installation = Installation::new(Stores::Embedded, &posts.path, away).await;
    bury(
        &*queue(&installation).await,
        &ids("transform:t", 1),
        "the lake is gone",
    )
    .await;
    let output = installation
        .runs(&["queue", "pause", "transform", "--json"])
        .await;
    let sentence = sentence(&output, 0);
    assert!(
        sentence.starts_with("moodwire: queue pause is done, but not in the audit log: "),
        "{sentence}"
    );
    let stats: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stats["transform"]["paused"], true);
}
