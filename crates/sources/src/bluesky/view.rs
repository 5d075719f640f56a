//! A post as the AppView shows it (`app.bsky.feed.defs#postView`): of searches, feeds and reposts.

use chrono::{DateTime, Utc};
use moodwire_model::{Post, Timestamp, truncate_to_millis};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::record::{Place, Record, parts, words};
use crate::text::clean;

/// What of a view is read.
#[derive(Debug, Deserialize)]
struct View<'a> {
    uri: String,
    author: Author,
    #[serde(borrow)]
    record: &'a RawValue,
    #[serde(rename = "indexedAt")]
    indexed_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct Author {
    did: String,
    handle: String,
    #[serde(rename = "displayName", default)]
    display_name: Option<String>,
}

/// A post as it was shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) post: Post,
    /// The DIDs that it mentions.
    pub(super) mentioned: Vec<String>,
    /// By what the network orders it: the earlier of what its author declares and when the network saw it.
    pub(super) order: Timestamp,
}

/// Reads a view, or says in one sentence why it is no post.
pub(super) fn read(json: &str, now: Timestamp) -> Result<Shown, String> {
    let view: View<'_> = serde_json::from_str(json)
        .map_err(|error| format!("the post cannot be read: {}", words(&error)))?;
    let (did, rkey) =
        parts(&view.uri).ok_or_else(|| format!("`uri` is {:?}, which is no post's", view.uri))?;
    let record = Record::read(view.record.get())?;
    let seen = truncate_to_millis(view.indexed_at);
    let place = Place {
        did,
        rkey,
        seen,
        now,
    };
    let mut post = record.post(place, json, false)?;
    post.author = name(&view.author.handle, &view.author.did);
    post.author_name = display_name(view.author.display_name.as_deref());
    Ok(Shown {
        post,
        mentioned: record.mentioned(),
        order: record
            .declared()
            .map_or(seen, |declared| seen.min(truncate_to_millis(declared))),
    })
}

/// The handle; the DID of an account whose handle is broken.
pub(super) fn name(handle: &str, did: &str) -> String {
    if handle.is_empty() || handle == "handle.invalid" {
        did.to_owned()
    } else {
        clean(handle)
    }
}

/// The name that people see; none where it is blank.
pub(super) fn display_name(written: Option<&str>) -> Option<String> {
    let name = written.map(str::trim).filter(|name| !name.is_empty());
    name.map(clean)
}
