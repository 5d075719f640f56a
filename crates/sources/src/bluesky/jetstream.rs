//! The stream's source: what each connection shares, and how one is opened.

use std::sync::Arc;

use async_trait::async_trait;
use moodwire_model::{Clock, Timestamp, truncate_to_millis};
use serde_json::{Value, value::RawValue};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    api::Api,
    directory::Directory,
    followed::{self, Followed},
    position::StreamPosition,
    reader::{self, Reader},
    settings::BlueskySettings,
    socket::{Socket, Subscription},
    stream::{JetstreamStream, Patience},
    unpack::Unpacker,
};
use crate::{Budget, Page, SourceError, Stream, Streaming, Watchlist, http};

/// How many originals of reposts are asked for with one page.
const MOST_ORIGINALS: usize = 200;

/// Where a Jetstream is.
#[derive(Debug, Clone)]
pub(super) struct Host {
    /// Its name, and its port where that is not the usual one.
    pub(super) name: String,
    url: Url,
}

/// A Jetstream, over however many connections.
#[derive(Debug)]
pub(super) struct Jetstream {
    pub(super) name: String,
    pub(super) hosts: Vec<Host>,
    compressed: bool,
    dictionary: Option<String>,
    loaded: OnceCell<Vec<u8>>,
    pub(super) api: Api,
    pub(super) directory: Directory,
    watchlist: Arc<Watchlist>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) patience: Patience,
}

/// The same, as it is handed to connections.
#[derive(Debug, Clone)]
pub(super) struct Shared(pub(super) Arc<Jetstream>);

impl Jetstream {
    pub(super) fn new(
        name: String,
        settings: &BlueskySettings,
        api: Api,
        watchlist: &Watchlist,
        clock: Arc<dyn Clock>,
        patience: Patience,
    ) -> Result<Self, String> {
        let hosts = settings.streams()?.into_iter().map(|url| Host {
            name: http::host(&url),
            url,
        });
        Ok(Self {
            name,
            hosts: hosts.collect(),
            compressed: settings.compress,
            dictionary: settings.dictionary.clone().filter(|_| settings.compress),
            loaded: OnceCell::new(),
            api,
            directory: Directory::default(),
            watchlist: Arc::new(Watchlist::new(watchlist.actors().to_vec())?),
            clock,
            patience,
        })
    }

    fn now(&self) -> Timestamp {
        truncate_to_millis(self.clock.now())
    }

    /// Whether the stream can be opened, at whichever host.
    pub(super) async fn check(&self) -> Result<(), SourceError> {
        self.unpacker().await?;
        self.open(0..self.hosts.len(), false, &StreamPosition::default())
            .await?;
        Ok(())
    }

    /// Opens the stream at the first of these hosts that lets it be opened. All posts are asked for, not only those by the
    /// accounts that are followed: others mention them.
    pub(super) async fn open(
        &self,
        hosts: impl IntoIterator<Item = usize>,
        follows: bool,
        position: &StreamPosition,
    ) -> Result<(usize, Socket), SourceError> {
        let mut refused = None;
        for number in hosts {
            let Some(host) = self.hosts.get(number) else {
                continue;
            };
            let subscription = Subscription {
                base: &host.url,
                collections: reader::collections(follows),
                from: position.asked_of(&host.name),
                compressed: self.compressed,
            };
            match subscription.open(&host.name, self.now()).await {
                Ok(socket) => return Ok((number, socket)),
                Err(error) => refused = Some(worse(refused, error)),
            }
        }
        Err(refused.unwrap_or_else(|| SourceError::Retry("no other Jetstream is left".to_owned())))
    }

    /// The hosts in the order in which they are tried: the one that gave the last events, and those after it.
    fn order(&self, position: &StreamPosition) -> impl Iterator<Item = usize> {
        let count = self.hosts.len();
        let last = self
            .hosts
            .iter()
            .position(|host| Some(&host.name) == position.host.as_ref());
        let first = last.unwrap_or_default();
        (first..first + count).map(move |number| number % count)
    }

    pub(super) async fn unpacker(&self) -> Result<Unpacker, SourceError> {
        let dictionary = match &self.dictionary {
            None => None,
            Some(place) => Some(
                self.loaded
                    .get_or_try_init(|| load(place, self.now()))
                    .await?,
            ),
        };
        Unpacker::new(dictionary.map(Vec::as_slice)).map_err(|error| {
            SourceError::Dead(format!(
                "the dictionary of source \"{}\" cannot be used: {error}",
                self.name
            ))
        })
    }

    /// The watchlist's accounts. `position` remembers their DIDs.
    async fn followed(&self, position: &mut StreamPosition) -> Result<Followed, SourceError> {
        let handles = followed::handles(&self.watchlist);
        let before = &position.dids;
        let dids = self
            .directory
            .dids(&self.api, &handles, before, self.now())
            .await?;
        let followed = Followed::of(&self.watchlist, &dids);
        position.dids = dids;
        Ok(followed)
    }

    /// Looks up originals of reposts. Where that fails they wait in the position.
    pub(super) async fn originals(
        &self,
        reader: &mut Reader,
        addresses: &[String],
        now: Timestamp,
    ) {
        const METHOD: &str = "app.bsky.feed.getPosts";
        let addresses = addresses.get(..MOST_ORIGINALS).unwrap_or(addresses);
        match self.api.list(METHOD, "uris", addresses, now).await {
            Ok(listed) => {
                for (address, said) in listed.refused {
                    reader.refuse(&address, format!("the original of a repost: {said}"), now);
                }
                let views: Vec<&str> = listed
                    .items
                    .iter()
                    .map(|item| RawValue::get(item))
                    .collect();
                reader.originals(addresses, &views, now);
            }
            Err(error) => self.directory.pause(&error, now),
        }
    }
}

#[async_trait]
impl Streaming for Shared {
    async fn connect(
        &self,
        position: &Value,
        _: Arc<dyn Budget>,
    ) -> Result<Box<dyn Stream>, SourceError> {
        let source = &self.0;
        let mut position = StreamPosition::of(position);
        let followed = source.followed(&mut position).await?;
        let unpacker = source.unpacker().await?;
        let (host, socket) = source
            .open(source.order(&position), !followed.is_empty(), &position)
            .await?;
        let reader = Reader::new(
            source.name.clone(),
            source.hosts[host].name.clone(),
            Arc::clone(&source.watchlist),
            followed,
            position,
        );
        let stream = JetstreamStream::new(Arc::clone(source), host, socket, unpacker, reader);
        Ok(Box::new(stream))
    }
}

/// Whether a page goes further than the position that it was read from.
pub(super) fn has_moved(from: &Value, page: &Page) -> bool {
    StreamPosition::of(from).time_us != StreamPosition::of(&page.position).time_us
        || !page.posts.is_empty()
        || !page.deleted.is_empty()
        || !page.closed.is_empty()
        || !page.quarantined.is_empty()
}

/// Of two refusals the one that is over first: what may work the next time, then what works after a while. Both are told.
fn worse(before: Option<SourceError>, error: SourceError) -> SourceError {
    let Some(before) = before else { return error };
    let both = format!("{before}; {error}");
    match (before, error) {
        (SourceError::Retry(_), _) | (_, SourceError::Retry(_)) => SourceError::Retry(both),
        (SourceError::Later { until, .. }, SourceError::Later { until: other, .. }) => {
            SourceError::Later {
                until: until.min(other),
                reason: both,
            }
        }
        (SourceError::Later { until, .. }, _) | (_, SourceError::Later { until, .. }) => {
            SourceError::Later {
                until,
                reason: both,
            }
        }
        (SourceError::Dead(_), SourceError::Dead(_)) => SourceError::Dead(both),
    }
}

/// The dictionary, from a file or a URL.
async fn load(place: &str, now: Timestamp) -> Result<Vec<u8>, SourceError> {
    let url = Url::parse(place).ok();
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return tokio::fs::read(place).await.map_err(|error| {
            SourceError::Dead(format!(
                "dictionary is \"{place}\", which cannot be read: {error}"
            ))
        });
    };
    let client = http::client(&url).map_err(SourceError::Dead)?;
    let answer = http::ask(client.get(url.clone()), &http::host(&url), now).await?;
    Ok(answer.body)
}
