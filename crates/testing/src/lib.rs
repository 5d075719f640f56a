//! What Moodwire's tests share: where the real services are, a clock to step, randomness that repeats.

mod clock;
pub mod jetstream;
mod services;

pub use clock::{FixedEntropy, SteppedClock};
pub use services::{mongodb, postgres, redis, unique_name};
