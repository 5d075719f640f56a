//! What a job of the chaos program does, as its payload says.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use moodwire_queue::NewJob;
use serde::{Deserialize, Serialize};

/// What a job does before its effect. Whoever makes the job chooses; the worker obeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Work {
    /// Nothing.
    Quick,
    /// Lasts so long and can be cancelled at any moment.
    Slow {
        /// Milliseconds.
        millis: u64,
    },
    /// Lasts until this file exists and can be cancelled at any moment.
    Gated {
        /// The file.
        gate: PathBuf,
    },
    /// Blocks its thread for so long and cannot be cancelled.
    Blocking {
        /// Milliseconds.
        millis: u64,
    },
    /// Aborts its process on its first attempts.
    Aborting {
        /// How many of them.
        times: u32,
    },
    /// Panics on its first attempts.
    Panicking {
        /// How many of them.
        times: u32,
    },
    /// Fails on its first attempts.
    Failing {
        /// How many of them.
        times: u32,
    },
    /// Waits, without burning an attempt.
    Later {
        /// Until this moment of the worker's clock.
        until: DateTime<Utc>,
    },
    /// Is never read: its payload is no JSON.
    #[serde(skip)]
    Undecodable,
}

/// Bytes that are neither JSON nor UTF-8.
const UNDECODABLE: &[u8] = b"\xff\xfe{\"do\":";

impl Work {
    /// The payload.
    pub fn encode(&self) -> Vec<u8> {
        // A work that serde skips is the one that is to be unreadable.
        serde_json::to_vec(self).unwrap_or_else(|_| UNDECODABLE.to_vec())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// One sentence for bytes that say nothing.
    pub fn decode(payload: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(payload)
            .map_err(|error| format!("the payload does not decode: {error}"))
    }

    /// True when a job of this work, with so many attempts, can only end as a dead letter.
    pub fn ends_dead(&self, max_attempts: u32) -> bool {
        match self {
            Self::Aborting { times } | Self::Panicking { times } | Self::Failing { times } => {
                *times >= max_attempts
            }
            Self::Undecodable => true,
            _ => false,
        }
    }

    /// A job of this work, due at once.
    pub fn job(&self, kind: &str, name: impl std::fmt::Display, max_attempts: u32) -> NewJob {
        NewJob {
            id: format!("{kind}:{name}"),
            kind: kind.to_owned(),
            payload: self.encode(),
            run_at: None,
            max_attempts,
            parent: None,
            root: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_reads_back_as_written_unless_it_is_undecodable() {
        for work in [
            Work::Quick,
            Work::Slow { millis: 5 },
            Work::Aborting { times: 2 },
        ] {
            assert_eq!(Work::decode(&work.encode()), Ok(work));
        }
        assert!(Work::decode(&Work::Undecodable.encode()).is_err());
    }

    #[test]
    fn a_job_that_fails_as_often_as_it_may_run_ends_dead() {
        assert!(Work::Failing { times: 3 }.ends_dead(3));
        assert!(!Work::Failing { times: 2 }.ends_dead(3));
        assert!(Work::Undecodable.ends_dead(3));
        assert!(!Work::Quick.ends_dead(1));
    }
}
