//! The networks and files that posts come from, one folder each, all turned into the same post.

mod replay;
mod source;

pub use replay::ReplaySource;
pub use source::{Page, Source, SourceError};
