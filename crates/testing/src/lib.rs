//! What Moodwire's tests share: where the real services are, a clock to step, randomness that repeats, and what
//! receivers of digests demand.

mod clock;
pub mod contract;
pub mod jetstream;
mod services;

pub use clock::{FixedEntropy, SteppedClock};
pub use services::{mongodb, postgres, redis, unique_name};
