//! **publish**: one hour to one channel, at most once.
//!
//! Enqueued by [`crate::due`] for every hour that is over, and by hand. Claims the publication row, marks it `sending`,
//! sends, and records the answer. Running it twice is safe: the row is unique on hour and channel and every step is a
//! compare-and-set by the claimant, so that of two workers one sends; a `sending` that nobody finished becomes
//! `uncertain` and is held for a person, unless the channel says otherwise.

mod delivery;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_channels::SEND_DEADLINE;
use moodwire_model::{Hour, HourSummary, slot};
use moodwire_queue::{Lease, State, Verdict};
use moodwire_warehouse::{Claim, Publication, PublicationState};

use self::delivery::Delivery;
use crate::{
    ChannelEntry, Deps, OnUncertain, due,
    payload::{self, Publish},
    seal::seal,
};

/// How long a `sending` mark is believed: the send's own deadline and as much again, for clocks that differ.
const SENDING_TIMEOUT: Duration = Duration::from_secs(2 * SEND_DEADLINE.as_secs());

/// How long an hour waits for older ones that are about to go.
const ORDER_WAIT: TimeDelta = TimeDelta::milliseconds(100);

/// How long a claim that was lost in the same instant is waited for.
const TAKEN_OVER_WAIT: TimeDelta = TimeDelta::seconds(1);

/// Runs the job.
pub async fn run(deps: &Arc<Deps>, lease: &Lease) -> Result<(), Verdict> {
    let job: Publish = payload::decode(&lease.payload)?;
    let entry = deps.channels.get(&job.channel).ok_or_else(|| {
        Verdict::dead(format!(
            "no channel is named \"{}\": configure it, or discard this job",
            job.channel
        ))
    })?;
    let claimant = format!("{}#{}", lease.id, lease.token);
    if is_disabled(deps, &job.channel).await? {
        return stay_due(deps, entry, &job, &claimant).await;
    }
    seal(deps, job.hour).await?;
    let digest = deps
        .warehouse
        .digest_of(job.hour, &entry.selection)
        .await
        .map_err(deps.store_failed())?;
    if let Some(reason) = skipped(entry, &digest.summary) {
        deps.warehouse
            .skip(job.hour, &job.channel, &reason, deps.now())
            .await
            .map_err(deps.store_failed())?;
        return Ok(());
    }
    wait_for_turn(deps, entry, &job).await?;
    if lease.id == slot::publish(&job.channel, job.hour) {
        wait_for_older(deps, &job).await?;
    }
    let Some(publication) = claim(deps, entry, &job, &claimant).await? else {
        return Ok(());
    };
    let delivery = Delivery {
        deps: Arc::clone(deps),
        entry: entry.clone(),
        publication,
        claimant,
        last: lease.attempt >= lease.max_attempts,
    };
    delivery.carry_through(digest).await
}

/// Why the channel does not get this hour; none when it does.
fn skipped(entry: &ChannelEntry, summary: &HourSummary) -> Option<String> {
    if summary.posts == 0 {
        let reason = if summary.missing.is_empty() {
            "no posts".to_owned()
        } else {
            format!(
                "no posts, but incomplete: sources {:?}, {} batches not scored",
                summary.missing.sources, summary.missing.batches
            )
        };
        return (!entry.announce_empty).then_some(reason);
    }
    (summary.posts < entry.min_posts).then(|| {
        format!(
            "{}, fewer than the channel's min_posts of {}",
            counted(summary.posts),
            entry.min_posts
        )
    })
}

fn counted(posts: u64) -> String {
    match posts {
        1 => "1 post".to_owned(),
        posts => format!("{posts} posts"),
    }
}

/// Sends nothing to a channel that is disabled. What a worker was sending when it was lost is not due, though: nobody can
/// know whether it arrived, and a person must learn of it now, not once the channel is enabled.
async fn stay_due(
    deps: &Deps,
    entry: &ChannelEntry,
    job: &Publish,
    claimant: &str,
) -> Result<(), Verdict> {
    let publication = deps
        .warehouse
        .publication(job.hour, &job.channel)
        .await
        .map_err(deps.store_failed())?;
    if publication.is_some_and(|publication| publication.state == PublicationState::Sending) {
        claim(deps, entry, job, claimant).await?;
        return Ok(());
    }
    tracing::warn!(hour = %job.hour, channel = job.channel, "the channel is disabled: the hour stays due");
    Ok(())
}

async fn is_disabled(deps: &Deps, channel: &str) -> Result<bool, Verdict> {
    let disabled = deps
        .warehouse
        .disabled_channels()
        .await
        .map_err(deps.store_failed())?;
    Ok(disabled.contains_key(channel))
}

/// Comes back when the receiver has asked to be left alone, or its limit is used up: asked before anything is claimed, so
/// that hours that wait cost little.
async fn wait_for_turn(deps: &Deps, entry: &ChannelEntry, job: &Publish) -> Result<(), Verdict> {
    let now = deps.now();
    if let Some(pause) = entry.channel.pause() {
        let pause = TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(1));
        return Err(Verdict::later(
            now + pause,
            "the receiver's limit is used up",
        ));
    }
    let paces = entry.channel.paces();
    if paces.is_empty() {
        return Ok(());
    }
    let turn = deps
        .warehouse
        .next_turn(&job.channel, now, paces)
        .await
        .map_err(deps.store_failed())?;
    let Some(until) = turn else { return Ok(()) };
    let publication = deps
        .warehouse
        .publication(job.hour, &job.channel)
        .await
        .map_err(deps.store_failed())?;
    // One that has come to its end needs no turn.
    match publication.map(|publication| publication.state) {
        Some(PublicationState::Sent | PublicationState::Skipped) => Ok(()),
        _ => Err(not_yet(until)),
    }
}

fn not_yet(until: DateTime<Utc>) -> Verdict {
    Verdict::later(until, "the receiver takes no more messages just now")
}

/// Keeps a channel's hours in order: one that is ready goes after the older ones that are ready too, whichever worker
/// came to them first. An older hour that waits to be sealed, has failed before, or has no living job, is not waited
/// for, so that no hour holds up the rest.
async fn wait_for_older(deps: &Deps, job: &Publish) -> Result<(), Verdict> {
    let channels = std::slice::from_ref(&job.channel);
    let from = due::earliest(deps.publish.catch_up, deps.now());
    let older = deps
        .warehouse
        .unpublished(channels, from, job.hour, job.hour)
        .await
        .map_err(deps.store_failed())?;
    for (hour, _) in &older {
        if is_about_to_go(deps, *hour, &job.channel).await? {
            // The older ones come first in the next round, since each waits as many milliseconds as are before it.
            let rank = i64::try_from(older.len()).unwrap_or(i64::MAX).min(5_000);
            return Err(Verdict::later(
                deps.now() + ORDER_WAIT + TimeDelta::milliseconds(rank),
                format!("{hour} goes first"),
            ));
        }
    }
    Ok(())
}

async fn is_about_to_go(deps: &Deps, hour: Hour, channel: &str) -> Result<bool, Verdict> {
    match seal(deps, hour).await {
        Ok(_) => {}
        Err(Verdict::Later { .. }) => return Ok(false),
        Err(verdict) => return Err(verdict),
    }
    let publication = deps
        .warehouse
        .publication(hour, channel)
        .await
        .map_err(deps.store_failed())?;
    if publication.is_some_and(|publication| publication.error.is_some()) {
        return Ok(false);
    }
    let row = deps
        .queue
        .get(&slot::publish(channel, hour))
        .await
        .map_err(deps.store_failed())?;
    // One that waits after a failed attempt (a `later` gives its attempt back) may wait long.
    Ok(row.is_some_and(|row| match row.state {
        State::Done | State::Dead => false,
        State::Scheduled => row.attempts == 0,
        State::Ready | State::Running => true,
    }))
}

/// Claims the publication; none when it has come to its end, or is held.
async fn claim(
    deps: &Deps,
    entry: &ChannelEntry,
    job: &Publish,
    claimant: &str,
) -> Result<Option<Publication>, Verdict> {
    let resend = entry.on_uncertain == OnUncertain::Resend;
    let now = deps.now();
    let claim = deps
        .warehouse
        .claim(
            job.hour,
            &job.channel,
            claimant,
            now,
            SENDING_TIMEOUT,
            resend,
        )
        .await
        .map_err(deps.store_failed())?;
    match claim {
        Claim::Claimed(publication) => Ok(Some(publication)),
        Claim::Final(_) => Ok(None),
        Claim::Uncertain(_) => {
            held(job.hour, &job.channel);
            Ok(None)
        }
        Claim::Sending { since } => {
            let timeout = TimeDelta::from_std(SENDING_TIMEOUT).unwrap_or_default();
            Err(Verdict::later(
                since + timeout,
                "another worker's request may be under way",
            ))
        }
    }
}

fn held(hour: Hour, channel: &str) {
    tracing::error!(%hour, channel, "it cannot be known whether the digest arrived; it is held for a person");
}

fn taken_over(deps: &Deps) -> Verdict {
    Verdict::later(
        deps.now() + TAKEN_OVER_WAIT,
        "another worker has taken the publication over",
    )
}
