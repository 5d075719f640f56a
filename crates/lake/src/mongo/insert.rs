//! The insert that leaves what is there as it is and counts it.

use mongodb::{Collection, error::ErrorKind};
use serde::Serialize;

use super::{MongoLake, error};
use crate::{Error, Result};

/// MongoDB's code for an `_id` that is there already.
pub(super) const DUPLICATE_KEY: i32 = 11000;

/// Inserts `documents`, whose keys are `keys` in the same order and differ from each other, and gives the number that
/// are new. One that the server refuses does not keep the others out; it is named in the error.
pub(super) async fn insert_new<T: Serialize + Send + Sync>(
    lake: &MongoLake,
    collection: &Collection<T>,
    keys: &[&str],
    documents: Vec<T>,
) -> Result<u64> {
    if documents.is_empty() {
        return Ok(0);
    }
    let asked = documents.len() as u64;
    let Err(cause) = lake
        .bounded(collection.insert_many(documents).ordered(false))
        .await?
    else {
        return Ok(asked);
    };
    let ErrorKind::InsertMany(failure) = cause.kind.as_ref() else {
        return Err(error::told(&lake.place, &cause));
    };
    if let Some(unsure) = &failure.write_concern_error {
        return Err(Error::Unavailable {
            place: lake.place.clone(),
            cause: unsure.message.clone(),
        });
    }
    let mut known = 0;
    for refusal in failure.write_errors.iter().flatten() {
        if refusal.code != DUPLICATE_KEY {
            let key = keys.get(refusal.index).copied().unwrap_or("?");
            return Err(error::by_code(
                &lake.place,
                refusal.code,
                format!("\"{key}\" is refused: {}", refusal.message),
            ));
        }
        known += 1;
    }
    Ok(asked - known)
}
