//! The post: one social post in the neutral form that every network is turned into.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ActorMatch, Hour, Score};

/// A moment in UTC with millisecond precision, the finest that all stores keep.
pub type Timestamp = DateTime<Utc>;

/// Cuts a moment to whole milliseconds (MongoDB keeps no finer), towards the past.
pub fn truncate_to_millis(at: DateTime<Utc>) -> Timestamp {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

/// A post's identity in every store: `{network}:{native id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostKey(String);

impl PostKey {
    /// The key of the post that `network` calls `native_id`.
    pub fn new(network: &str, native_id: &str) -> Self {
        Self(format!("{network}:{native_id}"))
    }

    /// A key as a store gave it back.
    pub fn from_stored(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One social post. Reposts are unwrapped before they become one: text and author are the original's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// `{network}:{native id}`.
    pub key: PostKey,
    /// The network: the source's kind, or what a replay line says.
    pub network: String,
    /// The author's handle, without a leading `@`.
    pub author: String,
    /// The author's display name.
    pub author_name: Option<String>,
    /// The full plain text, with no U+0000 (Postgres refuses it).
    pub text: String,
    /// Where a person can read the post.
    pub url: Option<String>,
    /// BCP 47 language, where the network says one.
    pub lang: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When a collect first saw it.
    pub collected_at: Timestamp,
    /// The hour that it counts in.
    pub hour: Hour,
    /// The actors that it matches, and why.
    pub actors: Vec<ActorMatch>,
    /// How many follow its author, where the network says so.
    pub followers: Option<u64>,
    /// When this version of it was made; none of one that was never edited. Of two versions the newer counts.
    pub edited_at: Option<Timestamp>,
    /// When it was seen to be deleted. Its text and its document are erased then, and no version of it counts any more.
    pub deleted_at: Option<Timestamp>,
    /// The network's own document, untouched, as JSON text.
    pub raw: String,
}

/// A post together with its score: what the warehouse keeps.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredPost {
    /// The post.
    pub post: Post,
    /// Its sentiment.
    pub score: Score,
    /// When it was scored.
    pub scored_at: Timestamp,
    /// The batch that brought it.
    pub batch: String,
    /// The configured name of the source that brought it.
    pub feed: String,
    /// Why it is never best or worst, where a filter of its source says so. It counts in its hour all the same.
    pub barred: Option<String>,
    /// Equal of posts that say the same but for links, mentions, digits and signs.
    pub gist: i64,
}
