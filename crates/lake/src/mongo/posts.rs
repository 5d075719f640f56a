//! Posts in MongoDB: `_id` is the key, the network's own document stands under `raw`.

use std::collections::{BTreeMap, HashSet};

use futures::TryStreamExt;
use mongodb::bson::{
    DateTime, Document, RawBson, RawDocumentBuf, doc, from_slice, to_raw_document_buf,
};
use moodwire_model::{ActorMatch, Hour, Post, PostKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::{MongoLake, date, insert, raw};
use crate::{Error, Inserted, Result, store::past};

/// The largest document that MongoDB stores, in bytes.
const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct StoredPost {
    #[serde(rename = "_id")]
    key: String,
    batch: String,
    source: String,
    author: String,
    author_name: Option<String>,
    text: String,
    url: Option<String>,
    lang: Option<String>,
    created_at: DateTime,
    collected_at: DateTime,
    hour: DateTime,
    actors: Vec<ActorMatch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    followers: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at: Option<DateTime>,
    raw: RawBson,
}

/// Stores posts under their keys. One that MongoDB cannot hold keeps no other out: it is refused, by name, after
/// they are stored.
pub(super) async fn insert(lake: &MongoLake, batch: &str, posts: &[Post]) -> Result<Inserted> {
    let mut keys = Vec::with_capacity(posts.len());
    let mut documents = Vec::with_capacity(posts.len());
    let mut seen = HashSet::new();
    let mut refusal = None;
    // The server inserts in no promised order: that the first of two equal keys wins is decided here.
    for post in posts.iter().filter(|post| seen.insert(&post.key)) {
        match document(batch, post) {
            Ok(document) => {
                keys.push(post.key.as_str());
                documents.push(document);
            }
            Err(error) => refusal = Some(error),
        }
    }
    let inserted = insert::insert_new(lake, &lake.posts, &keys, documents).await?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    let mut edited = 0;
    for post in posts {
        if let Some(edited_at) = post.edited_at {
            edited += u64::from(edit(lake, batch, post, edited_at).await?);
        }
    }
    Ok(Inserted {
        inserted,
        edited,
        duplicates: posts.len() as u64 - inserted - edited,
    })
}

/// Puts a newer version in place of an older one; false where none is there.
async fn edit(lake: &MongoLake, batch: &str, post: &Post, edited_at: Timestamp) -> Result<bool> {
    let mut version = Document::try_from(document(batch, post)?).map_err(|error| {
        Error::Refused(format!(
            "post {} cannot be written as BSON: {error}",
            post.key
        ))
    })?;
    for kept in ["_id", "source", "created_at", "collected_at", "hour"] {
        version.remove(kept);
    }
    let edited_at = date(edited_at);
    let older = doc! {
        "_id": post.key.as_str(),
        "deleted_at": null,
        "$or": [{ "edited_at": null }, { "edited_at": { "$lt": edited_at } }],
    };
    let edited = lake
        .call(lake.posts.update_one(older, doc! { "$set": version }))
        .await?;
    Ok(edited.modified_count == 1)
}

/// The hours of those that are there and not deleted, by key.
pub(super) async fn hours_of(
    lake: &MongoLake,
    keys: &[PostKey],
) -> Result<BTreeMap<PostKey, Hour>> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(rename = "_id")]
        key: String,
        hour: DateTime,
    }
    let posts = lake.posts.clone_with_type::<Found>();
    let there = posts.find(among(keys)).projection(doc! { "hour": 1 });
    let found: Vec<Found> = lake
        .call(async { there.await?.try_collect().await })
        .await?;
    found
        .into_iter()
        .map(|found| {
            let hour = Hour::of(lake.moment(found.hour)?);
            Ok((PostKey::from_stored(found.key), hour))
        })
        .collect()
}

/// Marks posts as deleted and erases what they said.
pub(super) async fn delete(
    lake: &MongoLake,
    batch: &str,
    keys: &[PostKey],
    at: Timestamp,
) -> Result<u64> {
    let erased = doc! { "$set": {
        "batch": batch,
        "deleted_at": date(at),
        "text": "",
        "author_name": null,
        "raw": {},
    } };
    let deleted = lake
        .call(lake.posts.update_many(among(keys), erased))
        .await?;
    Ok(deleted.modified_count)
}

/// The keys under a beginning, of those that are there and not deleted.
pub(super) async fn keys_under(
    lake: &MongoLake,
    beginning: &str,
    after: Option<&PostKey>,
    limit: usize,
) -> Result<Vec<PostKey>> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(rename = "_id")]
        key: String,
    }
    let mut under = doc! { "$gte": beginning, "$lt": past(beginning) };
    if let Some(after) = after {
        under.insert("$gt", after.as_str());
    }
    let posts = lake.posts.clone_with_type::<Found>();
    let there = posts
        .find(doc! { "_id": under, "deleted_at": null })
        .projection(doc! { "_id": 1 })
        .sort(doc! { "_id": 1 })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX));
    let found: Vec<Found> = lake
        .call(async { there.await?.try_collect().await })
        .await?;
    let keys = found.into_iter().map(|found| found.key);
    Ok(keys.map(PostKey::from_stored).collect())
}

/// Those of these that are not deleted.
fn among(keys: &[PostKey]) -> Document {
    let keys: Vec<&str> = keys.iter().map(PostKey::as_str).collect();
    doc! { "_id": { "$in": keys }, "deleted_at": null }
}

/// A batch's posts, by key.
pub(super) async fn of(lake: &MongoLake, batch: &str) -> Result<Vec<Post>> {
    let found = lake
        .posts
        .find(doc! { "batch": batch })
        .sort(doc! { "_id": 1 });
    let documents: Vec<RawDocumentBuf> = lake
        .call(async { found.await?.try_collect().await })
        .await?;
    documents
        .iter()
        .map(|document| {
            let stored = from_slice(document.as_bytes())
                .map_err(|error| lake.corrupt(format!("a post of batch {batch}: {error}")))?;
            restored(lake, stored)
        })
        .collect()
}

fn document(batch: &str, post: &Post) -> Result<RawDocumentBuf> {
    let sized = |raw| {
        to_raw_document_buf(&stored(batch, post, raw)).map_err(|error| {
            Error::Refused(format!(
                "post {} cannot be written as BSON: {error}",
                post.key
            ))
        })
    };
    let mut document = sized(raw::to_bson(&post.raw))?;
    if document.as_bytes().len() > MAX_DOCUMENT {
        // An array of small numbers takes several times its text's length as BSON.
        document = sized(RawBson::String(post.raw.clone()))?;
    }
    let bytes = document.as_bytes().len();
    if bytes > MAX_DOCUMENT {
        return Err(Error::Refused(format!(
            "post {} takes {bytes} bytes and MongoDB stores at most {MAX_DOCUMENT}: quarantine it instead",
            post.key
        )));
    }
    Ok(document)
}

fn stored(batch: &str, post: &Post, raw: RawBson) -> StoredPost {
    StoredPost {
        key: post.key.as_str().to_owned(),
        batch: batch.to_owned(),
        source: post.network.clone(),
        author: post.author.clone(),
        author_name: post.author_name.clone(),
        text: post.text.clone(),
        url: post.url.clone(),
        lang: post.lang.clone(),
        created_at: date(post.created_at),
        collected_at: date(post.collected_at),
        hour: date(post.hour.start()),
        actors: post.actors.clone(),
        followers: post.followers,
        edited_at: post.edited_at.map(date),
        deleted_at: post.deleted_at.map(date),
        raw,
    }
}

fn restored(lake: &MongoLake, stored: StoredPost) -> Result<Post> {
    let raw = raw::to_json(stored.raw).map_err(|error| {
        lake.corrupt(format!("the raw document of post {}: {error}", stored.key))
    })?;
    Ok(Post {
        key: PostKey::from_stored(stored.key),
        network: stored.source,
        author: stored.author,
        author_name: stored.author_name,
        text: stored.text,
        url: stored.url,
        lang: stored.lang,
        created_at: lake.moment(stored.created_at)?,
        collected_at: lake.moment(stored.collected_at)?,
        hour: Hour::of(lake.moment(stored.hour)?),
        actors: stored.actors,
        followers: stored.followers,
        edited_at: stored.edited_at.map(|at| lake.moment(at)).transpose()?,
        deleted_at: stored.deleted_at.map(|at| lake.moment(at)).transpose()?,
        raw,
    })
}
