//! That every statement walks an index, however many jobs there are.

use moodwire_model::SystemClock;
use moodwire_sqlite::Database;
use sqlx::AssertSqlSafe;

use super::{
    SqliteStore, by_hand, clear, dead, enqueue, groups, kinds, lease, list, processes, prune,
    settle, walk,
};
use crate::{ClockOffset, JobFilter, Options, State};

/// What SQLite would do, one line a step.
async fn plan(database: &Database, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain)
        .fetch_all(database.writer())
        .await
        .unwrap();
    steps.into_iter().map(|(.., step)| step).collect()
}

#[tokio::test]
async fn no_statement_scans_or_sorts_the_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("queue.db"))
        .await
        .unwrap();
    let options = Options {
        clock: std::sync::Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: String::new(),
        allow_eviction: false,
    };
    let _store = SqliteStore::open(std::sync::Arc::clone(&database), &options)
        .await
        .unwrap();
    let kinds = ["collect".to_owned(), "publish".to_owned()];
    let listing = |state, fingerprint: Option<&str>| {
        let filter = JobFilter {
            state,
            fingerprint: fingerprint.map(str::to_owned),
            ..JobFilter::default()
        };
        let query = walk::newest(&kinds, &filter, 1, 51).unwrap();
        query.into_string()
    };
    let (all, dead) = (listing(None, None), listing(Some(State::Dead), None));
    let alike = listing(None, Some("0"));
    let by_id = walk::beginning("collect:a", None).into_string();
    let on_by_id = walk::beginning("collect:a", Some("collect:ab")).into_string();
    // The order of what `json_each` names is sorted, at most 1,000 of them; all other order comes from an index.
    for (statement, sorts) in [
        (enqueue::ADD, false),
        (lease::GLANCE, false),
        (lease::DUE, false),
        (lease::PROMOTE, false),
        (lease::READY, false),
        (lease::LEASE, false),
        (lease::LEASED, true),
        (lease::RENEW, false),
        (lease::EXPIRED, false),
        (settle::RUNNING, false),
        (settle::END, false),
        (dead::LETTERS, false),
        (dead::REVIVE, false),
        (dead::FORGET, false),
        (dead::REMOVE, false),
        (prune::ELDEST, false),
        (kinds::STATS, false),
        (clear::WAITING, false),
        (by_hand::WAITING, false),
        (by_hand::HURRY, false),
        (groups::GROUPS, false),
        (processes::KNOWN, false),
        (processes::FORGET_OVER, false),
        (all.as_str(), false),
        (dead.as_str(), false),
        (alike.as_str(), false),
        (by_id.as_str(), false),
        (on_by_id.as_str(), false),
        (list::LOAD, true),
        (list::HISTORY, false),
    ] {
        let plan = plan(&database, statement).await;
        for step in &plan {
            let scans = [
                "SCAN queue_jobs",
                "SCAN queue_history",
                "SCAN queue_processes",
                "SCAN job",
                "SCAN past",
            ]
            .iter()
            .any(|scan| step.starts_with(scan));
            assert!(!scans, "{statement}\n{plan:#?}");
            assert!(
                sorts || !step.contains("TEMP B-TREE"),
                "{statement}\n{plan:#?}"
            );
        }
    }
    for range in [by_id, on_by_id] {
        let plan = plan(&database, &range).await;
        assert!(plan[0].ends_with("(id>? AND id<?)"), "{plan:#?}");
    }
    // Counts are read; of each group only its first and its last are looked up.
    let grouping = plan(&database, groups::GROUPS).await;
    assert!(
        grouping
            .iter()
            .any(|step| step.starts_with("SEARCH alike") && step.ends_with("(kind=?)")),
        "{grouping:#?}"
    );
    let ends = grouping.iter().filter(|step| {
        step.contains("queue_jobs_alike") && step.ends_with("(kind=? AND fingerprint=?)")
    });
    assert_eq!(ends.count(), 2, "{grouping:#?}");
}
