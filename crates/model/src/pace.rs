//! The pace: how many requests a receiver takes in a while.

use std::time::Duration;

/// At most so many requests in any stretch of time of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The most requests.
    pub requests: u64,
    /// The length of the stretch.
    pub per: Duration,
}
