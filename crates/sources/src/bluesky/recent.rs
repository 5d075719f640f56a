//! What was given out lately: what comes again around a cursor is known by it.

use std::collections::BTreeMap;

use moodwire_model::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many are remembered. What is forgotten and comes again is a duplicate, which the lake knows by its key.
const MOST: usize = 500;

/// Fingerprints, each with the time, in milliseconds, of what it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Recent(BTreeMap<String, i64>);

/// The fingerprint of what these words name.
pub(super) fn fingerprint(words: &[&str]) -> String {
    let mut hash = Sha256::new();
    for word in words {
        hash.update(word);
        hash.update([0]);
    }
    let hash = hash.finalize();
    hash.iter()
        .take(10)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Recent {
    /// Notes a fingerprint. False when it was noted before.
    pub(super) fn note(&mut self, fingerprint: String, at: Timestamp) -> bool {
        self.0.insert(fingerprint, at.timestamp_millis()).is_none()
    }

    /// Whether it was noted.
    pub(super) fn holds(&self, fingerprint: &str) -> bool {
        self.0.contains_key(fingerprint)
    }

    /// Takes over what another one holds.
    pub(super) fn take_over(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Forgets what lies before `from`, and the oldest of what is too much.
    pub(super) fn forget_before(&mut self, from: Timestamp) {
        let from = from.timestamp_millis();
        self.0.retain(|_, at| *at >= from);
        if self.0.len() > MOST {
            let mut times: Vec<i64> = self.0.values().copied().collect();
            times.sort_unstable();
            let least = times.get(times.len() - MOST).copied().unwrap_or(i64::MIN);
            self.0.retain(|_, at| *at >= least);
        }
    }
}
