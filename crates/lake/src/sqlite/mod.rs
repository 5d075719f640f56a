//! The lake in the SQLite file: one table a thing, each write one transaction.

mod batches;
mod cursors;
mod error;
mod posts;
mod quarantine;
mod reads;
mod row;
mod schema;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use moodwire_model::{
    Batch, BatchState, Cursor, Hour, Post, PostKey, Quarantined, ReadCounts, Timestamp,
    truncate_to_millis,
};
use moodwire_sqlite::Database;
use sqlx::{Sqlite, Transaction};

use self::row::Stored;
use crate::{Error, Inserted, Lake, LakeTotals, Result};

/// Rows that one transaction writes at most, so that no other writer waits long.
const MAX_ROWS: usize = 500;

/// The lake in a SQLite file.
#[derive(Debug)]
pub struct SqliteLake {
    place: String,
    database: Arc<Database>,
}

impl SqliteLake {
    /// The lake in `database`, its tables made where they are not there.
    ///
    /// # Errors
    /// [`Error::Refused`] when a newer Moodwire wrote the tables; [`Error::Unavailable`] when SQLite cannot write.
    pub async fn open(database: Arc<Database>) -> Result<Self> {
        let lake = Self {
            place: format!("sqlite://{}", database.path().display()),
            database,
        };
        schema::make(&lake).await?;
        Ok(lake)
    }

    /// Begins a writing transaction.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        self.database
            .begin()
            .await
            .map_err(|cause| self.failed(cause))
    }

    /// Commits what [`Self::begin`] began.
    async fn commit(&self, transaction: Transaction<'static, Sqlite>) -> Result<()> {
        transaction
            .commit()
            .await
            .map_err(|cause| self.failed(cause))
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is what map_err hands over"
    )]
    fn failed(&self, cause: sqlx::Error) -> Error {
        error::told(&self.place, &cause)
    }
}

/// A moment as it is stored, such as `2026-11-23T17:05:00.000Z`: for people to read, and sorted as it is compared.
fn text(at: Timestamp) -> String {
    truncate_to_millis(at)
        .format("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

/// A limit as SQLite takes it.
fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl Lake for SqliteLake {
    async fn cursor(&self, source: &str) -> Result<Cursor> {
        cursors::load(self, source).await
    }

    async fn cursors(&self) -> Result<Vec<Cursor>> {
        cursors::all(self).await
    }

    async fn save_cursor(&self, cursor: &Cursor) -> Result<Option<u64>> {
        cursors::save(self, cursor).await
    }

    async fn open_batch(&self, batch: &Batch) -> Result<()> {
        batches::open(self, batch).await
    }

    async fn insert_posts(&self, batch: &str, posts: &[Post]) -> Result<Inserted> {
        posts::insert(self, batch, posts).await
    }

    async fn hours_of(&self, keys: &[PostKey]) -> Result<BTreeMap<PostKey, Hour>> {
        posts::hours_of(self, keys).await
    }

    async fn delete_posts(&self, batch: &str, keys: &[PostKey], at: Timestamp) -> Result<u64> {
        posts::delete(self, batch, keys, at).await
    }

    async fn keys_under(
        &self,
        beginning: &str,
        after: Option<&PostKey>,
        limit: usize,
    ) -> Result<Vec<PostKey>> {
        posts::keys_under(self, beginning, after, limit).await
    }

    async fn move_batch(
        &self,
        id: &str,
        from: &[BatchState],
        to: BatchState,
        at: Timestamp,
    ) -> Result<bool> {
        batches::change(self, id, from, to, at).await
    }

    async fn drop_empty_batch(&self, id: &str) -> Result<bool> {
        batches::drop_empty(self, id).await
    }

    async fn batch(&self, id: &str) -> Result<Option<Batch>> {
        batches::one(self, id).await
    }

    async fn batches(
        &self,
        states: &[BatchState],
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Batch>> {
        batches::page(self, states, after, limit).await
    }

    async fn unscored(&self, hour: Hour) -> Result<u64> {
        batches::unscored(self, hour).await
    }

    async fn posts(&self, batch: &str) -> Result<Vec<Post>> {
        posts::of(self, batch).await
    }

    async fn quarantine(&self, refused: &[Quarantined]) -> Result<u64> {
        quarantine::keep(self, refused).await
    }

    async fn quarantined(&self, source: Option<&str>, limit: usize) -> Result<Vec<Quarantined>> {
        quarantine::newest(self, source, limit).await
    }

    async fn count_reads(
        &self,
        source: &str,
        day: NaiveDate,
        posts: i64,
        users: i64,
    ) -> Result<()> {
        reads::add(self, source, day, posts, users).await
    }

    async fn reads(&self, source: &str, day: NaiveDate) -> Result<ReadCounts> {
        reads::counts(self, source, day).await
    }

    async fn totals(&self) -> Result<LakeTotals> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM lake_posts) AS posts,
                    (SELECT count(*) FROM lake_batches WHERE state IN ('open', 'queued')) AS unscored_batches,
                    (SELECT count(*) FROM lake_quarantine) AS quarantined",
        )
        .fetch_one(self.database.reader())
        .await
        .map_err(|cause| self.failed(cause))?;
        let row = Stored::new(self, &row);
        Ok(LakeTotals {
            posts: row.number("posts")?,
            unscored_batches: row.number("unscored_batches")?,
            quarantined: row.number("quarantined")?,
        })
    }

    async fn check(&self) -> Result<()> {
        sqlx::query("SELECT version FROM lake_schema")
            .fetch_one(self.database.reader())
            .await
            .map(drop)
            .map_err(|cause| self.failed(cause))
    }

    fn place(&self) -> &str {
        &self.place
    }
}
