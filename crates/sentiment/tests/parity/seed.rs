//! The seed from which a run's texts are made up.

use std::hash::{BuildHasher, RandomState};

/// A new seed in every run, unless `MOODWIRE_SEED` repeats an old one.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("MOODWIRE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one("texts"));
    eprintln!("to repeat these texts: MOODWIRE_SEED={seed}");
    seed
}
