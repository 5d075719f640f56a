//! The filtered stream: posts as X sends them over a connection that stays open, and by search what came while none was.
//!
//! A connection brings nothing of the time before it, and search shows nothing of the last half minute. So a pass of search
//! follows each connect, and another one once search shows everything up to it; only then the stream's own posts move the
//! position. (X documentation, fundamentals/recovery-and-redundancy, handling-disconnections.)

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use moodwire_model::{Reads, Timestamp};
use reqwest::Method;
use serde_json::Value;
use tokio::{runtime::Handle, time::timeout};

use super::{
    Feed, accounts,
    answer::Answer,
    dialect::{Dialect, Extras},
    disconnect,
    gather::Gathering,
    id::Id,
    lines::{Line, Lines, SILENCE},
    originals, page,
    position::Position,
    refusal,
    request::give_back,
    rules,
    sweep::LAG,
};
use crate::{Budget, Page, SourceError, Stream, http};

/// How long a call waits for a line.
const WAIT: Duration = Duration::from_secs(1);

/// The most lines of one page.
const LINES: usize = 500;

/// For so many posts the budget is asked at once.
const AHEAD: u64 = 50;

/// A line holds a post and at most two that it refers to.
const WITH_REFERENCES: u64 = 3;

/// The largest refusal, in bytes.
const MAX_REFUSAL: usize = 1024 * 1024;

/// What is missing from before the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Search has yet to catch up with the present.
    Open,
    /// Search goes on from this moment, when it shows what was written until the connection.
    Until(Timestamp),
    /// Nothing.
    Closed,
}

/// An open connection.
pub(super) struct FilteredStream {
    feed: Arc<Feed>,
    budget: Arc<dyn Budget>,
    lines: Lines,
    position: Position,
    connected: Timestamp,
    /// Whether it begins, and no page has said yet since when.
    begins: bool,
    gap: Gap,
    /// Not before this moment may search go on.
    search_at: Timestamp,
    /// Lines that no page has given out.
    taken: Vec<Vec<u8>>,
    /// The newest id of this connection.
    newest: Option<Id>,
    /// What is paid for and has not come yet.
    ahead: Reads,
    /// Why there is nothing more once what was taken is given out.
    ended: Option<SourceError>,
}

/// Connects, once the rules are as the watchlist has them.
pub(super) async fn connect(
    feed: Arc<Feed>,
    position: &Value,
    budget: Arc<dyn Budget>,
) -> Result<FilteredStream, SourceError> {
    let now = feed.now();
    let mut position = Position::of(position);
    let unknown = accounts::unknown(&feed, &position);
    accounts::look_up(&feed, &unknown, &mut position, &*budget, now).await?;
    let ahead = feed.reads(AHEAD, WITH_REFERENCES);
    budget.take(ahead).await?;
    let response = match open(&feed, now).await {
        Ok(response) => response,
        Err(error) => {
            give_back(&*budget, ahead).await;
            return Err(error);
        }
    };
    let connected = feed.now();
    let begins = position.complete.is_none() && position.begun.is_none();
    if begins {
        position.complete = Some(connected);
    }
    Ok(FilteredStream {
        lines: Lines::of(response, feed.host.clone()),
        feed,
        budget,
        position,
        connected,
        begins,
        gap: if begins { Gap::Closed } else { Gap::Open },
        search_at: connected,
        taken: Vec::new(),
        newest: None,
        ahead,
        ended: None,
    })
}

async fn open(feed: &Feed, now: Timestamp) -> Result<reqwest::Response, SourceError> {
    rules::synchronise(feed, now).await?;
    // The stream takes the names of before, whatever the other routes take.
    let query = Dialect::Tweet.parameters(Extras {
        users: feed.plan.users,
        references: true,
    });
    let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, &**value)).collect();
    let path = ["tweets", "search", "stream"];
    let request = feed.request(&feed.endless, Method::GET, &path, &query);
    let silent = |_| SourceError::Retry(format!("{} does not begin its stream", feed.host));
    let sent = timeout(SILENCE, http::send(request, &feed.host));
    let response = sent.await.map_err(silent)??;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let whole = timeout(SILENCE, http::whole(response, &feed.host, MAX_REFUSAL));
    let answer = whole.await.map_err(silent)??;
    Err(refusal::of(status, &answer.headers, &answer.body, feed.place(now)).into())
}

#[async_trait]
impl Stream for FilteredStream {
    async fn next(&mut self) -> Result<Page, SourceError> {
        if std::mem::take(&mut self.begins) {
            // At once: from here on nothing is lost, even if the connection is cut before its first line.
            return self.page().await;
        }
        let now = self.feed.now();
        if self.searches(now) {
            match self.search(now).await {
                Err(SourceError::Later { until, reason }) => {
                    tracing::warn!(source = self.feed.name, reason, %until, "the stream goes on; what came before it is read later");
                    self.search_at = until;
                }
                read => return read,
            }
        }
        self.listen().await;
        if self.taken.is_empty()
            && let Some(error) = self.ended.take()
        {
            return Err(error);
        }
        self.page().await
    }
}

impl FilteredStream {
    fn searches(&self, now: Timestamp) -> bool {
        let due = match self.gap {
            Gap::Open => true,
            Gap::Until(at) => now >= at,
            Gap::Closed => false,
        };
        due && now >= self.search_at
    }

    /// A page of what search shows of the time without a connection.
    async fn search(&mut self, now: Timestamp) -> Result<Page, SourceError> {
        let stored = self.position.stored()?;
        let mut page = page::read(&self.feed, &stored, &*self.budget, now).await?;
        self.position = Position::of(&page.position);
        if page.end {
            let shown = self.position.complete.unwrap_or(now) - LAG;
            self.gap = if shown >= self.connected {
                self.position.streamed = self.position.streamed.max(self.newest);
                Gap::Closed
            } else {
                Gap::Until(self.connected + LAG)
            };
            page.position = self.position.stored()?;
        }
        Ok(page)
    }

    /// Takes the lines that are there, after a short wait for the first. May be dropped at any moment: they stay taken.
    async fn listen(&mut self) {
        if self.taken.is_empty()
            && self.ended.is_none()
            && let Ok(line) = timeout(WAIT, self.lines.lines.recv()).await
        {
            self.note(line);
        }
        while self.taken.len() < LINES
            && self.ended.is_none()
            && let Ok(line) = self.lines.lines.try_recv()
        {
            self.note(Some(line));
        }
    }

    fn note(&mut self, line: Option<Line>) {
        match line {
            Some(Ok(line)) => self.taken.push(line),
            Some(Err(error)) => self.ended = Some(error),
            None => {
                let ended = format!("the stream of {} is over", self.feed.host);
                self.ended = Some(SourceError::Retry(ended));
            }
        }
    }

    /// The page of the lines that were taken.
    async fn page(&mut self) -> Result<Page, SourceError> {
        let now = self.feed.now();
        let mut page = Page::default();
        let mut position = self.position.clone();
        let mut used = Reads::default();
        let mut ended = None;
        let mut gathering = Gathering::new(&self.feed, &mut page, &mut position, now);
        for line in &self.taken {
            let read = Answer::of(line).and_then(|answer| Some((answer.objects()?, answer)));
            let Some((objects, answer)) = read else {
                let text = String::from_utf8_lossy(line);
                gathering.refuse(&text, "the line of the stream cannot be read".to_owned());
                continue;
            };
            used.posts += objects.billed.posts;
            used.users += objects.billed.users;
            if objects.data.is_empty() {
                let problems = answer.errors.unwrap_or_default();
                ended = ended.or_else(|| disconnect::of(&problems, self.feed.place(now)));
            }
            gathering.take(&objects, None);
        }
        originals::complete(&mut gathering, Dialect::Tweet, &*self.budget).await?;
        let newest = gathering.newest;
        self.pay(used, &mut page).await;
        self.newest = self.newest.max(newest);
        if self.gap == Gap::Closed {
            position.streamed = position.streamed.max(self.newest);
            position.complete = Some(now);
        }
        page.end = self.gap != Gap::Open;
        page.watermark = position.complete.map(|complete| complete - LAG);
        page.position = position.stored()?;
        self.position = position;
        self.taken.clear();
        if let Some(error) = ended {
            self.end(error);
        }
        Ok(page)
    }

    /// Pays for what came, and ahead for what comes. Where no more is left, the stream ends.
    async fn pay(&mut self, used: Reads, page: &mut Page) {
        let beyond = Reads {
            posts: used.posts.saturating_sub(self.ahead.posts),
            users: used.users.saturating_sub(self.ahead.users),
        };
        self.ahead.posts = self.ahead.posts.saturating_sub(used.posts);
        self.ahead.users = self.ahead.users.saturating_sub(used.users);
        let one = self.feed.reads(1, WITH_REFERENCES);
        let enough = self.ahead.posts >= one.posts && self.ahead.users >= one.users;
        if enough {
            return;
        }
        let ahead = self.feed.reads(AHEAD, WITH_REFERENCES);
        let paid = async {
            if beyond.total() > 0 {
                self.budget.take(beyond).await?;
            }
            self.budget.take(ahead).await
        };
        match paid.await {
            Ok(()) => {
                self.ahead.posts += ahead.posts;
                self.ahead.users += ahead.users;
            }
            Err(error) => {
                if let SourceError::Later { until, .. } = &error {
                    page.limited_until = page.limited_until.max(Some(*until));
                }
                self.end(error);
            }
        }
    }

    /// Ends the connection; what was read of it is given out before the error.
    fn end(&mut self, error: SourceError) {
        self.lines.end();
        self.ended.get_or_insert(error);
    }
}

/// What was paid ahead is given back.
impl Drop for FilteredStream {
    fn drop(&mut self) {
        let (ahead, budget) = (self.ahead, self.budget.clone());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { give_back(&*budget, ahead).await });
        }
    }
}
