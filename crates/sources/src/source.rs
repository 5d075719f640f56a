//! What every source can do: read one page from where the last one ended; and what some can do beside: stream.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use moodwire_model::{Gap, Post, PostKey, Quarantined, Timestamp};
use serde_json::Value;

use crate::{Allowance, Budget};

/// What one read brought: a few hundred posts, of a stream a few thousand.
#[derive(Debug, Default)]
pub struct Page {
    /// The posts, with reposts unwrapped to their originals; one key may stand in it twice.
    pub posts: Vec<Post>,
    /// The handles that the network itself says a post mentions, where it says so, by the post's key.
    pub mentions: BTreeMap<PostKey, Vec<String>>,
    /// Posts that their network says are deleted, whether or not they were ever collected.
    pub deleted: Vec<PostKey>,
    /// Accounts that are gone with all that they posted, each by what the keys of its posts begin with, such as
    /// `bluesky:at://did:plc:…/`.
    pub closed: Vec<String>,
    /// What could not be read as a post.
    pub quarantined: Vec<Quarantined>,
    /// Where the next read goes on.
    pub position: Value,
    /// True when there was nothing more at this moment.
    pub end: bool,
    /// Every post created before this moment has been read. None where that cannot be said; in the middle of a pass,
    /// what was said before stays true then.
    pub watermark: Option<Timestamp>,
    /// Posts that the network no longer had when it was asked for them.
    pub gap: Option<Gap>,
    /// The network lets nothing more be read before this moment, as far as it says so ahead.
    pub limited_until: Option<Timestamp>,
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
    /// (unless the network changed them), so that a crash before the cursor moved loses nothing. What is billed is taken
    /// from `budget` before it is asked for.
    async fn read(&self, position: &Value, budget: &dyn Budget) -> Result<Page, SourceError>;

    /// The same over one connection that stays open, where the network streams.
    fn streaming(&self) -> Option<&dyn Streaming> {
        None
    }

    /// How much may be read of a source that is billed.
    fn allowance(&self) -> Option<&Allowance> {
        None
    }

    /// Whether posts come in the order of their making, so that a watermark stays true while more is read. One that is
    /// unordered loses it as soon as there is something to read.
    fn is_ordered(&self) -> bool {
        true
    }

    /// Whether the source can be read at all: one sentence when not.
    async fn check(&self) -> Result<(), SourceError>;
}

/// A source whose network sends posts by itself over a connection that stays open. A pass over it goes on after
/// [`Page::end`], which says here that it has caught up with the present.
#[async_trait]
pub trait Streaming: Send + Sync {
    /// Connects, to go on at `position` (null: now).
    async fn connect(
        &self,
        position: &Value,
        budget: Arc<dyn Budget>,
    ) -> Result<Box<dyn Stream>, SourceError>;
}

/// An open connection.
#[async_trait]
pub trait Stream: Send {
    /// What came since the last call: waits for it, but no longer than a second or two, and gives an empty page then. May be
    /// dropped at any moment; what was not given out is given again from the last page's position.
    async fn next(&mut self) -> Result<Page, SourceError>;
}
