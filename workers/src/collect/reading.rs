//! One pass over a source, page by page, whether it is asked for each or sends them.

use std::sync::Arc;

use moodwire_sources::{Budget, Page, Source, SourceError, Stream};
use serde_json::Value;

/// A pass that is under way.
#[expect(
    missing_debug_implementations,
    reason = "a connection has nothing to show"
)]
pub enum Reading<'a> {
    /// Each page is asked for.
    Pages(&'a dyn Source, Arc<dyn Budget>),
    /// Pages come over a connection that stays open.
    Stream(Box<dyn Stream>),
}

impl<'a> Reading<'a> {
    /// Begins at `position`.
    ///
    /// # Errors
    /// When the network cannot be connected to.
    pub async fn begin(
        source: &'a dyn Source,
        position: &Value,
        budget: Arc<dyn Budget>,
    ) -> Result<Self, SourceError> {
        match source.streaming() {
            Some(streaming) => Ok(Self::Stream(streaming.connect(position, budget).await?)),
            None => Ok(Self::Pages(source, budget)),
        }
    }

    /// The next page; `position` is where the last one ended.
    ///
    /// # Errors
    /// When there is none.
    pub async fn next(&mut self, position: &Value) -> Result<Page, SourceError> {
        match self {
            Self::Pages(source, budget) => source.read(position, &**budget).await,
            Self::Stream(stream) => stream.next().await,
        }
    }

    /// Whether the network sends by itself.
    pub fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }
}
