//! Reads: what a network bills, counted a UTC day and a UTC month.

use serde::{Deserialize, Serialize};

/// Billed resources: each post and each user in an answer is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reads {
    /// Posts.
    pub posts: u64,
    /// Users.
    pub users: u64,
}

impl Reads {
    /// All of them.
    pub fn total(self) -> u64 {
        self.posts.saturating_add(self.users)
    }
}

/// What a source has read of late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadCounts {
    /// In the UTC day.
    pub day: Reads,
    /// In the UTC month, that day included.
    pub month: Reads,
}
