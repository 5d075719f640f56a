//! The networks and files that posts come from, one folder each, all turned into the same post.

mod bluesky;
mod budget;
mod http;
mod limits;
mod mastodon;
mod quarantine;
mod replay;
mod source;
mod text;
mod watchlist;
mod x;

pub use bluesky::{BlueskyMode, BlueskySettings, BlueskySource};
pub use budget::{Allowance, Budget, Unbounded};
pub use mastodon::{MastodonSettings, MastodonSource};
pub use replay::ReplaySource;
pub use source::{Page, Source, SourceError, Stream, Streaming};
pub use watchlist::{Actor, Watchlist};
pub use x::{XSettings, XSource};
