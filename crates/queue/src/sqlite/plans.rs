//! That every statement walks an index, however many jobs there are.

use moodwire_model::SystemClock;
use moodwire_sqlite::Database;
use sqlx::AssertSqlSafe;

use super::{SqliteStore, dead, enqueue, kinds, lease, list, prune, settle};
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
    let listing = format!(
        "{} ORDER BY change DESC LIMIT 50",
        list::newest(&kinds, None, 1, 51).into_string()
    );
    let alike = format!(
        "{} ORDER BY change DESC LIMIT 50",
        list::alike(&JobFilter::default(), "0", 1).into_string()
    );
    let one_state = list::newest(&kinds, Some(State::Dead), 1, 51).into_string();
    // The order of what `json_each` names is sorted, at most 500 of them; all other order comes from an index.
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
        (alike.as_str(), false),
        (list::LOAD, true),
        (list::HISTORY, false),
        (one_state.as_str(), true),
        (listing.as_str(), true),
    ] {
        let plan = plan(&database, statement).await;
        for step in &plan {
            let scans = ["SCAN queue_jobs", "SCAN queue_history", "SCAN job"]
                .iter()
                .any(|scan| step.starts_with(scan));
            assert!(!scans, "{statement}\n{plan:#?}");
            assert!(
                sorts || !step.contains("TEMP B-TREE"),
                "{statement}\n{plan:#?}"
            );
        }
    }
}
