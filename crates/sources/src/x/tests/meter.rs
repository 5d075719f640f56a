//! A budget of a test's own: so many reads in all, each move noted.

use std::sync::Mutex;

use async_trait::async_trait;

use moodwire_model::Reads;

use crate::{Budget, SourceError};

/// A budget that is not filled up again.
#[derive(Debug)]
pub(super) struct Meter(Mutex<u64>);

/// Until when it refuses.
pub(super) const UNTIL: &str = "2026-09-02T00:00:00Z";

impl Meter {
    pub(super) fn of(reads: u64) -> Self {
        Self(Mutex::new(reads))
    }

    pub(super) fn left(&self) -> u64 {
        *self.0.lock().unwrap()
    }
}

#[async_trait]
impl Budget for Meter {
    async fn take(&self, reads: Reads) -> Result<(), SourceError> {
        let mut left = self.0.lock().unwrap();
        match left.checked_sub(reads.total()) {
            Some(rest) => {
                *left = rest;
                Ok(())
            }
            None => Err(SourceError::Later {
                until: UNTIL.parse().unwrap(),
                reason: "the budget is used up".to_owned(),
            }),
        }
    }

    async fn give_back(&self, reads: Reads) -> Result<(), SourceError> {
        *self.0.lock().unwrap() += reads.total();
        Ok(())
    }
}
