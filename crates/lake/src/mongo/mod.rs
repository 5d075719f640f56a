//! The lake on MongoDB: one collection a thing, no transactions, so that a standalone server will do.
//!
//! Each method is one write that MongoDB makes atomic by itself, or a read before such a write; where the two could
//! be parted by another writer, the function says why that is harmless. Writes are journaled and acknowledged by a
//! majority, reads see what a majority acknowledged: what one process was told is stored, another one reads.

mod batches;
mod cursors;
mod error;
mod indexes;
mod insert;
mod place;
mod posts;
mod quarantine;
mod raw;
mod reads;
mod remarks;

use std::{collections::BTreeMap, fmt, future::IntoFuture, time::Duration};

use async_trait::async_trait;
use chrono::NaiveDate;
use mongodb::{
    Client, Collection, Database,
    bson::{DateTime, RawDocumentBuf, doc},
    options::{
        Acknowledgment, ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
    },
};
use moodwire_model::{
    Batch, BatchState, Cursor, Hour, Post, PostKey, Quarantined, ReadCounts, Remark, Timestamp,
};

use self::{
    batches::StoredBatch, cursors::StoredCursor, quarantine::StoredRefusal, reads::StoredReads,
};
use crate::{Error, Inserted, Lake, LakeTotals, Result};

/// How long a server is looked for before the store counts as unreachable, unless the URL says otherwise.
const SELECTION_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a majority may take to acknowledge a write. MongoDB's own default is for ever.
const MAJORITY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long one call may take, all in: the driver itself waits for ever on a server that took the command and froze.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The lake in the MongoDB database that a URL's path names.
pub struct MongoLake {
    place: String,
    database: Database,
    posts: Collection<RawDocumentBuf>,
    batches: Collection<StoredBatch>,
    cursors: Collection<StoredCursor>,
    quarantine: Collection<StoredRefusal>,
    reads: Collection<StoredReads>,
}

impl MongoLake {
    /// Connects to the server and database of `url`, such as `mongodb://localhost/moodwire`, and makes the indexes
    /// that are not there.
    ///
    /// # Errors
    /// [`Error::Refused`] when the URL cannot be read, names no database, or carries the wrong password;
    /// [`Error::Unavailable`] when no server answers.
    pub async fn connect(url: &str) -> Result<Self> {
        let place = place::without_password(url);
        let mut options = place::parse(url, &place).await?;
        let Some(name) = options.default_database.clone() else {
            return Err(Error::Refused(format!(
                "the lake's URL {place} names no database: end its path with one, such as mongodb://localhost/moodwire"
            )));
        };
        harden(&mut options);
        let client = Client::with_options(options).map_err(|cause| error::told(&place, &cause))?;
        let database = client.database(&name);
        let lake = Self {
            posts: database.collection("posts"),
            batches: database.collection("batches"),
            cursors: database.collection("cursors"),
            quarantine: database.collection("quarantine"),
            reads: database.collection("reads"),
            database,
            place,
        };
        lake.check().await?;
        indexes::make(&lake).await?;
        Ok(lake)
    }

    /// Makes a call, within [`CALL_TIMEOUT`], and tells its error in the lake's terms.
    async fn call<T>(
        &self,
        action: impl IntoFuture<Output = mongodb::error::Result<T>>,
    ) -> Result<T> {
        self.bounded(action)
            .await?
            .map_err(|cause| error::told(&self.place, &cause))
    }

    /// Makes a call within [`CALL_TIMEOUT`] and leaves the driver's error to the caller.
    async fn bounded<T>(&self, action: impl IntoFuture<Output = T>) -> Result<T> {
        tokio::time::timeout(CALL_TIMEOUT, action)
            .await
            .map_err(|_| Error::Unavailable {
                place: self.place.clone(),
                cause: format!("no answer within {} s", CALL_TIMEOUT.as_secs()),
            })
    }

    /// The moment of a BSON date.
    fn moment(&self, date: DateTime) -> Result<Timestamp> {
        Timestamp::from_timestamp_millis(date.timestamp_millis())
            .ok_or_else(|| self.corrupt(format!("the date {date:?}, which is beyond all years")))
    }

    fn corrupt(&self, cause: impl Into<String>) -> Error {
        Error::Corrupt {
            place: self.place.clone(),
            cause: cause.into(),
        }
    }
}

/// Sets what the lake's promises rest on, whatever the URL says, and what it leaves open.
fn harden(options: &mut ClientOptions) {
    options
        .server_selection_timeout
        .get_or_insert(SELECTION_TIMEOUT);
    options.connect_timeout.get_or_insert(SELECTION_TIMEOUT);
    options
        .app_name
        .get_or_insert_with(|| "moodwire".to_owned());
    options.write_concern = Some(
        WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .w_timeout(MAJORITY_TIMEOUT)
            .build(),
    );
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
}

/// The BSON date of a moment, in whole milliseconds, towards the past.
fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.timestamp_millis())
}

/// The database's name only: the driver's own output would carry the URL's user and password.
impl fmt::Debug for MongoLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoLake")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Lake for MongoLake {
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
        // Counted along the index: the collections' own counters drift when a server is killed.
        let by_id = || mongodb::options::Hint::Keys(doc! { "_id": 1 });
        Ok(LakeTotals {
            posts: self
                .call(self.posts.count_documents(doc! {}).hint(by_id()))
                .await?,
            unscored_batches: batches::all_unscored(self).await?,
            quarantined: self
                .call(self.quarantine.count_documents(doc! {}).hint(by_id()))
                .await?,
        })
    }

    async fn check(&self) -> Result<()> {
        self.call(self.database.run_command(doc! { "ping": 1 }))
            .await
            .map(drop)
    }

    async fn remarks(&self) -> Result<Vec<Remark>> {
        remarks::look(self).await
    }

    fn place(&self) -> &str {
        &self.place
    }
}
