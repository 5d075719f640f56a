//! Batches in MongoDB, moved from state to state by compare-and-set.

use futures::TryStreamExt;
use mongodb::{
    bson::{DateTime, doc},
    error::{ErrorKind, WriteFailure},
};
use moodwire_model::{Batch, BatchState, Hour, Timestamp};
use serde::{Deserialize, Serialize};

use super::{MongoLake, date, error, insert::DUPLICATE_KEY};
use crate::Result;

/// The states of a batch that its hour waits for.
const UNSCORED: [BatchState; 2] = [BatchState::Open, BatchState::Queued];

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredBatch {
    #[serde(rename = "_id")]
    id: String,
    source: String,
    state: String,
    count: u64,
    hours: Vec<DateTime>,
    job: String,
    opened_at: DateTime,
    changed_at: DateTime,
}

/// Adds a batch; one that is there already is left as it is.
pub(super) async fn open(lake: &MongoLake, batch: &Batch) -> Result<()> {
    match lake.bounded(lake.batches.insert_one(stored(batch))).await? {
        Ok(_) => Ok(()),
        Err(cause) if is_duplicate(&cause) => Ok(()),
        Err(cause) => Err(error::told(&lake.place, &cause)),
    }
}

/// Moves a batch from one of `from` to `to`.
pub(super) async fn change(
    lake: &MongoLake,
    id: &str,
    from: &[BatchState],
    to: BatchState,
    at: Timestamp,
) -> Result<bool> {
    let mut set = doc! { "state": to.as_str(), "changed_at": date(at) };
    if to == BatchState::Queued {
        // Counted before the move: a batch seen `queued` has its count. A post that a collect without a lease
        // slips in between is still among the batch's posts; only the number misses it.
        let count = lake
            .call(lake.posts.count_documents(doc! { "batch": id }))
            .await?;
        set.insert("count", i64::try_from(count).unwrap_or(i64::MAX));
    }
    let filter = doc! { "_id": id, "state": { "$in": words(from) } };
    let moved = lake
        .call(lake.batches.update_one(filter, doc! { "$set": set }))
        .await?;
    Ok(moved.matched_count == 1)
}

/// Removes a batch that is open and holds no post.
pub(super) async fn drop_empty(lake: &MongoLake, id: &str) -> Result<bool> {
    // Looked at before, not within, the delete: only the collect that fills a batch, or upkeep once that collect's
    // lease is gone, drops it, and a collect that lost its lease finds its batch gone at its next compare-and-set.
    let held = lake
        .call(
            lake.posts
                .find_one(doc! { "batch": id })
                .projection(doc! { "_id": 1 }),
        )
        .await?;
    if held.is_some() {
        return Ok(false);
    }
    let filter = doc! { "_id": id, "state": BatchState::Open.as_str() };
    let dropped = lake.call(lake.batches.delete_one(filter)).await?;
    Ok(dropped.deleted_count == 1)
}

/// One batch.
pub(super) async fn one(lake: &MongoLake, id: &str) -> Result<Option<Batch>> {
    lake.call(lake.batches.find_one(doc! { "_id": id }))
        .await?
        .map(|stored| restored(lake, stored))
        .transpose()
}

/// Batches in one of `states`, oldest id first.
pub(super) async fn page(
    lake: &MongoLake,
    states: &[BatchState],
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Batch>> {
    if limit == 0 {
        return Ok(Vec::new()); // MongoDB reads 0 as no limit.
    }
    let mut filter = doc! { "state": { "$in": words(states) } };
    if let Some(after) = after {
        filter.insert("_id", doc! { "$gt": after });
    }
    let found = lake
        .batches
        .find(filter)
        .sort(doc! { "_id": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX));
    let page: Vec<StoredBatch> = lake
        .call(async { found.await?.try_collect().await })
        .await?;
    page.into_iter()
        .map(|stored| restored(lake, stored))
        .collect()
}

/// How many batches with posts of `hour` are open or queued.
pub(super) async fn unscored(lake: &MongoLake, hour: Hour) -> Result<u64> {
    let filter = doc! { "hours": date(hour.start()), "state": { "$in": words(&UNSCORED) } };
    lake.call(lake.batches.count_documents(filter)).await
}

/// How many batches are open or queued.
pub(super) async fn all_unscored(lake: &MongoLake) -> Result<u64> {
    let filter = doc! { "state": { "$in": words(&UNSCORED) } };
    lake.call(lake.batches.count_documents(filter)).await
}

/// True when a single insert met its own key.
pub(super) fn is_duplicate(cause: &mongodb::error::Error) -> bool {
    matches!(
        cause.kind.as_ref(),
        ErrorKind::Write(WriteFailure::WriteError(refusal)) if refusal.code == DUPLICATE_KEY
    )
}

fn words(states: &[BatchState]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

fn stored(batch: &Batch) -> StoredBatch {
    StoredBatch {
        id: batch.id.clone(),
        source: batch.source.clone(),
        state: batch.state.as_str().to_owned(),
        count: batch.count,
        hours: batch.hours.iter().map(|hour| date(hour.start())).collect(),
        job: batch.job.clone(),
        opened_at: date(batch.opened_at),
        changed_at: date(batch.changed_at),
    }
}

fn restored(lake: &MongoLake, stored: StoredBatch) -> Result<Batch> {
    let state = BatchState::parse(&stored.state).ok_or_else(|| {
        lake.corrupt(format!(
            "batch {} is in the unknown state \"{}\"",
            stored.id, stored.state
        ))
    })?;
    Ok(Batch {
        state,
        count: stored.count,
        hours: stored
            .hours
            .into_iter()
            .map(|hour| lake.moment(hour).map(Hour::of))
            .collect::<Result<_>>()?,
        opened_at: lake.moment(stored.opened_at)?,
        changed_at: lake.moment(stored.changed_at)?,
        id: stored.id,
        source: stored.source,
        job: stored.job,
    })
}
