//! Refused inputs in MongoDB.

use std::collections::HashSet;

use futures::TryStreamExt;
use mongodb::bson::{DateTime, doc};
use moodwire_model::Quarantined;
use serde::{Deserialize, Serialize};

use super::{MongoLake, date, insert};
use crate::Result;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredRefusal {
    #[serde(rename = "_id")]
    id: String,
    source: String,
    place: String,
    reason: String,
    sample: String,
    at: DateTime,
}

/// Keeps refused inputs; how many were new.
pub(super) async fn keep(lake: &MongoLake, refused: &[Quarantined]) -> Result<u64> {
    let mut seen = HashSet::new();
    let (keys, documents): (Vec<&str>, Vec<StoredRefusal>) = refused
        .iter()
        .filter(|input| seen.insert(&input.id))
        .map(|input| (input.id.as_str(), stored(input)))
        .unzip();
    insert::insert_new(lake, &lake.quarantine, &keys, documents).await
}

/// Refused inputs, newest first.
pub(super) async fn newest(
    lake: &MongoLake,
    source: Option<&str>,
    limit: usize,
) -> Result<Vec<Quarantined>> {
    if limit == 0 {
        return Ok(Vec::new()); // MongoDB reads 0 as no limit.
    }
    let filter = source.map_or_else(|| doc! {}, |source| doc! { "source": source });
    let found = lake
        .quarantine
        .find(filter)
        .sort(doc! { "at": -1, "_id": -1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX));
    let newest: Vec<StoredRefusal> = lake
        .call(async { found.await?.try_collect().await })
        .await?;
    newest
        .into_iter()
        .map(|stored| restored(lake, stored))
        .collect()
}

fn stored(input: &Quarantined) -> StoredRefusal {
    StoredRefusal {
        id: input.id.clone(),
        source: input.source.clone(),
        place: input.place.clone(),
        reason: input.reason.clone(),
        sample: input.sample.clone(),
        at: date(input.at),
    }
}

fn restored(lake: &MongoLake, stored: StoredRefusal) -> Result<Quarantined> {
    Ok(Quarantined {
        id: stored.id,
        source: stored.source,
        place: stored.place,
        reason: stored.reason,
        sample: stored.sample,
        at: lake.moment(stored.at)?,
    })
}
