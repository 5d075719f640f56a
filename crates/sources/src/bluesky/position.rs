//! Where a Bluesky source stands, streaming or polling.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use moodwire_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::recent::Recent;
use crate::SourceError;

/// How far before the last event a stream is taken up again. Servers number events as they pass them on, each a little
/// differently, and give those around a cursor at least once.
pub(super) const REWIND: TimeDelta = TimeDelta::seconds(5);

/// … and how far with another server, which may have seen the same events some seconds later.
pub(super) const OTHER_REWIND: TimeDelta = TimeDelta::seconds(15);

/// A place in the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StreamPosition {
    /// The latest time of an event that was read, in microseconds; none: nothing was.
    pub(super) time_us: Option<i64>,
    /// The host that gave it; another one numbers events a little differently.
    pub(super) host: Option<String>,
    /// What was given out shortly before.
    pub(super) seen: Recent,
    /// Originals of reposts that are still to be looked up, by their addresses.
    pub(super) reposted: BTreeSet<String>,
    /// The watchlist's handles, lowercase, with their DIDs: for a start at which nobody can be asked.
    pub(super) dids: BTreeMap<String, String>,
}

/// A place within a pass over all feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PollPosition {
    /// By feed (`@name.example`, `?bitcoin`). Absent: never read.
    pub(super) feeds: BTreeMap<String, FeedPosition>,
    /// The feed that comes next; none: the pass begins.
    pub(super) next: Option<String>,
    /// When the pass that is under way began.
    pub(super) since: Option<Timestamp>,
}

/// A place in a feed, which is read from its newest end back to what is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct FeedPosition {
    /// The newest item of the last complete pass.
    pub(super) newest: Option<Timestamp>,
    /// What was given out of the time shortly before it.
    pub(super) seen: Recent,
    /// The pass that is under way over this feed, if its first page is read.
    pub(super) under_way: Option<UnderWay>,
}

/// A pass over a feed that is not at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UnderWay {
    /// The newest item of its first page.
    pub(super) newest: Timestamp,
    /// What it has given out so far of the time shortly before that.
    pub(super) seen: Recent,
    /// Where its next page begins: the server's word, or a time.
    pub(super) from: String,
}

impl StreamPosition {
    /// The place that is stored; none where it is none of ours.
    pub(super) fn of(stored: &Value) -> Self {
        Self::deserialize(stored).unwrap_or_default()
    }

    /// From when on events are asked of `host`, in microseconds; none: from now on.
    pub(super) fn asked_of(&self, host: &str) -> Option<i64> {
        let is_same = self.host.as_deref().is_none_or(|gave| gave == host);
        let rewind = if is_same { REWIND } else { OTHER_REWIND };
        let rewind = rewind.num_microseconds().unwrap_or_default();
        Some(self.time_us?.saturating_sub(rewind))
    }
}

impl PollPosition {
    /// The place that is stored; the beginning where it is none of ours.
    pub(super) fn of(stored: &Value) -> Self {
        Self::deserialize(stored).unwrap_or_default()
    }
}

/// A position as it is stored.
pub(super) fn stored(position: &impl Serialize) -> Result<Value, SourceError> {
    serde_json::to_value(position)
        .map_err(|error| SourceError::Retry(format!("the position cannot be kept: {error}")))
}
