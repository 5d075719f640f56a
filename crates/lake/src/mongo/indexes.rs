//! The indexes that every query of the lake walks.

use mongodb::{
    IndexModel,
    bson::{Document, doc},
};

use super::MongoLake;
use crate::Result;

/// Makes the indexes, and with them their collections, where they are not there.
pub(super) async fn make(lake: &MongoLake) -> Result<()> {
    // A batch's posts come by key, so the key ends the index and saves the sort.
    lake.call(
        lake.posts
            .create_indexes([index(doc! { "batch": 1, "_id": 1 })]),
    )
    .await?;
    lake.call(lake.batches.create_indexes([
        index(doc! { "state": 1, "_id": 1 }),
        index(doc! { "hours": 1, "state": 1 }),
    ]))
    .await?;
    lake.call(lake.quarantine.create_indexes([
        index(doc! { "source": 1, "at": -1, "_id": -1 }),
        index(doc! { "at": -1, "_id": -1 }),
    ]))
    .await?;
    Ok(())
}

fn index(keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).build()
}
