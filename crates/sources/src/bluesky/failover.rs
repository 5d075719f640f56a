//! Another host in place of one that breaks off or falls silent.

use std::sync::Arc;

use moodwire_model::Timestamp;
use tokio::time::Instant;

use super::{pace::Pace, stream::JetstreamStream};
use crate::SourceError;

/// What was tried since anything new came.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// How many other hosts.
    tried: usize,
    /// The time of the latest event before.
    pub(super) mark: Option<Timestamp>,
    /// One that was silent, but there.
    silent: Option<usize>,
}

impl JetstreamStream {
    /// The host that is listened to.
    pub(super) fn host(&self) -> &str {
        let host = self.source.hosts.get(self.host);
        host.map_or("", |host| &host.name)
    }

    /// Whether every other host was tried in vain. What this one says is believed then.
    pub(super) fn is_last(&self) -> bool {
        self.elsewhere.tried + 1 >= self.source.hosts.len()
    }

    /// Goes over to another host where this one broke off or fell silent. An error where all that are left have broken off.
    /// When this is dropped meanwhile, the same is found again.
    pub(super) async fn go_elsewhere(&mut self) -> Result<(), SourceError> {
        if let Some(error) = self.broken.take() {
            let others = if self.is_last() {
                self.elsewhere.silent.take().into_iter().collect()
            } else {
                self.untried()
            };
            tracing::warn!(source = %self.source.name, %error, "the Jetstream is left");
            return self.open(others).await.map_err(|_| error);
        }
        if self.silence().is_none() || self.is_last() {
            return Ok(());
        }
        // It answers, but may itself have lost the network, which is hardly ever as quiet as that. Where no other one is to
        // be reached it is kept.
        self.elsewhere.silent = Some(self.host);
        if self.open(self.untried()).await.is_err() {
            self.elsewhere.tried = self.source.hosts.len();
        }
        Ok(())
    }

    /// The hosts that are left, in the order in which they are tried.
    fn untried(&self) -> Vec<usize> {
        let count = self.source.hosts.len();
        let left = count.saturating_sub(self.elsewhere.tried + 1);
        (self.host + 1..=self.host + left)
            .map(|number| number % count)
            .collect()
    }

    /// Goes on at the first of these hosts that lets the stream be opened.
    async fn open(&mut self, others: Vec<usize>) -> Result<(), SourceError> {
        let source = Arc::clone(&self.source);
        let position = self.reader.position();
        let opened = source.open(others, self.reader.follows(), position);
        let (host, socket) = opened.await?;
        // The last wait: from here on all is changed, or nothing.
        let unpacker = source.unpacker().await?;
        let count = source.hosts.len();
        self.elsewhere.tried += (host + count - self.host) % count;
        self.elsewhere.mark = self.reader.newest();
        (self.host, self.socket, self.unpacker) = (host, socket, unpacker);
        let name = self.host().to_owned();
        tracing::info!(source = %source.name, host = %name, "another Jetstream goes on");
        self.reader.change_host(&name);
        let now = Instant::now();
        (self.heard, self.event, self.came) = (now, now, false);
        (self.asked, self.silent, self.pace) = (None, None, Pace::begun(now));
        Ok(())
    }
}
