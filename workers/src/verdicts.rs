//! Failures of the stores as verdicts.

use chrono::TimeDelta;
use moodwire_queue::Verdict;

use crate::Deps;

/// How long a job waits for a store that is down before it looks again.
const STORE_DOWN_WAIT: TimeDelta = TimeDelta::seconds(5);

/// A store's failure, told apart by whether waiting can help.
pub(crate) trait StoreError: std::error::Error {
    fn is_unavailable(&self) -> bool;
}

impl StoreError for moodwire_queue::Error {
    fn is_unavailable(&self) -> bool {
        self.is_unavailable()
    }
}

impl StoreError for moodwire_lake::Error {
    fn is_unavailable(&self) -> bool {
        self.is_unavailable()
    }
}

impl StoreError for moodwire_warehouse::Error {
    fn is_unavailable(&self) -> bool {
        self.is_unavailable()
    }
}

impl Deps {
    /// A store that is down is waited for and burns no attempt; anything else that a store says is tried again.
    pub(crate) fn store_failed<E: StoreError>(&self) -> impl Fn(E) -> Verdict + '_ {
        |error| {
            if error.is_unavailable() {
                Verdict::later(self.now() + STORE_DOWN_WAIT, error.to_string())
            } else {
                Verdict::retry(error)
            }
        }
    }
}
