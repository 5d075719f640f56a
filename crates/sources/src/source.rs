//! What every source can do: read one page from where the last one ended.

use std::{collections::BTreeMap, fmt::Debug};

use async_trait::async_trait;
use moodwire_model::{Post, PostKey, Quarantined, Timestamp};
use serde_json::Value;

/// What one read brought: at most [`moodwire_model::Batch::MAX_POSTS`] posts.
#[derive(Debug, Default)]
pub struct Page {
    /// The posts, with reposts unwrapped to their originals; one key may stand in it twice.
    pub posts: Vec<Post>,
    /// The handles that the network itself says a post mentions, where it says so, by the post's key.
    pub mentions: BTreeMap<PostKey, Vec<String>>,
    /// What could not be read as a post.
    pub quarantined: Vec<Quarantined>,
    /// Where the next read goes on.
    pub position: Value,
    /// True when there was nothing more at this moment.
    pub end: bool,
    /// At the end: every post created before this moment has been read. None where that cannot be said.
    pub watermark: Option<Timestamp>,
}

/// Why a page could not be read, told apart by what helps.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Not before `until`: a rate limit. Burns no attempt.
    #[error("{reason}")]
    Later {
        /// When to go on.
        until: Timestamp,
        /// What is waited for.
        reason: String,
    },
    /// It may work the next time.
    #[error("{0}")]
    Retry(String),
    /// It cannot work until a person mends something.
    #[error("{0}")]
    Dead(String),
}

/// A configured feed. Where it stands is kept by the caller, so that a source has no state of its own.
#[async_trait]
pub trait Source: Debug + Send + Sync + 'static {
    /// The configured name.
    fn name(&self) -> &str;

    /// The kind, as configured: `replay`, …
    fn kind(&self) -> &'static str;

    /// Reads the page at `position` (null: from the beginning). Reading the same position again gives the same posts
    /// (unless the network changed them), so that a crash before the cursor moved loses nothing.
    async fn read(&self, position: &Value) -> Result<Page, SourceError>;

    /// Whether posts come in the order of their making, so that a watermark stays true while more is read. One that is
    /// unordered loses it as soon as there is something to read.
    fn is_ordered(&self) -> bool {
        true
    }

    /// Whether the source can be read at all: one sentence when not.
    async fn check(&self) -> Result<(), SourceError>;
}
