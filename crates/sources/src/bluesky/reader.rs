//! What the stream says, event by event, gathered into a page. No event is read further than it concerns us: of most only
//! the text is searched.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::Arc,
};

use chrono::{DateTime, TimeDelta};
use moodwire_model::{Gap, Post, PostKey, Timestamp, truncate_to_millis};

use super::{
    directory::Profile,
    event::{Account, Change, Commit, Event, POSTS, Repost},
    followed::Followed,
    position::{self, OTHER_REWIND, StreamPosition},
    recent::fingerprint,
    record::{self, Place, Record, TOLERANCE},
    view,
};
use crate::quarantine::quarantine;
use crate::{Page, SourceError, Watchlist};

/// How much later than the cursor the first event may be: what was asked for lies before it.
const LATE: TimeDelta = TimeDelta::seconds(10);

/// What fills a page: as many posts as make a batch where their authors are looked up, more where they are not.
const MOST_POSTS: usize = 500;
const MOST_UNASKED: usize = 2_000;

/// … and as many deletions of posts, or of accounts, or entries for the quarantine.
const MOST_OTHERS: usize = 2_000;

/// How many originals of reposts wait at most.
const MOST_REPOSTED: usize = 1_000;

/// What turns events into pages.
#[derive(Debug)]
pub(super) struct Reader {
    source: String,
    host: String,
    watchlist: Arc<Watchlist>,
    followed: Followed,
    position: StreamPosition,
    /// Where the stream was to be taken up; none once its first event has come.
    resumed: Option<i64>,
    page: Page,
    /// Events since the last page.
    taken: usize,
    /// Accounts whose handles may have changed since the last page.
    renamed: Vec<String>,
}

impl Reader {
    /// A reader of the stream of `host`, which is taken up at `position`.
    pub(super) fn new(
        source: String,
        host: String,
        watchlist: Arc<Watchlist>,
        followed: Followed,
        position: StreamPosition,
    ) -> Self {
        Self {
            source,
            host,
            watchlist,
            followed,
            resumed: position.time_us,
            position,
            page: Page::default(),
            taken: 0,
            renamed: Vec::new(),
        }
    }

    /// Where the stream stands.
    pub(super) fn position(&self) -> &StreamPosition {
        &self.position
    }

    /// Whether accounts are followed.
    pub(super) fn follows(&self) -> bool {
        !self.followed.is_empty()
    }

    /// Goes on with what `host` gives, which was asked from where the stream stands.
    pub(super) fn change_host(&mut self, host: &str) {
        host.clone_into(&mut self.host);
        self.resumed = self.position.time_us;
    }

    /// Takes one event in.
    pub(super) fn take(&mut self, frame: &str, now: Timestamp) {
        self.taken += 1;
        if let Err(reason) = self.read(frame, now) {
            self.refuse(frame, reason, now);
        }
    }

    /// Puts a frame aside that is no text.
    pub(super) fn take_unreadable(&mut self, frame: &[u8], reason: String, now: Timestamp) {
        self.taken += 1;
        self.refuse(&String::from_utf8_lossy(frame), reason, now);
    }

    fn read(&mut self, frame: &str, now: Timestamp) -> Result<(), String> {
        let event = Event::read(frame)?;
        let seen = event.seen().map(truncate_to_millis);
        let Some(seen) = seen.filter(|seen| *seen <= now + TOLERANCE) else {
            // A cursor there would skip what comes before it.
            return Err(format!(
                "`time_us` is {}, more than 10 minutes in the future: look at this machine's clock",
                event.time_us
            ));
        };
        self.note_gap(event.time_us);
        if self.position.time_us < Some(event.time_us) {
            self.position.time_us = Some(event.time_us);
            if self.position.host.as_deref() != Some(&*self.host) {
                self.position.host = Some(self.host.clone());
            }
        }
        if event.kind == "identity" {
            self.renamed.push(event.did.clone().into_owned());
        }
        if let Some(account) = event.account()? {
            return self.account(&event.did, &account, seen);
        }
        let Some(commit) = event.commit()? else {
            return Ok(());
        };
        match commit.change()? {
            Change::Post { record, edited } => {
                let place = Place {
                    did: &event.did,
                    rkey: &commit.rkey,
                    seen,
                    now,
                };
                self.post(frame, &commit, place, record, edited)
            }
            Change::Deletion => self.deletion(&event.did, &commit, seen),
            Change::Repost(record) => self.repost(&event.did, record),
            Change::Other => Ok(()),
        }
    }

    /// The event at the cursor is given again unless the server no longer has it: it begins with the oldest it has then.
    fn note_gap(&mut self, first: i64) {
        let Some(from) = self.resumed.take().and_then(time) else {
            return;
        };
        if let Some(to) = time(first).filter(|to| *to > from + LATE) {
            self.page.gap = Some(Gap { from, to });
        }
    }

    fn post(
        &mut self,
        frame: &str,
        commit: &Commit<'_>,
        place: Place<'_>,
        record: &str,
        edited: bool,
    ) -> Result<(), String> {
        let record = Record::read(record)?;
        let mentions = self.followed.names(&record.mentioned());
        // Whether an edit is of a post that concerned us before only the lake knows.
        if !edited && !self.concerns(place.did, &record.text, &mentions) {
            return Ok(());
        }
        let post = record.post(place, frame, edited)?;
        if self.is_new(place.did, commit, place.seen) {
            self.keep(post, place.did, mentions);
        }
        Ok(())
    }

    fn concerns(&self, did: &str, text: &str, mentions: &[String]) -> bool {
        self.watchlist.is_empty()
            || !mentions.is_empty()
            || self.followed.name(did).is_some()
            || self.watchlist.occurs_in(text, "bluesky")
    }

    fn keep(&mut self, mut post: Post, did: &str, mentions: Vec<String>) {
        if let Some(name) = self.followed.name(did) {
            name.clone_into(&mut post.author);
        }
        if !mentions.is_empty() {
            self.page.mentions.insert(post.key.clone(), mentions);
        }
        self.page.posts.push(post);
    }

    /// False when it was given out before. A commit without a revision cannot be told from another one.
    fn is_new(&mut self, did: &str, commit: &Commit<'_>, seen: Timestamp) -> bool {
        let words = [did, &commit.collection, &commit.rkey, &commit.rev];
        commit.rev.is_empty() || self.position.seen.note(fingerprint(&words), seen)
    }

    fn deletion(&mut self, did: &str, commit: &Commit<'_>, seen: Timestamp) -> Result<(), String> {
        let key = PostKey::new("bluesky", &record::address(did, &commit.rkey)?);
        if self.is_new(did, commit, seen) {
            // What is deleted is not handed out as well, in whatever order the two are taken.
            self.page.posts.retain(|post| post.key != key);
            self.page.mentions.remove(&key);
            self.page.deleted.push(key);
        }
        Ok(())
    }

    /// One that is open again before the page is given out was never closed.
    fn account(&mut self, did: &str, account: &Account<'_>, seen: Timestamp) -> Result<(), String> {
        if account.is_open() {
            let own = record::all_of(did)?;
            self.page.closed.retain(|closed| *closed != own);
        } else if account.is_closed() {
            let own = record::all_of(did)?;
            let words = [did, "account", &account.time];
            if self.position.seen.note(fingerprint(&words), seen) {
                self.page.closed.push(own);
            }
        }
        Ok(())
    }

    /// Only the watchlist's accounts bring what others wrote; the originals are looked up afterwards.
    fn repost(&mut self, did: &str, record: &str) -> Result<(), String> {
        if self.followed.name(did).is_none() {
            return Ok(());
        }
        let repost: Repost<'_> = serde_json::from_str(record)
            .map_err(|error| format!("the repost cannot be read: {}", record::words(&error)))?;
        let uri = &*repost.subject.uri;
        if record::parts(uri).is_none() {
            return Ok(());
        }
        if self.position.reposted.len() < MOST_REPOSTED {
            self.position.reposted.insert(uri.to_owned());
            Ok(())
        } else {
            Err(format!(
                "{MOST_REPOSTED} reposts already wait for their originals"
            ))
        }
    }

    /// Puts what cannot be read aside.
    pub(super) fn refuse(&mut self, input: &str, reason: String, now: Timestamp) {
        let place = match self.position.time_us {
            Some(time) => format!("{} near {time}", self.host),
            None => self.host.clone(),
        };
        let refused = quarantine(&self.source, place, input, reason, now);
        self.page.quarantined.push(refused);
    }

    /// Originals that are still to be looked up.
    pub(super) fn reposted(&self) -> Vec<String> {
        self.position.reposted.iter().cloned().collect()
    }

    /// Takes in what the AppView shows of `addresses`. What it does not show is deleted, or hidden from everyone.
    pub(super) fn originals(&mut self, addresses: &[String], views: &[&str], now: Timestamp) {
        for view in views {
            match view::read(view, now) {
                Ok(shown) => {
                    let mentions = self.followed.names(&shown.mentioned);
                    if let Some(did) = did(&shown.post.key).map(str::to_owned) {
                        self.keep(shown.post, &did, mentions);
                    }
                }
                Err(reason) => self.refuse(view, reason, now),
            }
        }
        self.taken += addresses.len();
        for address in addresses {
            self.position.reposted.remove(address);
        }
    }

    /// The authors of the page's posts; none with an empty watchlist, where too many would have to be looked up.
    pub(super) fn authors(&self) -> BTreeSet<String> {
        if self.watchlist.is_empty() {
            return BTreeSet::new();
        }
        let dids = self.page.posts.iter().filter_map(|post| did(&post.key));
        dids.map(str::to_owned).collect()
    }

    /// Writes what is known of the authors into their posts. An account of the watchlist keeps its name there.
    pub(super) fn introduce(&mut self, profiles: &HashMap<String, Profile>) {
        for post in &mut self.page.posts {
            let Some(did) = did(&post.key) else { continue };
            let Some(profile) = profiles.get(did) else {
                continue;
            };
            if self.followed.name(did).is_none() {
                post.author.clone_from(&profile.handle);
            }
            if profile.name.is_some() {
                post.author_name.clone_from(&profile.name);
            }
            post.followers = profile.followers;
        }
    }

    /// Accounts whose handles may have changed since this was last asked.
    pub(super) fn renamed(&mut self) -> Vec<String> {
        mem::take(&mut self.renamed)
    }

    /// Whether nothing has come since the last page.
    pub(super) fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// Whether the page is large enough to be given out.
    pub(super) fn is_full(&self) -> bool {
        let most = if self.watchlist.is_empty() {
            MOST_UNASKED
        } else {
            MOST_POSTS
        };
        self.page.posts.len() >= most
            || self.page.deleted.len() >= MOST_OTHERS
            || self.page.closed.len() >= MOST_OTHERS
            || self.page.quarantined.len() >= MOST_OTHERS
    }

    /// The time of the latest event.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.position.time_us.and_then(time)
    }

    /// Gives the page out.
    pub(super) fn give(&mut self) -> Result<Page, SourceError> {
        if let Some(newest) = self.newest() {
            // As far back as any server is asked again, and a little more: events are not quite in order.
            self.position.seen.forget_before(newest - OTHER_REWIND * 2);
        }
        for own in &self.page.closed {
            self.page
                .posts
                .retain(|post| !post.key.as_str().starts_with(own));
        }
        let position = position::stored(&self.position)?;
        self.taken = 0;
        Ok(Page {
            position,
            watermark: self.newest(),
            ..mem::take(&mut self.page)
        })
    }
}

/// The author of the post of this key.
fn did(key: &PostKey) -> Option<&str> {
    let address = key.as_str().strip_prefix("bluesky:")?;
    record::parts(address).map(|(did, _)| did)
}

fn time(micros: i64) -> Option<Timestamp> {
    DateTime::from_timestamp_micros(micros).map(truncate_to_millis)
}

/// What is asked of the server: events of posts, and of reposts where accounts are followed.
pub(super) fn collections(follows: bool) -> &'static [&'static str] {
    const BOTH: &[&str] = &[POSTS, super::event::REPOSTS];
    if follows { BOTH } else { &[POSTS] }
}
