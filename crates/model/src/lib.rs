//! Moodwire's vocabulary: the words that code, tables and command line share.
//!
//! Nothing here touches a network, a disk or a clock of its own; every other crate knows this one
//! and this one knows nobody.

mod actor;
mod batch;
mod clock;
mod digest;
mod hour;
mod pace;
mod post;
mod reads;
mod remark;
mod score;
pub mod slot;

pub use actor::{ActorMatch, Why};
pub use batch::{Batch, BatchState, Cursor, CursorTotals, Gap, Quarantined};
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy, first_ulid_at, mint_ulid};
pub use digest::{Digest, DigestPost, HourMean, HourSummary, Missing, Selection, TREND_HOURS};
pub use hour::{Hour, ParseHourError};
pub use pace::Pace;
pub use post::{Post, PostKey, ScoredPost, Timestamp, truncate_to_millis};
pub use reads::{ReadCounts, Reads};
pub use remark::Remark;
pub use score::Score;
