//! The Bluesky source: all posts of the network as they are made, or the feeds and searches of a few.
//!
//! A Jetstream gives every event of the network, of which the source itself picks those that concern the watchlist: it names
//! people by their DIDs alone, so the watchlist's handles are turned into DIDs first, and the authors of what is kept are
//! looked up afterwards. Polling asks for each account's feed and each search in turn.

mod api;
mod directory;
mod event;
mod failover;
mod feed;
mod followed;
mod item;
mod jetstream;
mod pace;
mod poll;
mod position;
mod reader;
mod recent;
mod record;
mod session;
mod settings;
mod socket;
mod stream;
#[cfg(test)]
mod tests;
mod unpack;
mod view;

use std::sync::Arc;

use async_trait::async_trait;
use moodwire_model::Clock;
use serde_json::Value;

use self::{
    api::Api,
    jetstream::{Jetstream, Shared},
    poll::Poll,
    session::Login,
    stream::Patience,
};
use crate::{Budget, Page, Source, SourceError, Streaming, Unbounded, Watchlist};

pub use self::settings::{BlueskyMode, BlueskySettings};

/// Bluesky as a source.
#[derive(Debug)]
pub struct BlueskySource {
    name: String,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Jetstream(Shared),
    Poll(Box<Poll>),
}

impl BlueskySource {
    /// The source called `name` with these settings.
    ///
    /// # Errors
    /// One sentence that names the key that cannot be used, and the mend.
    pub fn new(
        name: String,
        settings: &BlueskySettings,
        watchlist: &Watchlist,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        Self::with(name, settings, watchlist, clock, Patience::default())
    }

    fn with(
        name: String,
        settings: &BlueskySettings,
        watchlist: &Watchlist,
        clock: Arc<dyn Clock>,
        patience: Patience,
    ) -> Result<Self, String> {
        settings.check()?;
        let who = settings.identifier.clone().zip(settings.password.clone());
        let login = who.map(|(identifier, password)| Login::new(identifier, password));
        let api = Api::new(settings.server()?, login)?;
        let mode = match settings.mode {
            BlueskyMode::Jetstream => {
                let name = name.clone();
                let stream = Jetstream::new(name, settings, api, watchlist, clock, patience)?;
                Mode::Jetstream(Shared(Arc::new(stream)))
            }
            BlueskyMode::Poll => {
                let poll = Poll::new(name.clone(), settings, api, watchlist, clock)?;
                Mode::Poll(Box::new(poll))
            }
        };
        Ok(Self { name, mode })
    }
}

#[async_trait]
impl Source for BlueskySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "bluesky"
    }

    /// Of a stream: the first page with something in it, or the one that says that there is nothing.
    async fn read(&self, position: &Value, _: &dyn Budget) -> Result<Page, SourceError> {
        match &self.mode {
            Mode::Jetstream(stream) => {
                let mut stream = stream.connect(position, Arc::new(Unbounded)).await?;
                loop {
                    let page = stream.next().await?;
                    if page.end || jetstream::has_moved(position, &page) {
                        return Ok(page);
                    }
                }
            }
            Mode::Poll(poll) => poll.read(position).await,
        }
    }

    fn streaming(&self) -> Option<&dyn Streaming> {
        match &self.mode {
            Mode::Jetstream(stream) => Some(stream),
            Mode::Poll(_) => None,
        }
    }

    async fn check(&self) -> Result<(), SourceError> {
        match &self.mode {
            Mode::Jetstream(stream) => stream.0.check().await,
            Mode::Poll(poll) => poll.check().await,
        }
    }
}
