//! Where a Mastodon source stands: each timeline's newest id read, and which timeline comes next in the pass.

use std::collections::BTreeMap;

use moodwire_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::recent::Recent;
use crate::SourceError;

/// A place within a pass over all timelines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    /// By timeline (`#bitcoin`, `@name@host`): the id above which the next page begins. Absent: never read.
    pub(super) newest: BTreeMap<String, String>,
    /// By account (`name@host`): the id that the server gave it.
    pub(super) accounts: BTreeMap<String, String>,
    /// The timeline that comes next; none: the pass begins.
    pub(super) next: Option<String>,
    /// When the pass that is under way began.
    pub(super) since: Option<Timestamp>,
    /// What was given out lately, where the source streams.
    #[serde(skip_serializing_if = "Recent::is_empty")]
    pub(super) recent: Recent,
}

impl Position {
    /// The place that is stored; the beginning where it is none of ours.
    pub(super) fn of(stored: &Value) -> Self {
        Self::deserialize(stored).unwrap_or_default()
    }

    /// The place as it is stored.
    pub(super) fn stored(&self) -> Result<Value, SourceError> {
        serde_json::to_value(self)
            .map_err(|error| SourceError::Retry(format!("the position cannot be kept: {error}")))
    }
}
