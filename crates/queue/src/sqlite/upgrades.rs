//! That files of older versions are brought up to date with all that they hold.

use std::{path::Path, sync::Arc};

use moodwire_model::SystemClock;
use moodwire_sqlite::Database;

use super::{SqliteStore, schema};
use crate::{ClockOffset, JobFilter, Options, Result, Retention, State, Store};

/// A file as version 1 left it: one job waits, two are dead.
const HELD: &[&str] = &[
    "UPDATE queue_clock SET latest = 5000, change = 7",
    "INSERT INTO queue_kinds (kind, ready, dead, enqueued_total, dead_total)
        VALUES ('collect', 1, 2, 4, 3)",
    "INSERT INTO queue_jobs
        (id, kind, state, max_attempts, run_at, change, changed_at, enqueued_at, fingerprint, reason, error, payload)
        VALUES
        ('collect:a', 'collect', 'ready', 5, 1000, 3, 1000, 1000, NULL, NULL, NULL, x'00ff'),
        ('collect:b', 'collect', 'dead', 5, 1000, 6, 4000, 1000, 'f', 'no', 'no: 17', x'7b7d'),
        ('collect:c', 'collect', 'dead', 5, 1000, 7, 5000, 1000, 'f', 'no', 'no: 18', x'7b7d')",
    "INSERT INTO queue_history VALUES (2, 1, 1, 3000, 12, 'worker-1', 'dead', 'no: 17')",
];

async fn write_version_1(path: &Path) {
    let database = Database::open(path).await.unwrap();
    for statement in schema::STEPS[0].iter().chain(HELD) {
        sqlx::query(*statement)
            .execute(database.writer())
            .await
            .unwrap();
    }
}

async fn open(path: &Path) -> Result<SqliteStore> {
    let options = Options {
        clock: Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: String::new(),
        allow_eviction: false,
    };
    SqliteStore::open(Database::open(path).await.unwrap(), &options).await
}

async fn version(path: &Path) -> usize {
    let database = Database::open(path).await.unwrap();
    schema::version(&database).await.unwrap()
}

#[tokio::test]
async fn a_file_of_version_1_keeps_what_it_holds_and_gains_what_later_versions_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    write_version_1(&path).await;
    assert_eq!(version(&path).await, 1);

    let store = open(&path).await.unwrap();
    assert_eq!(version(&path).await, schema::STEPS.len());
    let stats = &store.stats().await.unwrap()["collect"];
    assert_eq!((stats.ready, stats.dead, stats.dead_total), (1, 2, 3));
    assert_eq!(stats.dropped_total, 0);
    let groups = store.groups(None).await.unwrap();
    assert_eq!((groups.len(), groups[0].count), (1, 2));
    assert_eq!(groups[0].error, "no: 18");
    assert_eq!(groups[0].first.timestamp_millis(), 4_000);
    assert_eq!(groups[0].last.timestamp_millis(), 5_000);
    let alike = JobFilter {
        fingerprint: Some("f".to_owned()),
        ..JobFilter::default()
    };
    let rows = store.list(&alike, None, 10).await.unwrap().jobs;
    assert_eq!([&rows[0].id, &rows[1].id], ["collect:c", "collect:b"]);
    assert_eq!(rows[1].history.len(), 1);

    let none = Retention {
        dead_count: 0,
        ..Retention::default()
    };
    assert_eq!(store.prune("collect", &none).await.unwrap().dead, 2);
    let stats = &store.stats().await.unwrap()["collect"];
    assert_eq!((stats.dead, stats.dropped_total), (0, 2));
    assert_eq!(store.groups(None).await.unwrap(), []);
    let cleared = store.clear("collect", 10).await.unwrap();
    assert_eq!(cleared, [("collect:a".to_owned(), vec![0, 0xff])]);
    assert_eq!(store.processes().await.unwrap(), []);
}

/// Each path is another to the same file, which this process then opens as another process would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_open_a_file_at_once_bring_it_up_to_date_once() {
    for written in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        if written {
            write_version_1(&data.join("queue.db")).await;
        }
        let opening = (0..4).map(|number| {
            let alias = folder.path().join(format!("alias-{number}"));
            std::os::unix::fs::symlink(&data, &alias).unwrap();
            tokio::spawn(async move { open(&alias.join("queue.db")).await })
        });
        for store in futures::future::join_all(opening).await {
            let store = store.unwrap().unwrap();
            let kinds = store.stats().await.unwrap();
            assert_eq!(kinds.contains_key("collect"), written);
        }
        assert_eq!(version(&data.join("queue.db")).await, schema::STEPS.len());
    }
}

#[tokio::test]
async fn an_upgrade_that_fails_half_way_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    write_version_1(&path).await;
    let database = Database::open(&path).await.unwrap();
    let index = "DROP INDEX queue_jobs_fingerprint";
    sqlx::query(index).execute(database.writer()).await.unwrap();
    open(&path).await.unwrap_err();
    assert_eq!(version(&path).await, 1);
    let column =
        "SELECT count(*) FROM pragma_table_info('queue_kinds') WHERE name = 'dropped_total'";
    let columns: i64 = sqlx::query_scalar(column)
        .fetch_one(database.reader())
        .await
        .unwrap();
    assert_eq!(columns, 0);

    sqlx::query("CREATE INDEX queue_jobs_fingerprint ON queue_jobs (fingerprint, change)")
        .execute(database.writer())
        .await
        .unwrap();
    let store = open(&path).await.unwrap();
    let dead = JobFilter {
        state: Some(State::Dead),
        ..JobFilter::default()
    };
    assert_eq!(store.list(&dead, None, 10).await.unwrap().jobs.len(), 2);
}
