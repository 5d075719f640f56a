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
    socket::Subscription,
    stream::{JetstreamStream, Patience},
    unpack::Unpacker,
};
use crate::{Budget, Page, SourceError, Stream, Streaming, Watchlist, http};

/// How many originals of reposts are asked for with one page.
const MOST_ORIGINALS: usize = 200;

/// A Jetstream, over however many connections.
#[derive(Debug)]
pub(super) struct Jetstream {
    pub(super) name: String,
    pub(super) host: String,
    url: Url,
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
        let url = settings.stream()?;
        Ok(Self {
            name,
            host: http::host(&url),
            url,
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

    /// Whether the stream can be opened.
    pub(super) async fn check(&self) -> Result<(), SourceError> {
        self.unpacker().await?;
        let now = self.now();
        self.subscription(false, None).open(&self.host, now).await?;
        Ok(())
    }

    /// All posts are asked for, not only those by the accounts that are followed: others mention them.
    fn subscription(&self, follows: bool, after: Option<i64>) -> Subscription<'_> {
        Subscription {
            base: &self.url,
            collections: reader::collections(follows),
            after,
            compressed: self.compressed,
        }
    }

    async fn unpacker(&self) -> Result<Unpacker, SourceError> {
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
        let socket = source
            .subscription(!followed.is_empty(), position.time_us)
            .open(&source.host, source.now())
            .await?;
        let reader = Reader::new(
            source.name.clone(),
            source.host.clone(),
            Arc::clone(&source.watchlist),
            followed,
            position,
        );
        let stream = JetstreamStream::new(Arc::clone(source), socket, unpacker, reader);
        Ok(Box::new(stream))
    }
}

/// Whether a page goes further than the position that it was read from.
pub(super) fn has_moved(from: &Value, page: &Page) -> bool {
    StreamPosition::of(from).time_us != StreamPosition::of(&page.position).time_us
        || !page.posts.is_empty()
        || !page.deleted.is_empty()
        || !page.quarantined.is_empty()
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
