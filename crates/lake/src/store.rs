//! The lake's operations, in the order in which a batch lives through them.

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use chrono::NaiveDate;
use moodwire_model::{
    Batch, BatchState, Cursor, Hour, Post, PostKey, Quarantined, ReadCounts, Remark, Timestamp,
};

use crate::Result;

/// What storing posts came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inserted {
    /// Posts that are new.
    pub inserted: u64,
    /// Posts that were there in an older version, which they replace.
    pub edited: u64,
    /// Posts that were there already as they are or in a newer version, in the lake or earlier in the same call, and those
    /// that are deleted; they are left as they were.
    pub duplicates: u64,
}

/// What the lake holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct LakeTotals {
    /// Raw posts.
    pub posts: u64,
    /// Batches that are open or queued.
    pub unscored_batches: u64,
    /// Quarantined inputs.
    pub quarantined: u64,
}

/// A keeper of raw posts. MongoDB and SQLite each have one; both pass the same conformance suite.
///
/// Any method may fail with [`crate::Error::Unavailable`], after which nothing is known of the call's effect; all but
/// [`Lake::count_reads`] are safe to repeat. Writes are durable when they return (MongoDB: journaled, write concern majority).
#[async_trait]
pub trait Lake: Debug + Send + Sync + 'static {
    /// The source's cursor; [`Cursor::start`] when it was never collected.
    async fn cursor(&self, source: &str) -> Result<Cursor>;

    /// Every stored cursor, by source name.
    async fn cursors(&self) -> Result<Vec<Cursor>>;

    /// Stores `cursor` if the stored version is still `cursor.version` (0: none stored), with the version grown by one.
    /// The new version on success; none when another collect moved it in between: then nothing changed.
    async fn save_cursor(&self, cursor: &Cursor) -> Result<Option<u64>>;

    /// Adds a batch row as it is given (state `open`, before any of its posts is stored).
    async fn open_batch(&self, batch: &Batch) -> Result<()>;

    /// Stores posts under their keys, tagged with the batch's id; at most [`Batch::MAX_POSTS`] a call. One that is there
    /// in a version with an earlier `edited_at`, or none, is replaced and belongs to this batch from then on, but keeps
    /// its `created_at`, `collected_at` and `hour`.
    async fn insert_posts(&self, batch: &str, posts: &[Post]) -> Result<Inserted>;

    /// The hours of those of these posts that are there and not deleted, by key.
    async fn hours_of(&self, keys: &[PostKey]) -> Result<BTreeMap<PostKey, Hour>>;

    /// Marks those of these posts that are there as deleted at `at`, and erases their text, document and author's display
    /// name; they belong to this batch from then on. How many were not deleted before; at most [`Batch::MAX_POSTS`] a call.
    async fn delete_posts(&self, batch: &str, keys: &[PostKey], at: Timestamp) -> Result<u64>;

    /// The keys that begin with `beginning` and come after `after`, of posts that are there and not deleted: in order, at
    /// most `limit`.
    async fn keys_under(
        &self,
        beginning: &str,
        after: Option<&PostKey>,
        limit: usize,
    ) -> Result<Vec<PostKey>>;

    /// Moves a batch from one of `from` to `to` and, when `to` is `queued`, sets its `count` to the posts stored under
    /// it. False when the batch is in no state of `from` (or does not exist): nothing changed. A compare-and-set.
    async fn move_batch(
        &self,
        id: &str,
        from: &[BatchState],
        to: BatchState,
        at: Timestamp,
    ) -> Result<bool>;

    /// Removes a batch that is open and holds no post; false when it is anything else.
    async fn drop_empty_batch(&self, id: &str) -> Result<bool>;

    /// One batch.
    async fn batch(&self, id: &str) -> Result<Option<Batch>>;

    /// Batches in one of `states`, oldest id first, at most `limit`, with an id greater than `after`.
    async fn batches(
        &self,
        states: &[BatchState],
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Batch>>;

    /// How many batches with posts of `hour` are open or queued.
    async fn unscored(&self, hour: Hour) -> Result<u64>;

    /// A batch's posts, by key.
    async fn posts(&self, batch: &str) -> Result<Vec<Post>>;

    /// Keeps refused inputs; one that is there already under its id is left as it was. How many were new.
    async fn quarantine(&self, refused: &[Quarantined]) -> Result<u64>;

    /// Refused inputs, newest first, at most `limit`, of one source where it is given.
    async fn quarantined(&self, source: Option<&str>, limit: usize) -> Result<Vec<Quarantined>>;

    /// Adds to what the source has read on a UTC day; negative numbers take back what was added before. Not safe to
    /// repeat: a repeated call counts again.
    async fn count_reads(&self, source: &str, day: NaiveDate, posts: i64, users: i64)
    -> Result<()>;

    /// What the source has read on the UTC day and in its month.
    async fn reads(&self, source: &str, day: NaiveDate) -> Result<ReadCounts>;

    /// What it holds.
    async fn totals(&self) -> Result<LakeTotals>;

    /// Asks the store for a sign of life.
    async fn check(&self) -> Result<()>;

    /// What is to be said of how the store is set up. Nothing, where it has no settings.
    async fn remarks(&self) -> Result<Vec<Remark>> {
        Ok(Vec::new())
    }

    /// The store's URL without its password, for messages.
    fn place(&self) -> &str;
}

/// What lies past all keys that begin so, as both stores sort them: by their bytes.
pub(crate) fn past(beginning: &str) -> String {
    format!("{beginning}{}", char::MAX)
}
