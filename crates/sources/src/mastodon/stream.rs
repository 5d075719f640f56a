//! A slice of streams: one connection a hashtag, opened before the pass that fills the gap since the stored position, so
//! that nothing falls between the two.
//!
//! A stream gives no receipt, and a server passes nothing on twice, so what a stream brings moves no timeline's `newest`:
//! the pass of the next slice reads the same time once more, leaves out what is known and brings what the streams lost.
//! For the same reason the watermark is the pass's.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream, SelectAll},
};
use moodwire_model::{Timestamp, truncate_to_millis};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{
    MastodonSource, host, page,
    position::Position,
    sse::{Event, EventReader},
    timeline::Timeline,
};
use crate::{
    Budget, Page, SourceError, Stream, Streaming,
    http::{self, Failure},
};

/// How long a stream may take to be opened.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest that a stream is read. A slice ends long before.
const LONGEST: Duration = Duration::from_secs(3_600);

/// A page is gathered for this long.
const PAGE: Duration = Duration::from_secs(1);

/// What fills a page: as many posts as make a batch, or as many deletions or entries for the quarantine.
const MOST: usize = 500;

/// Without a byte on any connection for this long the server is gone: each has a heartbeat every 15 s. (Mastodon's
/// streaming server.)
const DEAD: Duration = Duration::from_secs(45);

/// What the server says of itself. (Mastodon documentation, entities/Instance.)
#[derive(Deserialize)]
struct Instance {
    configuration: Configuration,
}

#[derive(Deserialize)]
struct Configuration {
    urls: Urls,
}

#[derive(Deserialize)]
struct Urls {
    streaming: String,
}

/// What came over the connection of which hashtag: bytes, or why there are no more.
type Came = (usize, Result<Vec<u8>, String>);

/// A hashtag's stream.
struct Followed {
    timeline: String,
    reader: EventReader,
}

/// Open streams.
struct MastodonStream {
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

#[async_trait]
impl Streaming for MastodonSource {
    async fn connect(
        &self,
        position: &Value,
        _: Arc<dyn Budget>,
    ) -> Result<Box<dyn Stream>, SourceError> {
        let base = streaming_server(self).await?;
        let client = http::client(&base).map_err(SourceError::Dead)?;
        let tags = self.timelines.iter().filter_map(|timeline| match timeline {
            Timeline::Hashtag(tag) => Some(tag.as_str()),
            Timeline::Account(_) => None,
        });
        let opening = tags.clone().map(|tag| open(self, &client, &base, tag));
        let responses = try_join_all(opening).await?;
        let followed = tags.map(|tag| Followed {
            timeline: format!("#{tag}"),
            reader: EventReader::default(),
        });
        Ok(Box::new(MastodonStream {
            source: self.clone(),
            host: host(&base),
            position: Position::of(position),
            filling: true,
            watermark: None,
            followed: followed.collect(),
            connections: responses.into_iter().enumerate().map(bytes).collect(),
            heard: Instant::now(),
            page: Page::default(),
            broken: None,
        }))
    }
}

/// Where the server streams: as it says itself, else where it is. A place to which the token would go unencrypted, though
/// the server itself is not asked so, is not believed.
async fn streaming_server(source: &MastodonSource) -> Result<Url, SourceError> {
    let now = source.clock.now();
    let asked = source.get(&["v2", "instance"], &[]);
    let body = match http::ask(asked, &source.host, now).await {
        Ok(answer) => answer.body,
        // Servers of other make than Mastodon's may not know the question.
        Err(Failure::Gone(_)) => Vec::new(),
        Err(failure) => return Err(page::advised(source, failure.into())),
    };
    let told = serde_json::from_slice::<Instance>(&body).ok();
    let told = told.and_then(|instance| {
        let streaming = instance.configuration.urls.streaming;
        let http = match streaming.split_once("://")? {
            ("wss" | "https", rest) => format!("https://{rest}"),
            ("ws" | "http", rest) if source.base.scheme() == "http" => format!("http://{rest}"),
            _ => return None,
        };
        Url::parse(&http).ok()
    });
    let fits = |url: &Url| url.host_str().is_some() && url.username().is_empty();
    Ok(told.filter(fits).unwrap_or_else(|| source.base.clone()))
}

async fn open(
    source: &MastodonSource,
    client: &Client,
    base: &Url,
    tag: &str,
) -> Result<Response, SourceError> {
    let path = ["v1", "streaming", "hashtag"];
    let request = source.request(client, base, &path, &[("tag", tag)]);
    let server = host(base);
    let opened = http::open(request.timeout(LONGEST), &server, source.clock.now());
    match tokio::time::timeout(OPEN_TIMEOUT, opened).await {
        Ok(opened) => opened.map_err(|failure| page::advised(source, failure.into())),
        Err(_) => Err(SourceError::Retry(format!(
            "{server} opened no stream of #{tag} within {} s",
            OPEN_TIMEOUT.as_secs()
        ))),
    }
}

/// A connection's bytes. The read that is under way is kept in it, so that no byte is lost where the wait for it is given
/// up.
fn bytes((number, response): (usize, Response)) -> BoxStream<'static, Came> {
    let chunks = stream::unfold(Some(response), move |response| async move {
        let mut response = response?;
        let (came, rest) = match response.chunk().await {
            Ok(Some(chunk)) => (Ok(chunk.to_vec()), Some(response)),
            Ok(None) => (Err("ended".to_owned()), None),
            Err(error) => (Err(format!("broke off: {}", error.without_url())), None),
        };
        Some(((number, came), rest))
    });
    chunks.boxed()
}

impl MastodonStream {
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
