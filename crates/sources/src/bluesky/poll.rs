//! Polling: one page of the feed whose turn it is, from its newest end back to what is known.
//!
//! Feeds are ordered by when their items were made, the newest first. An item can appear a little below the newest one, so
//! that the ten minutes before it are looked through again each time; what was given out of them is remembered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{SecondsFormat, TimeDelta};
use moodwire_model::{Clock, Timestamp, truncate_to_millis};
use serde_json::Value;

use super::{
    api::Api,
    directory::Directory,
    feed::{self, Feed},
    followed::{self, Followed},
    item::{self, Item, Items},
    position::{self, FeedPosition, PollPosition, UnderWay},
    recent::{Recent, fingerprint},
    record::{TOLERANCE, parts},
    settings::BlueskySettings,
};
use crate::{
    Page, SourceError, Watchlist,
    http::{Answer, Failure},
    limits,
    quarantine::quarantine,
};

/// The most that a server gives at once. (Lexicons app.bsky.feed.getAuthorFeed, app.bsky.feed.searchPosts.)
const LIMIT: &str = "100";

/// How long a post may take to the server that is asked before an hour counts as read.
const LAG: TimeDelta = TimeDelta::minutes(1);

/// Feeds that are read in turn.
#[derive(Debug)]
pub(super) struct Poll {
    pub(super) name: String,
    api: Api,
    directory: Directory,
    pub(super) feeds: Vec<Feed>,
    watchlist: Watchlist,
    has_login: bool,
    clock: Arc<dyn Clock>,
}

impl Poll {
    pub(super) fn new(
        name: String,
        settings: &BlueskySettings,
        api: Api,
        watchlist: &Watchlist,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let feeds = feed::all(&settings.accounts, &settings.queries, watchlist);
        if feeds.is_empty() {
            return Err("there is nothing to read: set accounts = [\"name.bsky.social\"] or queries = [\"bitcoin\"], or an [[actor]] with bluesky, keywords or cashtags".to_owned());
        }
        Ok(Self {
            name,
            api,
            directory: Directory::default(),
            feeds,
            watchlist: Watchlist::new(watchlist.actors().to_vec())?,
            has_login: settings.identifier.is_some(),
            clock,
        })
    }

    /// Reads the page at `stored`.
    pub(super) async fn read(&self, stored: &Value) -> Result<Page, SourceError> {
        let now = truncate_to_millis(self.clock.now());
        let mut position = PollPosition::of(stored);
        if position.next.is_none() {
            position.since = Some(now);
        }
        let mut page = Page::default();
        let from = position.next.take().unwrap_or_default();
        let mut left = self.feeds.iter().filter(|feed| feed.name() >= from);
        if let Some(feed) = left.next() {
            let place = position.feeds.entry(feed.name()).or_default();
            let more = self.feed_page(feed, place, &mut page, now).await?;
            let next = if more { Some(feed) } else { left.next() };
            position.next = next.map(Feed::name);
        }
        page.end = position.next.is_none();
        if page.end {
            page.watermark = position.since.take().map(|since| since - LAG);
        }
        page.position = position::stored(&position)?;
        self.name_mentioned(&mut page, now).await;
        self.introduce(&mut page, now).await;
        Ok(page)
    }

    /// Whether the first feed can be asked for.
    pub(super) async fn check(&self) -> Result<(), SourceError> {
        let now = self.clock.now();
        let Some(feed) = self.feeds.first() else {
            return Ok(());
        };
        match self.ask(feed, None, None, now).await {
            Ok(_) => Ok(()),
            Err(failure) => self.excused(feed, failure),
        }
    }

    /// Reads the feed's next page. True when there is another one below it.
    async fn feed_page(
        &self,
        feed: &Feed,
        place: &mut FeedPosition,
        page: &mut Page,
        now: Timestamp,
    ) -> Result<bool, SourceError> {
        let floor = place.newest.map(|newest| newest - TOLERANCE);
        let from = place.under_way.as_ref().map(|way| way.from.as_str());
        let answer = match self.ask(feed, from, floor, now).await {
            Ok(answer) => answer,
            Err(failure) => {
                self.excused(feed, failure)?;
                place.under_way = None;
                return Ok(false);
            }
        };
        page.limited_until = limits::used_up(&answer.headers, now);
        let items: Items<'_> = serde_json::from_slice(&answer.body).map_err(|_| {
            SourceError::Retry(format!("{} answered with no list of posts", self.api.host))
        })?;
        let read = items.feed.iter().filter_map(|item| {
            let json = item.get();
            let read = match feed {
                Feed::Account(_) => item::posted(json, now),
                Feed::Search(_) => item::found(json, now),
            };
            read.map_err(|reason| {
                let at = format!("{} {}", self.api.host, feed.name());
                page.quarantined
                    .push(quarantine(&self.name, at, json, reason, now));
            })
            .ok()
        });
        let read: Vec<Item> = read.collect();
        let orders: Vec<Timestamp> = read.iter().filter_map(|item| item.order).collect();
        let mut way = place.under_way.take().unwrap_or_else(|| UnderWay {
            newest: orders
                .iter()
                .copied()
                .max()
                .max(place.newest)
                .unwrap_or(now)
                .min(now),
            seen: Recent::default(),
            from: String::new(),
        });
        for item in read {
            give(item, floor, &place.seen, &mut way, page);
        }
        way.seen.forget_before(way.newest - TOLERANCE);
        let below = below(feed, &items, &orders, floor);
        match below.filter(|below| *below != way.from) {
            Some(below) => {
                way.from = below;
                place.under_way = Some(way);
                Ok(true)
            }
            None => {
                place.seen.take_over(way.seen);
                place.seen.forget_before(way.newest - TOLERANCE);
                place.newest = Some(way.newest);
                Ok(false)
            }
        }
    }

    /// Asks for a page. Searches are paged by time: going on by the server's word needs a login. (bsky-docs, issue 296.)
    async fn ask(
        &self,
        feed: &Feed,
        from: Option<&str>,
        floor: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let since = floor.map(written);
        let mut query = vec![("limit", LIMIT)];
        let method = match feed {
            Feed::Account(account) => {
                query.push(("actor", account));
                query.extend(from.map(|from| ("cursor", from)));
                "app.bsky.feed.getAuthorFeed"
            }
            Feed::Search(words) => {
                query.extend([("q", words.as_str()), ("sort", "latest")]);
                query.extend(since.as_deref().map(|since| ("since", since)));
                query.extend(from.map(|from| ("until", from)));
                "app.bsky.feed.searchPosts"
            }
        };
        self.api.get(method, &query, now).await
    }

    /// Passes over a feed that the server knows nothing of, with a warning: the others are read.
    fn excused(&self, feed: &Feed, failure: Failure) -> Result<(), SourceError> {
        let (error, said) = match failure {
            Failure::Refused { error, said } => (error, said),
            Failure::Source(SourceError::Dead(said)) => return Err(self.advised(&said)),
            other => return Err(other.into()),
        };
        if error.starts_with("Auth") || error.ends_with("Token") || error.is_empty() {
            return Err(self.advised(&said));
        }
        let (source, feed) = (&self.name, feed.name());
        tracing::warn!(source, feed, said, "no such feed; the others are read");
        Ok(())
    }

    /// A refusal with what mends it.
    fn advised(&self, said: &str) -> SourceError {
        let name = &self.name;
        SourceError::Dead(if self.has_login {
            format!("{said}: look at identifier, password and service of source \"{name}\"")
        } else {
            format!(
                "{said}: where the server wants a login, set identifier and password of source \"{name}\"; else look at its api"
            )
        })
    }

    /// Turns the DIDs that posts mention into the watchlist's names for them. Where handles cannot be looked up, what the
    /// text says has to do.
    async fn name_mentioned(&self, page: &mut Page, now: Timestamp) {
        if page.mentions.is_empty() {
            return;
        }
        let none = BTreeMap::new();
        let dids = self
            .directory
            .dids(&self.api, &followed::handles(&self.watchlist), &none, now)
            .await;
        if let Err(error) = &dids {
            self.directory.pause(error, now);
        }
        let followed = Followed::of(&self.watchlist, dids.as_ref().unwrap_or(&none));
        page.mentions.retain(|_, mentioned| {
            *mentioned = followed.names(mentioned);
            !mentioned.is_empty()
        });
    }

    /// Writes into the posts how many follow their authors, as far as that can be found out.
    async fn introduce(&self, page: &mut Page, now: Timestamp) {
        let did = |key: &str| Some(parts(key.strip_prefix("bluesky:")?)?.0.to_owned());
        let dids: BTreeSet<String> = page
            .posts
            .iter()
            .filter_map(|post| did(post.key.as_str()))
            .collect();
        let profiles = self.directory.profiles(&self.api, &dids, now).await;
        for post in &mut page.posts {
            let profile = did(post.key.as_str()).and_then(|did| profiles.get(&did));
            post.followers = profile.and_then(|profile| profile.followers);
        }
    }
}

/// Gives an item out unless that was done before.
fn give(
    item: Item,
    floor: Option<Timestamp>,
    before: &Recent,
    way: &mut UnderWay,
    page: &mut Page,
) {
    let Some(order) = item.order else { return };
    if floor.is_some_and(|floor| order < floor) {
        return;
    }
    let post = item.shown.post;
    let kind = if item.reposted { "repost" } else { "post" };
    let words = fingerprint(&[kind, post.key.as_str()]);
    if before.holds(&words) || way.seen.holds(&words) {
        return;
    }
    if order >= way.newest - TOLERANCE {
        way.seen.note(words, order);
    }
    if !item.shown.mentioned.is_empty() {
        page.mentions.insert(post.key.clone(), item.shown.mentioned);
    }
    page.posts.push(post);
}

/// Where the page below this one begins; none where all below is known, or was never wanted: a feed that was never read
/// begins with its newest page.
fn below(
    feed: &Feed,
    items: &Items<'_>,
    orders: &[Timestamp],
    floor: Option<Timestamp>,
) -> Option<String> {
    let floor = floor?;
    match feed {
        Feed::Account(_) => {
            let last = orders.last().copied();
            let more = last.map_or(!items.feed.is_empty(), |last| last >= floor);
            items.cursor.clone().filter(|_| more)
        }
        Feed::Search(_) => {
            let oldest = orders.iter().min().filter(|oldest| **oldest >= floor)?;
            // Not all of the oldest one's millisecond may have been on the page.
            Some(written(*oldest + TimeDelta::milliseconds(1)))
        }
    }
}

fn written(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
