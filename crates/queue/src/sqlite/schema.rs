//! The queue's tables, and how a file gets them.
//!
//! Times are milliseconds since 1970, UTC.

use moodwire_sqlite::Database;
use sqlx::SqliteConnection;

use super::{failure::unexpected, lease::bounded};
use crate::{Error, Result};

/// The version of the tables that this program reads and writes.
const VERSION: usize = STEPS.len();

/// Brings the queue's tables to [`VERSION`], in one transaction, and returns the file's version: that one, or a newer
/// one, of which nothing was touched.
pub(super) async fn bring_up_to_date(database: &Database) -> sqlx::Result<usize> {
    let version = version(database).await?;
    if version >= VERSION {
        return Ok(version);
    }
    let mut transaction = database.begin().await?;
    // Read again under the write lock: another process may have done it, or some of it, in between.
    let version = written(&mut transaction).await?;
    for step in STEPS.iter().skip(version) {
        for statement in *step {
            sqlx::query(*statement).execute(&mut *transaction).await?;
        }
    }
    if version < VERSION {
        sqlx::query("UPDATE queue_schema SET version = ?")
            .bind(bounded(VERSION))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(version.max(VERSION))
}

/// The file's version, 0 where it has no queue yet.
pub(super) async fn version(database: &Database) -> sqlx::Result<usize> {
    let mut reading = database.reader().acquire().await?;
    written(&mut reading).await
}

async fn written(connection: &mut SqliteConnection) -> sqlx::Result<usize> {
    let made: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'queue_schema')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !made {
        return Ok(0);
    }
    let version: i64 = sqlx::query_scalar("SELECT version FROM queue_schema")
        .fetch_one(connection)
        .await?;
    usize::try_from(version)
        .map_err(|_| unexpected(format!("{version} is no version of the queue's tables")))
}

/// Refuses a file that a newer program has brought further than this one knows.
pub(super) fn refuse_newer(version: usize, place: &str) -> Result<()> {
    if version > VERSION {
        return Err(Error::Refused(format!(
            "the queue at {place} was written by a newer Moodwire (its tables are of version {version}, this program \
             knows {VERSION}): run that Moodwire, or name another file in [queue] url"
        )));
    }
    Ok(())
}

/// What makes each version of the one before it; the first begins with a file that has no queue. A step is never
/// edited once it was released: files that it has made are about.
pub(super) const STEPS: [&[&str]; 4] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4];

/// `change` numbers every transition of the file once and for ever. It is a running job's fencing token, the order of
/// listings (newest change first), and what tells a waiting process that another one wrote.
const VERSION_1: &[&str] = &[
    "CREATE TABLE queue_schema (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        version INTEGER NOT NULL
    ) STRICT",
    "INSERT INTO queue_schema (one, version) VALUES (1, 1)",
    // The latest time and the last change number that any process has written.
    "CREATE TABLE queue_clock (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        latest INTEGER NOT NULL,
        change INTEGER NOT NULL
    ) STRICT",
    "INSERT INTO queue_clock (one, latest, change) VALUES (1, 0, 0)",
    // Counted along with each transition, since counting a million rows at every look would not do.
    "CREATE TABLE queue_kinds (
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
    "CREATE TABLE queue_jobs (
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
    "CREATE INDEX queue_jobs_ready ON queue_jobs (kind, front DESC, run_at)
        WHERE state = 'ready'",
    "CREATE INDEX queue_jobs_scheduled ON queue_jobs (kind, run_at)
        WHERE state = 'scheduled'",
    "CREATE INDEX queue_jobs_running ON queue_jobs (kind, leased_until)
        WHERE state = 'running'",
    "CREATE INDEX queue_jobs_changes ON queue_jobs (kind, state, change, changed_at)",
    "CREATE INDEX queue_jobs_fingerprint ON queue_jobs (fingerprint, change)
        WHERE fingerprint IS NOT NULL",
    "CREATE TABLE queue_history (
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

/// `dropped_total`: dead letters that retention ever dropped. The index serves the groups of dead letters, and the
/// listing of a group, of one kind or of each.
const VERSION_2: &[&str] = &[
    "ALTER TABLE queue_kinds ADD COLUMN dropped_total INTEGER NOT NULL DEFAULT 0",
    "DROP INDEX queue_jobs_fingerprint",
    "CREATE INDEX queue_jobs_alike ON queue_jobs (kind, fingerprint, change, changed_at)
        WHERE fingerprint IS NOT NULL",
];

/// The processes that are there: what each tells of itself (JSON), when it last did, and when it is forgotten.
const VERSION_3: &[&str] = &[
    "CREATE TABLE queue_processes (
        name TEXT PRIMARY KEY,
        told TEXT NOT NULL,
        seen_at INTEGER NOT NULL,
        forgotten_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX queue_processes_forgotten ON queue_processes (forgotten_at)",
];

/// How many dead letters each group has, counted along with each death, retry and removal.
const VERSION_4: &[&str] = &[
    "CREATE TABLE queue_groups (
        kind TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (kind, fingerprint)
    ) STRICT, WITHOUT ROWID",
    "INSERT INTO queue_groups
        SELECT kind, fingerprint, count(*) FROM queue_jobs WHERE fingerprint IS NOT NULL GROUP BY kind, fingerprint",
    "CREATE TRIGGER queue_groups_died AFTER UPDATE OF fingerprint ON queue_jobs
        WHEN NEW.fingerprint IS NOT NULL AND OLD.fingerprint IS NOT NEW.fingerprint
        BEGIN
            INSERT INTO queue_groups VALUES (NEW.kind, NEW.fingerprint, 1)
                ON CONFLICT DO UPDATE SET count = count + 1;
        END",
    "CREATE TRIGGER queue_groups_revived AFTER UPDATE OF fingerprint ON queue_jobs
        WHEN OLD.fingerprint IS NOT NULL AND OLD.fingerprint IS NOT NEW.fingerprint
        BEGIN
            UPDATE queue_groups SET count = count - 1 WHERE kind = OLD.kind AND fingerprint = OLD.fingerprint;
            DELETE FROM queue_groups WHERE kind = OLD.kind AND fingerprint = OLD.fingerprint AND count = 0;
        END",
    "CREATE TRIGGER queue_groups_removed AFTER DELETE ON queue_jobs
        WHEN OLD.fingerprint IS NOT NULL
        BEGIN
            UPDATE queue_groups SET count = count - 1 WHERE kind = OLD.kind AND fingerprint = OLD.fingerprint;
            DELETE FROM queue_groups WHERE kind = OLD.kind AND fingerprint = OLD.fingerprint AND count = 0;
        END",
];
