//! An open stream: frames are gathered for a second into a page, whose originals and authors are looked up then.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use futures::{SinkExt, StreamExt};
use moodwire_model::{Timestamp, truncate_to_millis};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::{
    Jetstream,
    failover::Elsewhere,
    pace::{PRESENT, Pace},
    reader::Reader,
    socket::Socket,
    unpack::{Unpacker, Unreadable},
};
use crate::{Page, SourceError, Stream};

/// How long a post may take from its author's server to this stream before a silent stream is believed to have given it.
const LAG: TimeDelta = TimeDelta::seconds(10);

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// A page is gathered for this long.
    pub(super) page: Duration,
    /// A stream that gave events and then none for this long, though the server answers, has no more for now.
    pub(super) quiet: Duration,
    /// … and one that has given none yet: the server may be looking for its beginning.
    pub(super) first: Duration,
    /// A stream whose events have been equally old for this long has caught up.
    pub(super) steady: Duration,
    /// A connection without a byte for this long is dead. Servers ping every 30 s, and answer our pings.
    pub(super) dead: Duration,
    /// Authors of a page are looked up for this long.
    pub(super) look_up: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            page: Duration::from_secs(1),
            quiet: Duration::from_secs(5),
            first: Duration::from_secs(10),
            steady: Duration::from_secs(5),
            dead: Duration::from_secs(45),
            look_up: Duration::from_secs(5),
        }
    }
}

/// An open stream.
pub(super) struct JetstreamStream {
    pub(super) source: Arc<Jetstream>,
    /// Which of its hosts this is.
    pub(super) host: usize,
    pub(super) elsewhere: Elsewhere,
    pub(super) socket: Socket,
    pub(super) unpacker: Unpacker,
    pub(super) reader: Reader,
    /// When the last frame of any kind came, and the last event.
    pub(super) heard: Instant,
    pub(super) event: Instant,
    pub(super) came: bool,
    /// When our last ping left, by both clocks, and what it says; none once an event came after it.
    pub(super) asked: Option<Ping>,
    pings: u64,
    /// Until when the server has given all that it had: when the ping left that it answered, with no event in between.
    pub(super) silent: Option<Timestamp>,
    /// Why nothing more comes; said once what came before is given out.
    pub(super) broken: Option<SourceError>,
    pub(super) pace: Pace,
}

#[derive(Debug)]
pub(super) struct Ping {
    payload: Bytes,
    left: Timestamp,
}

impl JetstreamStream {
    /// A stream over a connection that was just opened.
    pub(super) fn new(
        source: Arc<Jetstream>,
        host: usize,
        socket: Socket,
        unpacker: Unpacker,
        reader: Reader,
    ) -> Self {
        let now = Instant::now();
        Self {
            source,
            host,
            elsewhere: Elsewhere::default(),
            socket,
            unpacker,
            reader,
            heard: now,
            event: now,
            came: false,
            asked: None,
            pings: 0,
            silent: None,
            broken: None,
            pace: Pace::begun(now),
        }
    }

    fn now(&self) -> Timestamp {
        truncate_to_millis(self.source.clock.now())
    }

    /// Takes in what comes, for a page's time or until the page is full. What is taken in is kept when this is dropped.
    async fn gather(&mut self) {
        let now = self.now();
        let over = tokio::time::sleep(self.source.patience.page);
        tokio::pin!(over);
        while self.broken.is_none() && !self.reader.is_full() {
            tokio::select! {
                frame = self.socket.next() => self.frame(frame, now),
                () = &mut over => break,
            }
        }
    }

    fn frame(&mut self, frame: Option<Result<Message, Error>>, now: Timestamp) {
        self.heard = Instant::now();
        match frame {
            Some(Ok(Message::Text(text))) => {
                self.note_event();
                self.reader.take(&text, now);
            }
            Some(Ok(Message::Binary(packed))) => {
                self.note_event();
                match self.unpacker.text(&packed) {
                    Ok(text) => self.reader.take(text, now),
                    Err(Unreadable::Frame(reason)) => {
                        self.reader.take_unreadable(&packed, reason, now);
                    }
                    Err(Unreadable::OtherDictionary { wanted, given }) => {
                        self.broken = Some(self.other_dictionary(wanted, given));
                    }
                }
            }
            Some(Ok(Message::Pong(payload))) => {
                if let Some(ping) = self.asked.take_if(|ping| ping.payload == payload) {
                    self.silent = Some(ping.left);
                }
            }
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(close))) => {
                let why = close.map_or_else(String::new, |close| format!(" ({})", close.reason));
                self.broken = Some(self.lost(&format!("closed the stream{why}")));
            }
            Some(Err(error)) => self.broken = Some(self.lost(&format!("broke off: {error}"))),
            None => self.broken = Some(self.lost("closed the stream")),
        }
    }

    fn note_event(&mut self) {
        self.event = self.heard;
        self.came = true;
        self.asked = None;
        self.silent = None;
    }

    fn lost(&self, what: &str) -> SourceError {
        SourceError::Retry(format!("{} {what}", self.host()))
    }

    fn other_dictionary(&self, wanted: u32, given: u32) -> SourceError {
        SourceError::Dead(format!(
            "{} compresses by dictionary {wanted}, and dictionary of source \"{}\" is {given}: name the server's own, or set compress = false",
            self.host(),
            self.source.name
        ))
    }

    /// Asks a silent server whether it is there. Its answer comes after all that it had sent before.
    async fn ask_whether_alive(&mut self) {
        if self.heard.elapsed() >= self.source.patience.dead {
            let seconds = self.source.patience.dead.as_secs();
            self.broken = Some(self.lost(&format!("gave no sign of life for {seconds} s")));
            return;
        }
        if self.asked.is_some() {
            return;
        }
        self.pings += 1;
        let payload = Bytes::copy_from_slice(&self.pings.to_be_bytes());
        let left = self.now();
        let ping = Message::Ping(payload.clone());
        let sent = tokio::time::timeout(self.source.patience.page, self.socket.send(ping)).await;
        match sent {
            Ok(Ok(())) => self.asked = Some(Ping { payload, left }),
            Ok(Err(error)) => self.broken = Some(self.lost(&format!("broke off: {error}"))),
            // A server that takes nothing in is given up as one that says nothing.
            Err(_) => {}
        }
    }

    /// Until when the stream has given everything, where it has nothing more at this moment.
    fn caught_up(&self) -> Option<Timestamp> {
        let newest = self.reader.newest();
        let is_present = newest.is_some_and(|newest| self.now() - newest <= PRESENT);
        if (is_present || self.pace.is_steady(self.source.patience.steady)) && self.came {
            return newest;
        }
        let silent = self.silence().filter(|_| self.is_last())?;
        newest.max(Some(silent - LAG))
    }

    /// Until when the server has given all that it had, where nothing has come for as long as it takes to be sure.
    pub(super) fn silence(&self) -> Option<Timestamp> {
        let patience = &self.source.patience;
        let quiet = if self.came {
            patience.quiet
        } else {
            patience.first
        };
        self.silent.filter(|_| self.event.elapsed() >= quiet)
    }

    /// Looks up what the page lacks: the originals of reposts, and who wrote its posts.
    async fn complete(&mut self) {
        let (source, now) = (Arc::clone(&self.source), self.now());
        for did in self.reader.renamed() {
            source.directory.forget(&did);
        }
        let reposted = self.reader.reposted();
        if !reposted.is_empty() && !source.directory.is_paused(now) {
            source.originals(&mut self.reader, &reposted, now).await;
        }
        let authors = self.reader.authors();
        if authors.is_empty() {
            return;
        }
        let asked = source.directory.profiles(&source.api, &authors, now);
        match tokio::time::timeout(source.patience.look_up, asked).await {
            Ok(profiles) => self.reader.introduce(&profiles),
            Err(_) => {
                let slow = SourceError::Retry(format!("{} is slow", source.api.host));
                source.directory.pause(&slow, now);
            }
        }
    }
}

#[async_trait]
impl Stream for JetstreamStream {
    async fn next(&mut self) -> Result<Page, SourceError> {
        self.gather().await;
        if self.reader.newest() > self.elsewhere.mark {
            self.elsewhere = Elsewhere::default();
        }
        if self.reader.is_empty() {
            self.go_elsewhere().await?;
        }
        if let Some(newest) = self.reader.newest().filter(|_| !self.reader.is_empty()) {
            let behind = self.now() - newest;
            self.pace.note(behind, self.reader.is_full());
        }
        if self.reader.is_empty() && self.broken.is_none() {
            self.ask_whether_alive().await;
        }
        self.complete().await;
        let caught_up = self.caught_up();
        let mut page = self.reader.give()?;
        page.end = caught_up.is_some() && self.broken.is_none();
        // A server whose clock is fast has not read the future.
        page.watermark = page.watermark.max(caught_up).min(Some(self.now()));
        Ok(page)
    }
}
