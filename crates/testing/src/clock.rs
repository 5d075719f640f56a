//! A clock that stands until it is stepped, and randomness that repeats.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::{Clock, Entropy};

/// A clock that stands still until a test steps it.
#[derive(Debug)]
pub struct SteppedClock(Mutex<DateTime<Utc>>);

impl SteppedClock {
    /// A clock that shows `at`, written in RFC 3339.
    ///
    /// # Panics
    /// When `at` is not RFC 3339.
    pub fn at(at: &str) -> Self {
        Self(Mutex::new(at.parse().unwrap_or_else(|error| {
            panic!("\"{at}\" is not RFC 3339: {error}")
        })))
    }

    /// Moves the hands forward, or back.
    pub fn step(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sequence of SplitMix64 from a seed: the same in every run.
/// (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.)
#[derive(Debug)]
pub struct FixedEntropy(Mutex<u64>);

impl FixedEntropy {
    /// The sequence that `seed` begins.
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for FixedEntropy {
    fn bits(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = *state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
