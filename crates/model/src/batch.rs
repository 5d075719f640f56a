//! The batch and the cursor: how collected work is handed on, and where a source goes on from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Hour, post::Timestamp};

/// What has become of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchState {
    /// A collect is still adding posts to it.
    Open,
    /// Complete, and its transform is due.
    Queued,
    /// Every post of it is in the warehouse or in quarantine.
    Scored,
    /// A person decided that it will not be scored.
    Discarded,
}

impl BatchState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Queued => "queued",
            Self::Scored => "scored",
            Self::Discarded => "discarded",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Queued, Self::Scored, Self::Discarded]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// The posts that one collect stored together: the unit of work of transform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// A ULID.
    pub id: String,
    /// The name of the source that it came from.
    pub source: String,
    /// What has become of it.
    pub state: BatchState,
    /// Posts stored under it; known from `Queued` on.
    pub count: u64,
    /// The hours that its posts touch; may name more than it ends up holding, never fewer.
    pub hours: BTreeSet<Hour>,
    /// The id of the collect job that opened it.
    pub job: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was last moved to another state.
    pub changed_at: Timestamp,
}

impl Batch {
    /// The most posts that one batch holds, which bounds every transaction made from it.
    pub const MAX_POSTS: usize = 500;
}

/// Where a source goes on from. Moved by compare-and-set on `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// The source's name.
    pub source: String,
    /// Grows by one at each change; 0 says that none is stored yet.
    pub version: u64,
    /// The source's own notion of a place, or null at the beginning.
    pub position: Value,
    /// Every post created before this moment has been collected; none when that is not known yet.
    pub watermark: Option<Timestamp>,
    /// The collect job that reads at present.
    pub holder: Option<String>,
    /// Why the source's last pass ended early: an error or a rate limit.
    pub stalled: Option<String>,
    /// A network or a budget lets nothing more be read before this moment.
    pub limited_until: Option<Timestamp>,
    /// The last stretch of time that the source could not give any more.
    pub gap: Option<Gap>,
    /// What has been read so far.
    pub totals: CursorTotals,
    /// When it last moved.
    pub moved_at: Option<Timestamp>,
}

/// A stretch of time whose posts a network no longer gives: what it kept of it was over before it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Where the source had come to.
    pub from: Timestamp,
    /// Where it goes on.
    pub to: Timestamp,
}

/// What a source has read since its first pass. A page that a crash makes it read again is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CursorTotals {
    /// Posts stored in the lake.
    pub posts: u64,
    /// Posts that were there already.
    pub duplicates: u64,
    /// Lines or documents that could not be read as posts.
    pub quarantined: u64,
}

impl Cursor {
    /// The cursor of a source that was never collected.
    pub fn start(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            version: 0,
            position: Value::Null,
            watermark: None,
            holder: None,
            stalled: None,
            limited_until: None,
            gap: None,
            totals: CursorTotals::default(),
            moved_at: None,
        }
    }
}

/// Something that could not become a scored post, kept with its reason so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// The same input is quarantined under the same id, however often it is read.
    pub id: String,
    /// The source's name.
    pub source: String,
    /// Where it stood, such as `posts.jsonl:17`.
    pub place: String,
    /// Why it was refused: one sentence.
    pub reason: String,
    /// The input, cut to [`Quarantined::MAX_SAMPLE`] bytes, invalid UTF-8 replaced.
    pub sample: String,
    /// When.
    pub at: Timestamp,
}

impl Quarantined {
    /// How much of the refused input is kept, in bytes.
    pub const MAX_SAMPLE: usize = 4096;
}
