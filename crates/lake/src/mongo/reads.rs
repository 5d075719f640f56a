//! Billed reads in MongoDB: a document a source and UTC day.

use chrono::NaiveDate;
use futures::TryStreamExt;
use mongodb::bson::doc;
use moodwire_model::{ReadCounts, Reads};
use serde::{Deserialize, Serialize};

use super::MongoLake;
use crate::Result;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredReads {
    /// `{source}/{day}`, such as `x-main/2026-11-24`.
    #[serde(rename = "_id")]
    key: String,
    posts: i64,
    users: i64,
}

impl StoredReads {
    fn reads(&self) -> Reads {
        Reads {
            posts: u64::try_from(self.posts).unwrap_or(0),
            users: u64::try_from(self.users).unwrap_or(0),
        }
    }
}

/// Adds to a day's reads.
pub(super) async fn add(
    lake: &MongoLake,
    source: &str,
    day: NaiveDate,
    posts: i64,
    users: i64,
) -> Result<()> {
    let filter = doc! { "_id": key(source, day) };
    let added = doc! { "$inc": { "posts": posts, "users": users } };
    lake.call(lake.reads.update_one(filter, added).upsert(true))
        .await
        .map(drop)
}

/// The reads of a day and its month.
pub(super) async fn counts(lake: &MongoLake, source: &str, day: NaiveDate) -> Result<ReadCounts> {
    let month = day.format("%Y-%m");
    // Days are two digits, so that all of a month lie between these.
    let days = doc! { "_id": { "$gte": format!("{source}/{month}-00"), "$lte": format!("{source}/{month}-99") } };
    let found: Vec<StoredReads> = lake
        .call(async { lake.reads.find(days).await?.try_collect().await })
        .await?;
    let mut counts = ReadCounts::default();
    for stored in &found {
        let reads = stored.reads();
        counts.month.posts += reads.posts;
        counts.month.users += reads.users;
        if stored.key == key(source, day) {
            counts.day = reads;
        }
    }
    Ok(counts)
}

fn key(source: &str, day: NaiveDate) -> String {
    format!("{source}/{day}")
}
