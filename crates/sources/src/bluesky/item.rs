//! The items of a page, of a search or of an account's feed.

use chrono::{DateTime, Utc};
use moodwire_model::{Timestamp, truncate_to_millis};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    record::words,
    view::{self, Shown},
};

/// An answer: posts of a search, or items of a feed; and the server's word for what comes next.
#[derive(Debug, Deserialize)]
pub(super) struct Items<'a> {
    #[serde(borrow, alias = "posts")]
    pub(super) feed: Vec<&'a RawValue>,
    #[serde(default)]
    pub(super) cursor: Option<String>,
}

/// An item of an account's feed. (Lexicon app.bsky.feed.defs#feedViewPost.)
#[derive(Debug, Deserialize)]
struct FeedItem<'a> {
    #[serde(borrow)]
    post: &'a RawValue,
    #[serde(default)]
    reason: Option<Reason>,
}

/// Why the item is there: none of the account's own posts.
#[derive(Debug, Deserialize)]
struct Reason {
    #[serde(rename = "$type", default)]
    kind: String,
    #[serde(rename = "indexedAt", default)]
    indexed_at: Option<DateTime<Utc>>,
}

/// An item that was read.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) shown: Shown,
    /// By what the feed orders it; none of a post that is pinned above the others.
    pub(super) order: Option<Timestamp>,
    /// Whether a repost brought the post.
    pub(super) reposted: bool,
}

/// Reads an item of a search.
pub(super) fn found(json: &str, now: Timestamp) -> Result<Item, String> {
    let shown = view::read(json, now)?;
    Ok(Item {
        order: Some(shown.order),
        shown,
        reposted: false,
    })
}

/// Reads an item of an account's feed. In a repost's item the post is the original.
pub(super) fn posted(json: &str, now: Timestamp) -> Result<Item, String> {
    let item: FeedItem<'_> = serde_json::from_str(json)
        .map_err(|error| format!("the item cannot be read: {}", words(&error)))?;
    let shown = view::read(item.post.get(), now)?;
    let reason = item.reason.as_ref();
    let is = |kind: &str| reason.is_some_and(|reason| reason.kind == kind);
    let reposted = is("app.bsky.feed.defs#reasonRepost");
    let order = if reposted {
        let at = reason.and_then(|reason| reason.indexed_at);
        Some(truncate_to_millis(
            at.ok_or("the repost has no `indexedAt`")?,
        ))
    } else if is("app.bsky.feed.defs#reasonPin") {
        None
    } else {
        Some(shown.order)
    };
    Ok(Item {
        shown,
        order,
        reposted,
    })
}
