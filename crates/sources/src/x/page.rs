//! One page of an X source: at most a hundred posts of the query or account whose turn it is.

use std::sync::atomic::Ordering;

use moodwire_model::{Reads, Timestamp};
use serde_json::Value;

use super::{
    Feed, accounts,
    answer::Answer,
    dialect::{Dialect, Extras},
    gather::Gathering,
    originals,
    position::{Position, Sweep},
    refusal::{Problems, Refusal},
    request,
    sweep::{self, LAG},
    target::Target,
};
use crate::{Budget, Page, SourceError, http, limits};

/// The most posts of a page, and how many are asked for where the budget has not so many left: as few as X gives at once.
/// (X OpenAPI: search 10 to 100, timelines 5 to 100.)
const SEARCH: [u64; 2] = [100, 10];
const TIMELINE: [u64; 2] = [100, 5];

/// A post of a timeline comes with at most two others: what it answers and what it quotes.
const WITH_REFERENCES: u64 = 3;

/// How often a page is asked for in another way once X has refused where it begins.
const MENDS: u32 = 3;

/// Reads the page at `stored`. `now` is the moment that the read began.
pub(super) async fn read(
    feed: &Feed,
    stored: &Value,
    budget: &dyn Budget,
    now: Timestamp,
) -> Result<Page, SourceError> {
    let mut pass = Pass {
        feed,
        budget,
        now,
        position: Position::of(stored),
        page: Page::default(),
    };
    pass.step().await?;
    pass.end()
}

/// A step of a pass.
struct Pass<'a> {
    feed: &'a Feed,
    budget: &'a dyn Budget,
    now: Timestamp,
    position: Position,
    page: Page,
}

impl Pass<'_> {
    async fn step(&mut self) -> Result<(), SourceError> {
        if self.position.begun.is_none() {
            self.begin();
            let unknown = accounts::unknown(self.feed, &self.position);
            if !unknown.is_empty() {
                // A page of its own: what was paid for is kept before anything else can fail.
                let limited = accounts::look_up(
                    self.feed,
                    &unknown,
                    &mut self.position,
                    self.budget,
                    self.now,
                )
                .await?;
                self.page.limited_until = limited;
                self.skip_unknown();
                return Ok(());
            }
        }
        match self.target() {
            Some(target) => self.target_page(target).await,
            None => Ok(()),
        }
    }

    fn begin(&mut self) {
        let (feed, position) = (self.feed, &mut self.position);
        position.begun = Some(self.now);
        position.sweep = None;
        position.next = feed.plan.targets.first().map(|target| target.key.clone());
        let follows = |key: &String| feed.plan.targets.iter().any(|target| target.key == *key);
        position.newest.retain(|key, _| follows(key));
        position
            .users
            .retain(|key, _| feed.plan.accounts.contains(key));
    }

    /// The target whose turn it is. Where it is no longer configured, the pass begins anew.
    fn target(&mut self) -> Option<Target> {
        let targets = &self.feed.plan.targets;
        let key = self.position.next.as_ref()?;
        let known = targets.iter().find(|target| target.key == *key);
        let target = known.or(targets.first())?.clone();
        self.position.next = Some(target.key.clone());
        self.skip_unknown();
        let next = self.position.next.as_ref()?;
        targets.iter().find(|target| target.key == *next).cloned()
    }

    /// Passes over accounts that X does not know.
    fn skip_unknown(&mut self) {
        while let Some(key) = self.position.next.clone() {
            let mut targets = self.feed.plan.targets.iter();
            let query = targets.any(|target| target.key == key && target.query.is_some());
            if query || self.position.users.contains_key(&key) {
                return;
            }
            self.position.next = self.after(&key);
        }
    }

    fn after(&self, key: &str) -> Option<String> {
        let targets = &self.feed.plan.targets;
        let mut rest = targets.iter().skip_while(|target| target.key != key);
        rest.nth(1).map(|target| target.key.clone())
    }

    async fn target_page(&mut self, target: Target) -> Result<(), SourceError> {
        let under_way = self.position.sweep.take();
        let mut sweep = match under_way.filter(|sweep| sweep.of == target.key) {
            Some(sweep) => sweep,
            None => {
                let (sweep, gap) = sweep::begin(self.feed, &self.position, &target, self.now);
                self.page.gap = gap;
                sweep
            }
        };
        let mut mends = 0..MENDS;
        let answer = loop {
            match self.ask(&target, &sweep).await {
                Ok(answer) => break answer,
                Err(Refusal::Gone(said)) if target.query.is_none() => {
                    self.lose(&target, &said);
                    return Ok(());
                }
                Err(Refusal::Invalid(said, problems)) if self.goes_back(&problems) => {
                    tracing::warn!(
                        source = self.feed.name,
                        said,
                        "the server does not know the names of the dialect \"post\" and is asked in \"tweet\""
                    );
                }
                Err(Refusal::Invalid(said, problems)) if self.goes_plain(&target, &problems) => {
                    tracing::warn!(
                        source = self.feed.name,
                        said,
                        "timelines are read without expansions, and originals of reposts looked up"
                    );
                }
                Err(Refusal::Invalid(said, problems)) => {
                    let position = &self.position;
                    let once_more = mends.next();
                    let mended = once_more
                        .and_then(|_| sweep::mend(&mut sweep, &problems, position, self.now));
                    let Some(gap) = mended else {
                        return Err(Refusal::Invalid(said, problems).into());
                    };
                    tracing::warn!(
                        source = self.feed.name,
                        said,
                        "X does not go on from there; the source goes on from where it does"
                    );
                    self.page.gap = gap.or(self.page.gap);
                }
                Err(refusal) => return Err(refusal.into()),
            }
        };
        self.take(&target, sweep, answer).await
    }

    /// Whether the server is to be asked in the names of before, which X's own local server alone knows; once it is so it
    /// stays so. What is configured stands.
    fn goes_back(&self, problems: &Problems) -> bool {
        self.feed.plan.dialect.is_none()
            && (problems.names("expansions") || problems.names("post.fields"))
            && !self.feed.former.swap(true, Ordering::Relaxed)
    }

    /// Whether a timeline is to be asked for again without expansions, which X's own local server refuses there. In the
    /// dialect `tweet` the fields alone tell whose a post is and what it repeats; once it is so it stays so.
    fn goes_plain(&self, target: &Target, problems: &Problems) -> bool {
        target.query.is_none()
            && self.feed.dialect() == Dialect::Tweet
            && problems.names("expansions")
            && !self.feed.plain.swap(true, Ordering::Relaxed)
    }

    /// Asks for the page, a smaller one where the budget has no more left.
    async fn ask(&self, target: &Target, sweep: &Sweep) -> Result<(http::Answer, Reads), Refusal> {
        let feed = self.feed;
        let (sizes, of_each) = match target.query {
            Some(_) => (SEARCH, 1),
            None => (TIMELINE, WITH_REFERENCES),
        };
        let [most, least] = sizes;
        let mut size = most;
        let mut taken = feed.reads(size, of_each);
        let mut answer = self.budget.take(taken).await;
        if matches!(answer, Err(SourceError::Later { .. })) {
            size = least;
            taken = feed.reads(size, of_each);
            answer = self.budget.take(taken).await;
        }
        answer.map_err(Refusal::Source)?;
        let mut query = sweep.parameters(target, size);
        let timeline = target.query.is_none();
        let plain = timeline && feed.plain.load(Ordering::Relaxed);
        query.extend(feed.dialect().parameters(Extras {
            users: feed.plan.users && !plain,
            references: timeline && !plain,
        }));
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, &**value)).collect();
        let id = self
            .position
            .users
            .get(&target.key)
            .map(ToString::to_string);
        let path = match (&target.query, &id) {
            (None, Some(id)) => vec!["users", id, "tweets"],
            _ => vec!["tweets", "search", "recent"],
        };
        let answer = feed
            .buy(&path, &query, taken, self.budget, self.now)
            .await?;
        Ok((answer, taken))
    }

    async fn take(
        &mut self,
        target: &Target,
        mut sweep: Sweep,
        (answer, taken): (http::Answer, Reads),
    ) -> Result<(), SourceError> {
        let feed = self.feed;
        let read = Answer::of(&answer.body).and_then(|read| Some((read.objects()?, read)));
        let Some((objects, read)) = read else {
            return Err(feed.strange("list of posts"));
        };
        let limited = request::settle(self.budget, taken, objects.billed).await;
        self.page.limited_until = limited.max(limits::used_up(&answer.headers, self.now));
        if read.is_silent() {
            return self.silent(target, &read);
        }
        let mut gathering = Gathering::new(feed, &mut self.page, &mut self.position, self.now);
        let owner = Some(&*target.key).filter(|_| target.query.is_none());
        gathering.take(&objects, owner);
        originals::complete(&mut gathering, feed.dialect(), self.budget).await?;
        let highest = gathering.newest;
        let meta = read.meta.unwrap_or_default();
        let more = sweep.turn(meta.newest_id.or(highest), meta.next_token);
        if more {
            self.position.sweep = Some(sweep);
        } else {
            if let Some(newest) = sweep.newest.max(sweep.since) {
                self.position.newest.insert(target.key.clone(), newest);
            }
            self.go_on(target);
        }
        Ok(())
    }

    /// An answer without posts and without word of how many there are: errors alone, or nothing.
    fn silent(&mut self, target: &Target, answer: &Answer<'_>) -> Result<(), SourceError> {
        let problem = answer.errors.as_ref().and_then(|problems| problems.first());
        match problem {
            Some(problem) if target.query.is_none() => {
                self.lose(target, &problem.words());
                Ok(())
            }
            Some(problem) => Err(SourceError::Retry(format!(
                "{} answered with an error in place of posts ({})",
                self.feed.host,
                problem.words()
            ))),
            None => Err(self.feed.strange("posts and no count of them")),
        }
    }

    /// Passes over an account whose posts are not to be had; its number is asked for again in the next pass.
    fn lose(&mut self, target: &Target, said: &str) {
        tracing::warn!(
            source = self.feed.name,
            account = target.key,
            said,
            "its posts are not to be had; the others are read"
        );
        self.position.users.remove(&target.key);
        self.go_on(target);
    }

    fn go_on(&mut self, target: &Target) {
        self.position.next = self.after(&target.key);
        self.skip_unknown();
    }

    fn end(mut self) -> Result<Page, SourceError> {
        self.page.end = self.position.next.is_none();
        if self.page.end {
            let begun = self.position.begun.take().unwrap_or(self.now);
            self.position.complete = Some(begun);
            self.page.watermark = Some(begun - LAG);
        }
        self.page.position = self.position.stored()?;
        Ok(self.page)
    }
}
