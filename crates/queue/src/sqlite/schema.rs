//! The queue's tables, and how a file gets them.
//!
//! Times are milliseconds since 1970, UTC.

use moodwire_sqlite::Database;

use crate::{Error, Result};

/// The version of the tables that this program reads and writes.
const VERSION: i64 = 1;

/// Makes the queue's tables where they are missing, in one transaction, and returns the file's version: [`VERSION`],
/// or a newer one, of which nothing was touched.
pub(super) async fn bring_up_to_date(database: &Database) -> sqlx::Result<i64> {
    let version = version(database).await?;
    if version >= VERSION {
        return Ok(version);
    }
    // Another process may create them at the same time: every statement leaves alone what is there.
    let mut transaction = database.begin().await?;
    for statement in CREATE {
        sqlx::query(*statement).execute(&mut *transaction).await?;
    }
    let version = sqlx::query_scalar("SELECT version FROM queue_schema")
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version)
}

/// The file's version, 0 where it has no queue yet.
pub(super) async fn version(database: &Database) -> sqlx::Result<i64> {
    let made: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'queue_schema')",
    )
    .fetch_one(database.reader())
    .await?;
    if !made {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT version FROM queue_schema")
        .fetch_one(database.reader())
        .await
}

/// Refuses a file that a newer program has brought further than this one knows.
pub(super) fn refuse_newer(version: i64, place: &str) -> Result<()> {
    if version > VERSION {
        return Err(Error::Refused(format!(
            "the queue at {place} was written by a newer Moodwire (its tables are of version {version}, this program \
             knows {VERSION}): run that Moodwire, or name another file in [queue] url"
        )));
    }
    Ok(())
}

/// `change` numbers every transition of the file once and for ever. It is a running job's fencing token, the order of
/// listings (newest change first), and what tells a waiting process that another one wrote.
const CREATE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS queue_schema (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        version INTEGER NOT NULL
    ) STRICT",
    "INSERT INTO queue_schema (one, version) VALUES (1, 1) ON CONFLICT DO NOTHING",
    // The latest time and the last change number that any process has written.
    "CREATE TABLE IF NOT EXISTS queue_clock (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        latest INTEGER NOT NULL,
        change INTEGER NOT NULL
    ) STRICT",
    "INSERT INTO queue_clock (one, latest, change) VALUES (1, 0, 0) ON CONFLICT DO NOTHING",
    // Counted along with each transition, since counting a million rows at every look would not do.
    "CREATE TABLE IF NOT EXISTS queue_kinds (
        kind TEXT PRIMARY KEY,
        paused INTEGER NOT NULL DEFAULT 0,
        scheduled INTEGER NOT NULL DEFAULT 0,
        ready INTEGER NOT NULL DEFAULT 0,
        running INTEGER NOT NULL DEFAULT 0,
        done INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0,
        enqueued_total INTEGER NOT NULL DEFAULT 0,
        done_total INTEGER NOT NULL DEFAULT 0,
        dead_total INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID",
    // `front`: 1 for a job that was handed back and goes before all others. `records`: history records ever
    // written. `last_later`: 1 when the newest of them is a `later`. The payload comes last, so that a long one
    // does not stand between a reader and the short columns.
    "CREATE TABLE IF NOT EXISTS queue_jobs (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        max_attempts INTEGER NOT NULL,
        run_at INTEGER NOT NULL,
        front INTEGER NOT NULL DEFAULT 0,
        change INTEGER NOT NULL,
        changed_at INTEGER NOT NULL,
        enqueued_at INTEGER NOT NULL,
        leased_until INTEGER,
        worker TEXT,
        parent TEXT,
        root TEXT,
        records INTEGER NOT NULL DEFAULT 0,
        last_later INTEGER NOT NULL DEFAULT 0,
        fingerprint TEXT,
        reason TEXT,
        error TEXT,
        payload BLOB NOT NULL
    ) STRICT",
    "CREATE INDEX IF NOT EXISTS queue_jobs_ready ON queue_jobs (kind, front DESC, run_at)
        WHERE state = 'ready'",
    "CREATE INDEX IF NOT EXISTS queue_jobs_scheduled ON queue_jobs (kind, run_at)
        WHERE state = 'scheduled'",
    "CREATE INDEX IF NOT EXISTS queue_jobs_running ON queue_jobs (kind, leased_until)
        WHERE state = 'running'",
    "CREATE INDEX IF NOT EXISTS queue_jobs_changes ON queue_jobs (kind, state, change, changed_at)",
    "CREATE INDEX IF NOT EXISTS queue_jobs_fingerprint ON queue_jobs (fingerprint, change)
        WHERE fingerprint IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS queue_history (
        job INTEGER NOT NULL,
        n INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        worker TEXT NOT NULL,
        verdict TEXT NOT NULL,
        error TEXT,
        PRIMARY KEY (job, n)
    ) STRICT, WITHOUT ROWID",
];
