//! What a pass reads one after the other: queries, or the timelines of accounts.

use super::query;

/// A query or an account's timeline, under the name by which positions know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// A query's digest, an account's handle.
    pub(super) key: String,
    /// The query; none: the account of the key.
    pub(super) query: Option<String>,
}

impl Target {
    pub(super) fn query(query: String) -> Self {
        Self {
            key: query::key(&query),
            query: Some(query),
        }
    }

    /// The timeline of the account of this handle, in lowercase.
    pub(super) fn account(handle: String) -> Self {
        Self {
            key: handle,
            query: None,
        }
    }
}
