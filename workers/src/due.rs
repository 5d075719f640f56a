//! What is due for publication: every hour that is over, for every channel that has not had it.
//!
//! Looks at the warehouse's ledger and never at the clock's last tick, so that hours missed in a downtime are published
//! too. Called at start, every minute, and after each transform; running it twice is safe, since a slot is an id.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, Utc};
use moodwire_model::{Hour, slot};
use moodwire_queue::{CHUNK, Lease, NewJob, State, Verdict};

use moodwire_warehouse::PublicationState;

use crate::{Deps, again, payload::Publish};

/// Enqueues the publication of each due hour to each channel, oldest hour first, and revives what the queue takes for
/// done. How many were new.
pub async fn enqueue(deps: &Deps) -> Result<usize, Verdict> {
    let due = unpublished(deps).await?;
    let mut new = 0;
    for (place, job, duplicate) in enqueue_each(deps, &due, None).await? {
        if !duplicate || revive(deps, place, job).await? {
            new += 1;
        }
    }
    Ok(new)
}

/// The same for the hours that a transform has just filled.
pub async fn enqueue_after(
    deps: &Deps,
    transform: &Lease,
    hours: &BTreeSet<Hour>,
) -> Result<(), Verdict> {
    let mut due = unpublished(deps).await?;
    due.retain(|(hour, _)| hours.contains(hour));
    enqueue_each(deps, &due, Some(transform)).await?;
    Ok(())
}

/// A due publication: the hour and the channel's name.
pub type Due = (Hour, String);

/// Enqueues each, in chunks; with each, its job and whether that was a duplicate.
async fn enqueue_each<'a>(
    deps: &Deps,
    due: &'a [Due],
    parent: Option<&Lease>,
) -> Result<Vec<(&'a Due, NewJob, bool)>, Verdict> {
    let mut all = Vec::with_capacity(due.len());
    for chunk in due.chunks(CHUNK) {
        let jobs: Vec<NewJob> = chunk
            .iter()
            .map(|(hour, channel)| job(deps, *hour, channel, parent))
            .collect();
        let enqueued = deps
            .queue
            .enqueue(&jobs)
            .await
            .map_err(deps.store_failed())?;
        let duplicates = enqueued.into_iter().map(|enqueued| enqueued.duplicate);
        all.extend(
            chunk
                .iter()
                .zip(jobs)
                .zip(duplicates)
                .map(|((place, job), duplicate)| (place, job, duplicate)),
        );
    }
    Ok(all)
}

fn job(deps: &Deps, hour: Hour, channel: &str, parent: Option<&Lease>) -> NewJob {
    let id = slot::publish(channel, hour);
    let mut job = deps.job(slot::PUBLISH, id, &Publish::of(channel, hour));
    job.parent = parent.map(|lease| lease.id.clone());
    job.root = parent.map(|lease| lease.root.clone().unwrap_or_else(|| lease.id.clone()));
    job
}

/// The due publications that the ledger has no end of, oldest hour first; none to channels that are disabled.
async fn unpublished(deps: &Deps) -> Result<Vec<Due>, Verdict> {
    // Hours that are not over are never due.
    let due = unpublished_within(deps, None, Hour::of(deps.now())).await;
    due.map_err(deps.store_failed())
}

/// The same, of the hours in `[from, before)` alone.
///
/// # Errors
/// The warehouse's, when it cannot be read.
pub async fn unpublished_within(
    deps: &Deps,
    from: Option<Hour>,
    before: Hour,
) -> moodwire_warehouse::Result<Vec<Due>> {
    let now = deps.now();
    let over = Hour::of(deps.publish.horizon.map_or(now, |horizon| horizon.min(now)));
    let first_start = deps.warehouse.installed_at(now).await?;
    // The hours of a channel that is disabled stay due; no job could do anything about them.
    let disabled = deps.warehouse.disabled_channels().await?;
    let names = deps.channels.keys();
    let channels: Vec<String> = names
        .filter(|name| !disabled.contains_key(*name))
        .cloned()
        .collect();
    deps.warehouse
        .unpublished(
            &channels,
            earliest(deps.publish.catch_up, now).max(from),
            over.min(before),
            Hour::of(first_start),
        )
        .await
}

/// The first hour that is caught up with, `catch_up` back from now; none: there is no bound.
pub fn earliest(catch_up: Option<Duration>, now: DateTime<Utc>) -> Option<Hour> {
    catch_up
        .and_then(|back| chrono::TimeDelta::from_std(back).ok())
        .map(|back| Hour::of(now - back))
}

/// A publication that the ledger says is due, while its job's kept row says that it is done: the ledger was restored or
/// undone since. Correctness rests on the ledger, so the hour runs once more, under an id of its own.
async fn revive(deps: &Deps, (hour, channel): &Due, job: NewJob) -> Result<bool, Verdict> {
    let row = deps.queue.get(&job.id).await.map_err(deps.store_failed())?;
    if row.is_none_or(|row| row.state != State::Done) {
        return Ok(false);
    }
    // Asked once more: the job may have come to its end since the ledger was read.
    let publication = deps
        .warehouse
        .publication(*hour, channel)
        .await
        .map_err(deps.store_failed())?;
    let settled = publication.is_some_and(|publication| {
        !matches!(
            publication.state,
            PublicationState::Claimed | PublicationState::Sending
        )
    });
    if settled {
        return Ok(false);
    }
    again::once_more(deps, &job).await
}
