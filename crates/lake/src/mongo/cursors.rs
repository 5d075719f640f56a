//! Cursors in MongoDB, moved by compare-and-set on their version.

use futures::TryStreamExt;
use mongodb::bson::{DateTime, doc};
use moodwire_model::{Cursor, CursorTotals, Gap};
use serde::{Deserialize, Serialize};

use super::{MongoLake, batches::is_duplicate, date, error};
use crate::{Error, Result};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredCursor {
    #[serde(rename = "_id")]
    source: String,
    version: u64,
    /// JSON text: a source's own numbers must come back as they were.
    position: String,
    watermark: Option<DateTime>,
    holder: Option<String>,
    stalled: Option<String>,
    #[serde(default)]
    limited_until: Option<DateTime>,
    #[serde(default)]
    gap: Option<StoredGap>,
    totals: CursorTotals,
    moved_at: Option<DateTime>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredGap {
    from: DateTime,
    to: DateTime,
}

impl StoredGap {
    fn restored(&self, lake: &MongoLake) -> Result<Gap> {
        Ok(Gap {
            from: lake.moment(self.from)?,
            to: lake.moment(self.to)?,
        })
    }
}

/// The source's cursor.
pub(super) async fn load(lake: &MongoLake, source: &str) -> Result<Cursor> {
    lake.call(lake.cursors.find_one(doc! { "_id": source }))
        .await?
        .map_or_else(
            || Ok(Cursor::start(source)),
            |stored| restored(lake, stored),
        )
}

/// Every stored cursor.
pub(super) async fn all(lake: &MongoLake) -> Result<Vec<Cursor>> {
    let found = lake.cursors.find(doc! {}).sort(doc! { "_id": 1 });
    let all: Vec<StoredCursor> = lake
        .call(async { found.await?.try_collect().await })
        .await?;
    all.into_iter()
        .map(|stored| restored(lake, stored))
        .collect()
}

/// Stores `cursor` if the stored version is still its own.
pub(super) async fn save(lake: &MongoLake, cursor: &Cursor) -> Result<Option<u64>> {
    let version = cursor.version.saturating_add(1);
    let stored = stored(cursor, version)?;
    if cursor.version == 0 {
        return match lake.bounded(lake.cursors.insert_one(stored)).await? {
            Ok(_) => Ok(Some(version)),
            Err(cause) if is_duplicate(&cause) => Ok(None),
            Err(cause) => Err(error::told(&lake.place, &cause)),
        };
    }
    let expected = i64::try_from(cursor.version).unwrap_or(i64::MAX);
    let filter = doc! { "_id": &cursor.source, "version": expected };
    let replaced = lake.call(lake.cursors.replace_one(filter, stored)).await?;
    Ok((replaced.matched_count == 1).then_some(version))
}

fn stored(cursor: &Cursor, version: u64) -> Result<StoredCursor> {
    let position = serde_json::to_string(&cursor.position).map_err(|error| {
        Error::Refused(format!(
            "the position of source {} is no JSON: {error}",
            cursor.source
        ))
    })?;
    Ok(StoredCursor {
        source: cursor.source.clone(),
        version,
        position,
        watermark: cursor.watermark.map(date),
        holder: cursor.holder.clone(),
        stalled: cursor.stalled.clone(),
        limited_until: cursor.limited_until.map(date),
        gap: cursor.gap.map(|gap| StoredGap {
            from: date(gap.from),
            to: date(gap.to),
        }),
        totals: cursor.totals,
        moved_at: cursor.moved_at.map(date),
    })
}

fn restored(lake: &MongoLake, stored: StoredCursor) -> Result<Cursor> {
    let position = serde_json::from_str(&stored.position).map_err(|error| {
        lake.corrupt(format!("the position of source {}: {error}", stored.source))
    })?;
    Ok(Cursor {
        version: stored.version,
        position,
        watermark: stored.watermark.map(|at| lake.moment(at)).transpose()?,
        holder: stored.holder,
        stalled: stored.stalled,
        limited_until: stored.limited_until.map(|at| lake.moment(at)).transpose()?,
        gap: stored.gap.map(|gap| gap.restored(lake)).transpose()?,
        totals: stored.totals,
        moved_at: stored.moved_at.map(|at| lake.moment(at)).transpose()?,
        source: stored.source,
    })
}
