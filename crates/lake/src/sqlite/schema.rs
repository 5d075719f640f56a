//! The lake's tables, made when the file is opened.

use super::SqliteLake;
use crate::{Error, Result};

/// The version of the tables that this program reads and writes.
const VERSION: i64 = 2;

/// The tables of version 1. Moments are text in UTC, such as `2026-11-23T17:05:00.000Z`; lists are JSON arrays. `lake_batch_hours` repeats a
/// batch's `hours` a row each, so that an hour finds its batches by index.
const TABLES: [&str; 9] = [
    "CREATE TABLE IF NOT EXISTS lake_posts (
        id           TEXT NOT NULL PRIMARY KEY,
        batch        TEXT NOT NULL,
        source       TEXT NOT NULL,
        author       TEXT NOT NULL,
        author_name  TEXT,
        text         TEXT NOT NULL,
        url          TEXT,
        lang         TEXT,
        created_at   TEXT NOT NULL,
        collected_at TEXT NOT NULL,
        hour         TEXT NOT NULL,
        actors       TEXT NOT NULL,
        raw          TEXT NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS lake_posts_batch ON lake_posts (batch, id)",
    "CREATE TABLE IF NOT EXISTS lake_batches (
        id         TEXT NOT NULL PRIMARY KEY,
        source     TEXT NOT NULL,
        state      TEXT NOT NULL,
        count      INTEGER NOT NULL,
        hours      TEXT NOT NULL,
        job        TEXT NOT NULL,
        opened_at  TEXT NOT NULL,
        changed_at TEXT NOT NULL
    ) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS lake_batches_state ON lake_batches (state, id)",
    "CREATE TABLE IF NOT EXISTS lake_batch_hours (
        hour  TEXT NOT NULL,
        batch TEXT NOT NULL,
        PRIMARY KEY (hour, batch)
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS lake_cursors (
        source      TEXT NOT NULL PRIMARY KEY,
        version     INTEGER NOT NULL,
        position    TEXT NOT NULL,
        watermark   TEXT,
        holder      TEXT,
        stalled     TEXT,
        posts       INTEGER NOT NULL,
        duplicates  INTEGER NOT NULL,
        quarantined INTEGER NOT NULL,
        moved_at    TEXT
    ) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS lake_quarantine (
        id     TEXT NOT NULL PRIMARY KEY,
        source TEXT NOT NULL,
        place  TEXT NOT NULL,
        reason TEXT NOT NULL,
        sample TEXT NOT NULL,
        at     TEXT NOT NULL
    )",
    "CREATE INDEX IF NOT EXISTS lake_quarantine_source ON lake_quarantine (source, at, id)",
    "CREATE INDEX IF NOT EXISTS lake_quarantine_at ON lake_quarantine (at, id)",
];

/// What brings the tables of version 1 to version 2.
const SINCE_1: [&str; 6] = [
    "ALTER TABLE lake_posts ADD COLUMN followers INTEGER",
    "ALTER TABLE lake_posts ADD COLUMN edited_at TEXT",
    "ALTER TABLE lake_posts ADD COLUMN deleted_at TEXT",
    "ALTER TABLE lake_cursors ADD COLUMN limited_until TEXT",
    "ALTER TABLE lake_cursors ADD COLUMN gap TEXT",
    "CREATE TABLE IF NOT EXISTS lake_reads (
        source TEXT NOT NULL,
        day    TEXT NOT NULL,
        posts  INTEGER NOT NULL,
        users  INTEGER NOT NULL,
        PRIMARY KEY (source, day)
    ) WITHOUT ROWID",
];

/// Makes the tables, or brings them up to date, in one transaction: of two processes that open a new file, the second finds them made.
pub(super) async fn make(lake: &SqliteLake) -> Result<()> {
    let mut transaction = lake.begin().await?;
    let failed = |cause| lake.failed(cause);
    sqlx::query("CREATE TABLE IF NOT EXISTS lake_schema (version INTEGER NOT NULL)")
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM lake_schema")
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
    let steps: Vec<&'static str> = match found {
        Some(VERSION) => return lake.commit(transaction).await,
        Some(1) => SINCE_1.to_vec(),
        Some(version) if version > VERSION => {
            return Err(Error::Refused(format!(
                "the lake at {} was written by a newer Moodwire (its tables are of version {version}, this program \
                 knows {VERSION}): run the newer one, or name another file",
                lake.place
            )));
        }
        Some(version) => {
            return Err(Error::Corrupt {
                place: lake.place.clone(),
                cause: format!("its tables are of version {version}, which never was"),
            });
        }
        None => [&TABLES[..], &SINCE_1[..]].concat(),
    };
    for statement in steps {
        sqlx::query(statement)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    sqlx::query("INSERT INTO lake_schema (version) VALUES (?)")
        .bind(VERSION)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    lake.commit(transaction).await
}
