//! Time and randomness as injected capabilities, so that a test can step the one and fix the other.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use ulid::Ulid;

/// Tells the time. One is chosen at start and handed to whatever needs it.
pub trait Clock: Debug + Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's wall clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the wall clock enters the program"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Gives random bits: for jitter, identifiers and fencing tokens, never for secrets.
pub trait Entropy: Debug + Send + Sync {
    /// 64 uniformly distributed bits.
    fn bits(&self) -> u64;

    /// A uniform number in `[0, 1)` with 53 bits of precision.
    fn unit(&self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "53 bits fit a double's mantissa exactly"
        )]
        let mantissa = (self.bits() >> 11) as f64;
        mantissa / (1_u64 << 53) as f64
    }
}

/// The operating system's random generator, by way of `rand`'s thread generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where randomness enters the program"
    )]
    fn bits(&self) -> u64 {
        rand::random()
    }
}

/// The first ULID of a moment: those minted from then on sort after it.
pub fn first_ulid_at(at: DateTime<Utc>) -> String {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Ulid::from_parts(millis, 0).to_string()
}

/// A new ULID of the clock's millisecond: sortable by time, unique by 80 random bits.
pub fn mint_ulid(clock: &dyn Clock, entropy: &dyn Entropy) -> String {
    let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or(0);
    let random = (u128::from(entropy.bits()) << 16) | u128::from(entropy.bits() & 0xffff);
    Ulid::from_parts(millis, random).to_string()
}
