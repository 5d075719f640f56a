//! A slice of streams: one connection a hashtag, opened before the pass that fills the gap since the stored position, so
//! that nothing falls between the two.
//!
//! A stream gives no receipt, and a server passes nothing on twice, so what a stream brings moves no timeline's `newest`:
//! the pass of the next slice reads the same time once more, leaves out what is known and brings what the streams lost.
//! For the same reason the watermark is the pass's.

use std::time::Duration;

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{BoxStream, SelectAll},
};
use moodwire_model::{Timestamp, truncate_to_millis};
use tokio::time::Instant;

use super::{
    MastodonSource, page,
    position::Position,
    sse::{Event, EventReader},
};
use crate::{Page, SourceError, Stream};

/// A page is gathered for this long.
const PAGE: Duration = Duration::from_secs(1);

/// What fills a page: as many posts as make a batch, or as many deletions or entries for the quarantine.
const MOST: usize = 500;

/// Without a byte on any connection for this long the server is gone: each has a heartbeat every 15 s. (Mastodon's
/// streaming server.)
const DEAD: Duration = Duration::from_secs(45);

/// What came over the connection of which hashtag: bytes, or why there are no more.
pub(super) type Came = (usize, Result<Vec<u8>, String>);

/// A hashtag's stream.
struct Followed {
    timeline: String,
    reader: EventReader,
}

/// Open streams.
pub(super) struct MastodonStream {
    source: MastodonSource,
    host: String,
    position: Position,
    /// Whether the pass that fills the gap is under way.
    filling: bool,
    watermark: Option<Timestamp>,
    followed: Vec<Followed>,
    connections: SelectAll<BoxStream<'static, Came>>,
    heard: Instant,
    page: Page,
    /// Why nothing more comes; said once what came before is given out.
    broken: Option<SourceError>,
}

impl MastodonStream {
    /// Streams of these timelines over connections that were just opened, in the same order.
    pub(super) fn new(
        source: MastodonSource,
        host: String,
        position: Position,
        timelines: impl Iterator<Item = String>,
        connections: SelectAll<BoxStream<'static, Came>>,
    ) -> Self {
        let followed = timelines.map(|timeline| Followed {
            timeline,
            reader: EventReader::default(),
        });
        Self {
            source,
            host,
            position,
            filling: true,
            watermark: None,
            followed: followed.collect(),
            connections,
            heard: Instant::now(),
            page: Page::default(),
            broken: None,
        }
    }

    fn now(&self) -> Timestamp {
        truncate_to_millis(self.source.clock.now())
    }

    /// The next page of the pass that fills the gap.
    async fn fill(&mut self) -> Result<Page, SourceError> {
        let page = page::read(&self.source, &self.position.stored()?, self.now()).await?;
        self.position = Position::of(&page.position);
        self.filling = !page.end;
        self.watermark = page.watermark;
        self.heard = Instant::now();
        Ok(page)
    }

    /// Takes in what comes, for a page's time or until the page is full. What is taken in is kept when this is dropped.
    async fn gather(&mut self) {
        let over = tokio::time::sleep(PAGE);
        tokio::pin!(over);
        while self.broken.is_none() && !self.is_full() {
            tokio::select! {
                came = self.connections.next() => match came {
                    Some((number, came)) => self.take(number, came),
                    None => self.broken = Some(self.lost("ended every stream")),
                },
                () = &mut over => break,
            }
        }
        if self.heard.elapsed() >= DEAD && self.broken.is_none() {
            let silent = format!("gave no sign of life for {} s", DEAD.as_secs());
            self.broken = Some(self.lost(&silent));
        }
    }

    fn is_full(&self) -> bool {
        let page = &self.page;
        [page.posts.len(), page.deleted.len(), page.quarantined.len()]
            .iter()
            .any(|count| *count >= MOST)
    }

    fn is_empty(&self) -> bool {
        let page = &self.page;
        page.posts.is_empty() && page.deleted.is_empty() && page.quarantined.is_empty()
    }

    fn lost(&self, what: &str) -> SourceError {
        SourceError::Retry(format!("{} {what}", self.host))
    }

    fn take(&mut self, number: usize, came: Result<Vec<u8>, String>) {
        self.heard = Instant::now();
        let Some(followed) = self.followed.get_mut(number) else {
            return;
        };
        let timeline = followed.timeline.clone();
        match came.map(|bytes| followed.reader.take(&bytes)) {
            Ok(Ok(events)) => {
                let now = self.now();
                for event in &events {
                    self.event(&timeline, event, now);
                }
            }
            Ok(Err(_)) => {
                let what = format!("sent an event that is too long over the stream of {timeline}");
                self.broken = Some(self.lost(&what));
            }
            Err(why) => self.broken = Some(self.lost(&format!("{why}: the stream of {timeline}"))),
        }
    }

    /// Other events than these are none of a hashtag's, or of a kind that is still to be invented.
    fn event(&mut self, timeline: &str, event: &Event, now: Timestamp) {
        match event.name.as_str() {
            "update" | "status.update" => {
                let recent = &mut self.position.recent;
                page::take(
                    &self.source,
                    timeline,
                    &event.data,
                    recent,
                    &mut self.page,
                    now,
                );
            }
            "delete" => {
                if let Some(key) = self.position.recent.forget(event.data.trim()) {
                    // What is deleted is not handed out as well, in whatever order the two are taken.
                    self.page.posts.retain(|post| post.key != key);
                    self.page.mentions.remove(&key);
                    self.page.deleted.push(key);
                }
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Stream for MastodonStream {
    async fn next(&mut self) -> Result<Page, SourceError> {
        if self.filling {
            return self.fill().await;
        }
        self.gather().await;
        if self.is_empty()
            && let Some(error) = self.broken.take()
        {
            return Err(error);
        }
        let position = self.position.stored()?;
        Ok(Page {
            position,
            end: self.broken.is_none(),
            watermark: self.watermark,
            ..std::mem::take(&mut self.page)
        })
    }
}
