//! What Moodwire's tests share: where the real services are, a browser, a clock to step, randomness that repeats, and
//! what receivers of digests demand.

mod browser;
mod clock;
pub mod contract;
pub mod jetstream;
mod services;

pub use browser::{Browser, Page, Seen};
pub use clock::{FixedEntropy, SteppedClock};
pub use services::{atproto, axe, mongodb, postgres, prometheus, redis, schemathesis, unique_name};
