//! The replay source: posts from a file of JSON Lines, recorded or written by hand.
//!
//! One post a line: `id`, `author`, `text` and `created_at` (RFC 3339) are required; `author_name`, `url`, `lang`,
//! `source` (the network), `repost_of` (a whole original post) and `raw` are optional. The file may grow; a file that
//! was replaced is read from its start.

mod lines;
mod page;
mod position;
mod post;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use moodwire_model::{Clock, truncate_to_millis};
use serde_json::Value;

use crate::{Budget, Page, Source, SourceError};

use self::page::{Feed, LIMITS};

/// A file of posts as a source. Its watermark is known only at the file's end, since lines are in no order of time.
#[derive(Debug)]
pub struct ReplaySource {
    feed: Feed,
    clock: Arc<dyn Clock>,
}

impl ReplaySource {
    /// The source called `name` that reads the file at `path`.
    pub fn new(name: String, path: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self {
            feed: Feed { name, path },
            clock,
        }
    }

    /// Runs `work` on a thread that may block, since no operating system reads files without.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Feed) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let feed = self.feed.clone();
        let place = feed.path.display().to_string();
        tokio::task::spawn_blocking(move || work(&feed))
            .await
            .unwrap_or_else(|error| Err(format!("reading {place} was broken off: {error}")))
    }
}

#[async_trait]
impl Source for ReplaySource {
    fn name(&self) -> &str {
        &self.feed.name
    }

    fn kind(&self) -> &'static str {
        "replay"
    }

    fn is_ordered(&self) -> bool {
        false
    }

    /// Always `Retry` on failure: a file that is missing now may be mounted or written in a moment.
    async fn read(&self, position: &Value, _: &dyn Budget) -> Result<Page, SourceError> {
        let now = truncate_to_millis(self.clock.now());
        let position = position.clone();
        self.blocking(move |feed| page::read(feed, &position, now, LIMITS))
            .await
            .map_err(SourceError::Retry)
    }

    async fn check(&self) -> Result<(), SourceError> {
        self.blocking(|feed| feed.open().map(drop))
            .await
            .map_err(SourceError::Dead)
    }
}
