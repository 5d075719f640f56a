//! **collect**: one page-wise pass over a source, from its cursor.
//!
//! Enqueued by the scheduler at each tick, by a drain, by its own predecessor after 60 s, and by hand.
//! Of each page the posts that match the watchlist are stored, in an order that survives a crash at every step: the four
//! of `collect::batch`, and then (5) cursor moved. Running it twice is safe: posts are unique by key, an `open` batch that is
//! left behind is closed by upkeep, and the cursor moves by compare-and-set, so that of two collects of one source the
//! older one stops.
//!
//! A source that streams is read over one connection for 60 s at a time. A tick's pass follows it for good, slice after
//! slice; one that was asked for ends when it has caught up.

mod asked;
mod batch;
mod reading;

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use moodwire_model::{Batch, Cursor, Post, PostKey, Timestamp, slot};
use moodwire_queue::{JobRow, Lease, NewJob, State, Verdict};
use moodwire_sources::{Page, Source, SourceError, Watchlist};
use tokio_util::sync::CancellationToken;

use self::batch::Content;
pub use self::{asked::Asked, reading::Reading};
use crate::{
    Deps, budget, meters,
    payload::{self, Collect},
};

/// After this long a pass ends and enqueues its continuation, so that a handover never waits longer.
const SLICE: Duration = Duration::from_secs(60);

/// How long a pass that may not be skipped waits for the one that is under way.
const BUSY_WAIT: TimeDelta = TimeDelta::seconds(2);

/// Runs the job. Once `stop` is cancelled it hands over after the page that it reads.
pub async fn run(deps: &Deps, lease: &Lease, stop: &CancellationToken) -> Result<(), Verdict> {
    let job: Collect = payload::decode(&lease.payload)?;
    let source = deps.sources.get(&job.source).ok_or_else(|| {
        Verdict::dead(format!(
            "no source is named \"{}\": configure it, or discard this job",
            job.source
        ))
    })?;
    let Some(mut cursor) = begin(deps, lease, &job).await? else {
        return Ok(());
    };
    let begun = tokio::time::Instant::now();
    let budget = budget::of(&**source, &deps.lake, &deps.clock);
    let mut reading = match Reading::begin(&**source, &cursor.position, budget).await {
        Ok(reading) => reading,
        Err(error) => return Err(stalled(deps, cursor, error).await?),
    };
    let follows = job.follow && reading.is_stream();
    loop {
        let page = match reading.next(&cursor.position).await {
            Ok(page) => {
                let (mut page, edits) = matching(&deps.watchlist, page);
                page.posts
                    .extend(of_collected(deps, &page.posts, edits).await?);
                page
            }
            Err(error) => return Err(stalled(deps, cursor, error).await?),
        };
        if !withdraw_watermark(deps, &**source, &mut cursor, &page).await? {
            return taken_over(&job);
        }
        let after = After::of(&page, follows, deps.now(), || {
            begun.elapsed() >= SLICE || stop.is_cancelled()
        });
        let next = (after == After::HandOver).then(|| continuation(deps, lease, &job, follows));
        if !follows {
            // Before the cursor is given free: a crash in between leaves two collects, of which one stops.
            enqueue(deps, next.as_ref()).await?;
        }
        let more = after == After::ReadOn;
        if !store_page(deps, lease, &**source, &mut cursor, page, more).await? {
            return taken_over(&job);
        }
        match after {
            After::ReadOn => {}
            After::Limited(until) => {
                return Err(Verdict::later(until, "the network's rate limit is used up"));
            }
            // A slice that follows is skipped while another one reads, and must find the cursor free.
            After::HandOver if follows => return enqueue(deps, next.as_ref()).await,
            After::HandOver | After::End => return Ok(()),
        }
    }
}

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The next page.
    ReadOn,
    /// Another job, which goes on.
    HandOver,
    /// The same job, once the network lets it.
    Limited(Timestamp),
    /// Nothing.
    End,
}

impl After {
    fn of(page: &Page, follows: bool, now: Timestamp, is_over: impl FnOnce() -> bool) -> Self {
        match page.limited_until.filter(|until| *until > now) {
            _ if page.end && !follows => Self::End,
            Some(until) => Self::Limited(until),
            None if is_over() => Self::HandOver,
            None => Self::ReadOn,
        }
    }
}

/// The page with the posts of the watchlist alone, each with the actors that it matches; and beside it the edits that match
/// nobody, which are kept where an older version of the post was. With an empty watchlist every post stays as it is.
pub fn matching(watchlist: &Watchlist, mut page: Page) -> (Page, Vec<Post>) {
    if watchlist.is_empty() {
        return (page, Vec::new());
    }
    let mentions = std::mem::take(&mut page.mentions);
    let mut edits = Vec::new();
    for mut post in std::mem::take(&mut page.posts) {
        let mentioned = mentions.get(&post.key).map_or(&[][..], Vec::as_slice);
        post.actors = watchlist.matches(&post, mentioned);
        if !post.actors.is_empty() {
            page.posts.push(post);
        } else if post.edited_at.is_some() {
            edits.push(post);
        }
    }
    (page, edits)
}

/// Of edits that match nobody those of posts that are collected, or come with the same page: what was collected is kept as
/// it is now, and no longer counts for those whom it no longer concerns.
async fn of_collected(
    deps: &Deps,
    page: &[Post],
    mut edits: Vec<Post>,
) -> Result<Vec<Post>, Verdict> {
    let mut there: BTreeSet<PostKey> = page.iter().map(|post| post.key.clone()).collect();
    for edits in edits.chunks(Batch::MAX_POSTS) {
        let keys: Vec<PostKey> = edits.iter().map(|post| post.key.clone()).collect();
        let stored = deps.lake.hours_of(&keys).await;
        there.extend(stored.map_err(deps.store_failed())?.into_keys());
    }
    edits.retain(|post| there.contains(&post.key));
    Ok(edits)
}

/// An unordered source that has more to read no longer knows that every post before its watermark is collected. Said
/// before the page is stored, or an hour could be sealed between two pages. False when another collect has moved the
/// cursor.
async fn withdraw_watermark(
    deps: &Deps,
    source: &dyn Source,
    cursor: &mut Cursor,
    page: &Page,
) -> Result<bool, Verdict> {
    if source.is_ordered() || cursor.watermark.is_none() || page.posts.is_empty() {
        return Ok(true);
    }
    cursor.watermark = None;
    move_cursor(deps, cursor).await
}

fn taken_over(job: &Collect) -> Result<(), Verdict> {
    tracing::warn!(source = %job.source, "another collect has taken over the source; this one stops");
    Ok(())
}

/// Takes the source's cursor; none when another collect holds it and this one is to be skipped.
async fn begin(deps: &Deps, lease: &Lease, job: &Collect) -> Result<Option<Cursor>, Verdict> {
    let mut cursor = deps
        .lake
        .cursor(&job.source)
        .await
        .map_err(deps.store_failed())?;
    if let Some(holder) = cursor
        .holder
        .as_deref()
        .filter(|holder| *holder != lease.id)
        && is_running(deps, holder).await?
    {
        if job.wait {
            return Err(Verdict::later(
                deps.now() + BUSY_WAIT,
                format!("{holder} is collecting the source"),
            ));
        }
        tracing::info!(source = %job.source, %holder, "tick skipped: its predecessor still runs");
        return Ok(None);
    }
    if let Some(until) = cursor.limited_until.filter(|until| *until > deps.now()) {
        if job.wait || cursor.holder.as_deref() == Some(&*lease.id) {
            let reason = cursor.stalled.unwrap_or_else(|| "a rate limit".to_owned());
            return Err(Verdict::later(until, reason));
        }
        tracing::info!(source = %job.source, %until, "tick skipped: the source is limited");
        return Ok(None);
    }
    cursor.holder = Some(lease.id.clone());
    if move_cursor(deps, &mut cursor).await? {
        Ok(Some(cursor))
    } else {
        // Another collect began in the same instant.
        Err(Verdict::later(
            deps.now() + BUSY_WAIT,
            "another collect of the source began in the same instant",
        ))
    }
}

/// Whether a job holds a live lease.
pub(crate) async fn is_running(deps: &Deps, job: &str) -> Result<bool, Verdict> {
    let row = deps.queue.get(job).await.map_err(deps.store_failed())?;
    let now = deps.queue.now().await.map_err(deps.store_failed())?;
    Ok(row.is_some_and(|row: JobRow| {
        row.state == State::Running && row.leased_until.is_some_and(|until| until > now)
    }))
}

async fn move_cursor(deps: &Deps, cursor: &mut Cursor) -> Result<bool, Verdict> {
    cursor.moved_at = Some(deps.now());
    let moved = deps
        .lake
        .save_cursor(cursor)
        .await
        .map_err(deps.store_failed())?;
    if let Some(version) = moved {
        cursor.version = version;
    }
    Ok(moved.is_some())
}

/// Steps 1 to 5 for one page. False when another collect has moved the cursor in between.
async fn store_page(
    deps: &Deps,
    lease: &Lease,
    source: &dyn Source,
    cursor: &mut Cursor,
    page: Page,
    more: bool,
) -> Result<bool, Verdict> {
    let quarantined = deps
        .lake
        .quarantine(&page.quarantined)
        .await
        .map_err(deps.store_failed())?;
    let mut stored = moodwire_lake::Inserted::default();
    for posts in page.posts.chunks(Batch::MAX_POSTS) {
        let came = batch::store(deps, lease, source, Content::Posts(posts)).await?;
        stored.inserted += came.inserted;
        stored.duplicates += came.duplicates;
    }
    for keys in page.deleted.chunks(Batch::MAX_POSTS) {
        batch::store(deps, lease, source, Content::Deleted(keys)).await?;
    }
    for account in &page.closed {
        delete_all_of(deps, lease, source, account).await?;
    }
    meters::collected(source.name(), stored, quarantined);
    cursor.position = page.position;
    cursor.totals.posts += stored.inserted;
    cursor.totals.duplicates += stored.duplicates;
    cursor.totals.quarantined += quarantined;
    cursor.limited_until = page.limited_until;
    cursor.stalled = None;
    if let Some(gap) = page.gap {
        tracing::warn!(source = source.name(), from = %gap.from, to = %gap.to, "the network no longer has the posts of this time");
        cursor.gap = Some(gap);
    }
    if page.end || page.watermark.is_some() {
        cursor.watermark = page.watermark;
    }
    if !more {
        cursor.holder = None;
    }
    move_cursor(deps, cursor).await
}

/// Deletes what an account posted, a batch at a time. Where a crash comes in between, the page is read again.
async fn delete_all_of(
    deps: &Deps,
    lease: &Lease,
    source: &dyn Source,
    account: &str,
) -> Result<(), Verdict> {
    let mut last = None;
    loop {
        let keys = deps
            .lake
            .keys_under(account, last.as_ref(), Batch::MAX_POSTS)
            .await
            .map_err(deps.store_failed())?;
        if keys.is_empty() {
            return Ok(());
        }
        batch::store(deps, lease, source, Content::Deleted(&keys)).await?;
        last = keys.last().cloned();
    }
}

/// The job that goes on where this one stops. One of a paged source is no tick: another worker may take it before this
/// pass has given the cursor free, and a tick would be skipped.
fn continuation(deps: &Deps, lease: &Lease, job: &Collect, follows: bool) -> NewJob {
    let mut next = job.clone();
    next.wait = !follows;
    let mut next = deps.job(slot::COLLECT, slot::continuation(&lease.id), &next);
    next.parent = Some(lease.id.clone());
    next.root = Some(lease.root.clone().unwrap_or_else(|| lease.id.clone()));
    next
}

async fn enqueue(deps: &Deps, job: Option<&NewJob>) -> Result<(), Verdict> {
    if let Some(job) = job {
        deps.queue
            .enqueue(std::slice::from_ref(job))
            .await
            .map_err(deps.store_failed())?;
    }
    Ok(())
}

/// Notes on the cursor that the last pass failed, so that hours do not wait for the source for ever.
async fn stalled(deps: &Deps, mut cursor: Cursor, error: SourceError) -> Result<Verdict, Verdict> {
    cursor.stalled = Some(error.to_string());
    cursor.limited_until = match &error {
        SourceError::Later { until, .. } => Some(*until),
        SourceError::Retry(_) | SourceError::Dead(_) => None,
    };
    cursor.holder = None;
    // When another collect has taken the cursor meanwhile, the note is its to make.
    let _taken_over = move_cursor(deps, &mut cursor).await?;
    Ok(match error {
        SourceError::Later { until, reason } => Verdict::later(until, reason),
        SourceError::Retry(_) => Verdict::retry(error),
        SourceError::Dead(reason) => Verdict::dead(reason),
    })
}
