//! Moodwire's jobs, one file each, and the one function that registers them all.
//!
//! ```text
//! collect ──batch──▶ transform ──hours──▶ publish
//!    ▲                   ▲                   ▲
//!    └── scheduler       └── upkeep          └── due (start, every minute, after each transform)
//! ```

mod again;
pub mod budget;
pub mod collect;
pub mod deps;
pub mod due;
pub mod hygiene;
pub mod meters;
pub mod payload;
pub mod publish;
pub mod register;
pub mod rescore;
pub mod score;
mod seal;
pub mod transform;
pub mod upkeep;
mod verdicts;

pub use deps::{ChannelEntry, Deps, KindSettings, OnUncertain, PublishPolicy};
pub use hygiene::Filters;
pub use register::{Grace, register_all};
