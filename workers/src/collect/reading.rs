//! One pass over a source, page by page, whether it is asked for each or sends them.

use std::sync::Arc;

use moodwire_sources::{Budget, Page, Source, SourceError, Stream};
use serde_json::Value;

use crate::{Deps, budget};

/// A pass that is under way.
pub(super) enum Reading<'a> {
    /// Each page is asked for.
    Pages(&'a dyn Source, Arc<dyn Budget>),
    /// Pages come over a connection that stays open.
    Stream(Box<dyn Stream>),
}

impl<'a> Reading<'a> {
    /// Begins at `position`.
    pub(super) async fn begin(
        deps: &Deps,
        source: &'a dyn Source,
        position: &Value,
    ) -> Result<Self, SourceError> {
        let budget = budget::of(source, &deps.lake, &deps.clock);
        match source.streaming() {
            Some(streaming) => Ok(Self::Stream(streaming.connect(position, budget).await?)),
            None => Ok(Self::Pages(source, budget)),
        }
    }

    /// The next page; `position` is where the last one ended.
    pub(super) async fn next(&mut self, position: &Value) -> Result<Page, SourceError> {
        match self {
            Self::Pages(source, budget) => source.read(position, &**budget).await,
            Self::Stream(stream) => stream.next().await,
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }
}
