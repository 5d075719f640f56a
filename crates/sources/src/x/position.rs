//! Where an X source stands: how far each query or account is read, and what of the pass under way comes next.

use std::collections::BTreeMap;

use moodwire_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::Id;
use crate::SourceError;

/// A place within a pass over all queries or accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    /// By query (its digest) or account: the newest id of its last sweep that came to its end.
    pub(super) newest: BTreeMap<String, Id>,
    /// The newest id that the stream brought, once all below it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) streamed: Option<Id>,
    /// By account, in lowercase: its number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) users: BTreeMap<String, Id>,
    /// The sweep that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sweep: Option<Sweep>,
    /// The query or account that comes next in the pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// When the pass that is under way began; none: the next page begins one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begun: Option<Timestamp>,
    /// When the last pass that came to its end began, or until when the stream was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) complete: Option<Timestamp>,
    /// By field that is asked for and has not been seen of late: in how many posts it was missing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unseen: BTreeMap<String, u32>,
}

/// The pages from the newest post of a query or account down to where its last sweep began.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Sweep {
    /// The query or account.
    pub(super) of: String,
    /// Only what is newer than this id is asked for.
    pub(super) since: Option<Id>,
    /// Where there is no such id: only what is not older than this moment.
    pub(super) from: Option<Timestamp>,
    /// The page that comes next; none: the first.
    pub(super) token: Option<String>,
    /// The newest id of the first page.
    pub(super) newest: Option<Id>,
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
