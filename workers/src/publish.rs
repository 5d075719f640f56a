//! **publish**: one hour to one channel, at most once.
//!
//! Enqueued by [`crate::due`] for every hour that is over, and by hand. Claims the publication row, marks it `sending`,
//! sends, and records the answer. Running it twice is safe: the row is unique on hour and channel and every step is a
//! compare-and-set by the claimant, so that of two workers one sends; a `sending` that nobody finished becomes
//! `uncertain` and is held for a person, unless the channel says otherwise.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_channels::{Editing, SEND_DEADLINE, SendError, Sent};
use moodwire_model::{Digest, Hour, HourSummary, slot};
use moodwire_queue::{Lease, State, Verdict};
use moodwire_warehouse::{Claim, Publication, PublicationState, Turn};

use crate::{
    ChannelEntry, Deps, OnUncertain, due,
    payload::{self, Publish},
    seal::seal,
};

/// How long a `sending` mark is believed: the send's own deadline and as much again, for clocks that differ.
const SENDING_TIMEOUT: Duration = Duration::from_secs(2 * SEND_DEADLINE.as_secs());

/// How often what became of a send is tried to be recorded while the warehouse is away, before the row is left to become
/// `uncertain`.
const RECORDING_TRIES: u32 = 30;

/// How long is waited between two such tries.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// How long an hour waits for older ones that are about to go.
const ORDER_WAIT: TimeDelta = TimeDelta::milliseconds(100);

/// How long a claim that was lost in the same instant is waited for.
const TAKEN_OVER_WAIT: TimeDelta = TimeDelta::seconds(1);

/// Runs the job.
pub async fn run(deps: &Deps, lease: &Lease) -> Result<(), Verdict> {
    let job: Publish = payload::decode(&lease.payload)?;
    let entry = deps.channels.get(&job.channel).ok_or_else(|| {
        Verdict::dead(format!(
            "no channel is named \"{}\": configure it, or discard this job",
            job.channel
        ))
    })?;
    if is_disabled(deps, &job.channel).await? {
        tracing::warn!(hour = %job.hour, channel = job.channel, "the channel is disabled: the hour stays due");
        return Ok(());
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
    let claimant = format!("{}#{}", lease.id, lease.token);
    let Some(publication) = claim(deps, entry, &job, &claimant).await? else {
        return Ok(());
    };
    let recorder = Recorder {
        deps,
        entry,
        publication: &publication,
        claimant: &claimant,
        last: lease.attempt >= lease.max_attempts,
    };
    match entry.channel.editing() {
        Some(editing) => edit(&recorder, editing, &digest).await,
        None => {
            if !recorder.begin().await? {
                return Ok(());
            }
            let answer = within_deadline(entry.channel.send(&digest)).await;
            recorder.record(answer).await
        }
    }
}

/// Sends in two steps. Once the short message is there, every further try edits it, so that none needs to be held.
async fn edit(
    recorder: &Recorder<'_>,
    editing: &dyn Editing,
    digest: &Digest,
) -> Result<(), Verdict> {
    let message_id = match &recorder.publication.message_id {
        Some(message_id) => message_id.clone(),
        None => {
            if !recorder.begin().await? {
                return Ok(());
            }
            match within_deadline(editing.place(digest)).await {
                Ok(sent) => recorder.placed(sent).await?,
                Err(error) => return recorder.record(Err(error)).await,
            }
        }
    };
    let answer = within_deadline(editing.edit(&message_id, digest)).await;
    recorder.edited(answer).await
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
            "{} posts, fewer than the channel's min_posts of {}",
            summary.posts, entry.min_posts
        )
    })
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

/// Lets a send take no longer than its deadline, whatever the channel does.
async fn within_deadline(
    send: impl Future<Output = Result<Sent, SendError>>,
) -> Result<Sent, SendError> {
    // A little longer than the channel's own deadline, which knows better whether anything was sent.
    let deadline = SEND_DEADLINE + Duration::from_secs(2);
    tokio::time::timeout(deadline, send)
        .await
        .unwrap_or_else(|_| {
            Err(SendError::Uncertain(format!(
                "no answer within {} s",
                deadline.as_secs()
            )))
        })
}

/// Writes what became of a send, and says what follows.
struct Recorder<'a> {
    deps: &'a Deps,
    entry: &'a ChannelEntry,
    publication: &'a Publication,
    claimant: &'a str,
    /// True on the job's last attempt.
    last: bool,
}

impl Recorder<'_> {
    /// Marks the row `sending`; false when the channel was disabled meanwhile. When it cannot be known whether the mark was
    /// set, it is taken back, since nothing was sent: left alone, it would become `uncertain`.
    async fn begin(&self) -> Result<bool, Verdict> {
        let (id, claimant) = (self.publication.id, self.claimant);
        let (deps, warehouse) = (self.deps, &self.deps.warehouse);
        let paces = self.entry.channel.paces();
        let turn = warehouse.begin_in_turn(self.publication, claimant, deps.now(), paces);
        match turn.await {
            Ok(Turn::Begun) => Ok(true),
            Ok(Turn::TakenOver) => Err(taken_over(deps)),
            Ok(Turn::Disabled) => Ok(false),
            Ok(Turn::Wait(until)) => Err(not_yet(until)),
            Err(error) => {
                let reason = error.to_string();
                through_outages(|| warehouse.mark_unsent(id, claimant, &reason))
                    .await
                    .map_err(self.deps.store_failed())?;
                Err(self.deps.store_failed()(error))
            }
        }
    }

    /// Records that the short message is there; its id.
    async fn placed(&self, sent: Sent) -> Result<String, Verdict> {
        let Some(message_id) = sent.message_id else {
            let error = "the channel did not say the short message's id".to_owned();
            self.uncertain(error).await?;
            return Err(Verdict::dead(
                "a short message without an id cannot be edited",
            ));
        };
        let (id, claimant) = (self.publication.id, self.claimant);
        let mark = || self.deps.warehouse.mark_placed(id, claimant, &message_id);
        match through_outages(mark)
            .await
            .map_err(self.deps.store_failed())?
        {
            true => Ok(message_id),
            false => Err(taken_over(self.deps)),
        }
    }

    /// Records what became of an edit. Whatever is not known of it, it can be done again.
    async fn edited(&self, answer: Result<Sent, SendError>) -> Result<(), Verdict> {
        let (hour, channel) = (self.publication.hour, &self.publication.channel);
        let (id, claimant) = (self.publication.id, self.claimant);
        let warehouse = &self.deps.warehouse;
        let error = match answer {
            Ok(sent) => {
                through_outages(|| warehouse.mark_edited(id, claimant, self.deps.now()))
                    .await
                    .map_err(self.deps.store_failed())?;
                tracing::info!(%hour, channel, message.id = ?sent.message_id, "digest sent");
                return Ok(());
            }
            Err(SendError::Dead(reason)) => return self.dead(reason).await,
            Err(SendError::Gone(reason)) => return self.gone(&reason).await,
            Err(error) => error,
        };
        let reason = error.to_string();
        let withdrawn = matches!(error, SendError::Withdrawn(_));
        if self.last && !matches!(error, SendError::Later { .. }) {
            through_outages(|| warehouse.mark_failed(id, claimant, &reason)).await
        } else {
            through_outages(|| warehouse.mark_unedited(id, claimant, &reason, withdrawn)).await
        }
        .map_err(self.deps.store_failed())?;
        Err(match error {
            SendError::Later { after, reason } => self.later(after, reason),
            _ => Verdict::Retry { error: reason },
        })
    }

    fn later(&self, after: Duration, reason: String) -> Verdict {
        let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::hours(1));
        Verdict::later(self.deps.now() + after, reason)
    }

    /// Disables the channel, before anything else may be sent there. The hour stays due.
    async fn gone(&self, reason: &str) -> Result<(), Verdict> {
        let channel = &self.publication.channel;
        let (warehouse, now) = (&self.deps.warehouse, self.deps.now());
        through_outages(|| warehouse.disable_channel(channel, reason, now))
            .await
            .map_err(self.deps.store_failed())?;
        let (id, claimant) = (self.publication.id, self.claimant);
        through_outages(|| warehouse.mark_unsent(id, claimant, reason))
            .await
            .map_err(self.deps.store_failed())?;
        tracing::error!(
            channel,
            reason,
            "the channel is disabled: `moodwire channel enable` when it is mended"
        );
        Ok(())
    }

    async fn dead(&self, reason: String) -> Result<(), Verdict> {
        let warehouse = &self.deps.warehouse;
        let (id, claimant) = (self.publication.id, self.claimant);
        through_outages(|| warehouse.mark_failed(id, claimant, &reason))
            .await
            .map_err(self.deps.store_failed())?;
        Err(Verdict::dead(reason))
    }

    async fn record(&self, answer: Result<Sent, SendError>) -> Result<(), Verdict> {
        let (hour, channel) = (self.publication.hour, &self.publication.channel);
        match answer {
            Ok(sent) => {
                self.sent(&sent).await?;
                tracing::info!(%hour, channel, message.id = ?sent.message_id, "digest sent");
                Ok(())
            }
            Err(SendError::Unsent(error) | SendError::Withdrawn(error)) => {
                self.unsent(&error).await?;
                Err(Verdict::Retry { error })
            }
            Err(SendError::Later { after, reason }) => {
                self.unsent(&reason).await?;
                Err(self.later(after, reason))
            }
            Err(SendError::Dead(reason)) => self.dead(reason).await,
            Err(SendError::Gone(reason)) => self.gone(&reason).await,
            Err(SendError::Uncertain(error)) => self.uncertain(error).await,
        }
    }

    async fn sent(&self, sent: &Sent) -> Result<(), Verdict> {
        through_outages(|| {
            self.deps.warehouse.mark_sent(
                self.publication.id,
                self.claimant,
                sent.message_id.as_deref(),
                self.deps.now(),
            )
        })
        .await
        .map_err(self.deps.store_failed())?;
        Ok(())
    }

    async fn unsent(&self, error: &str) -> Result<(), Verdict> {
        let warehouse = &self.deps.warehouse;
        let (id, claimant) = (self.publication.id, self.claimant);
        let recorded = if self.last {
            through_outages(|| warehouse.mark_failed(id, claimant, error)).await
        } else {
            through_outages(|| warehouse.mark_unsent(id, claimant, error)).await
        };
        recorded.map_err(self.deps.store_failed())?;
        Ok(())
    }

    async fn uncertain(&self, error: String) -> Result<(), Verdict> {
        let warehouse = &self.deps.warehouse;
        through_outages(|| warehouse.mark_uncertain(self.publication.id, self.claimant, &error))
            .await
            .map_err(self.deps.store_failed())?;
        match self.entry.on_uncertain {
            OnUncertain::Resend => Err(Verdict::Retry { error }),
            OnUncertain::Hold => {
                held(self.publication.hour, &self.publication.channel);
                Ok(())
            }
        }
    }
}

/// Records what became of a send, through an outage of the warehouse: what this worker knows is worth waiting for, since
/// without it the row becomes `uncertain`.
async fn through_outages<F>(record: impl Fn() -> F) -> moodwire_warehouse::Result<bool>
where
    F: Future<Output = moodwire_warehouse::Result<bool>>,
{
    let mut tries = 0;
    loop {
        match record().await {
            Err(error) if error.is_unavailable() && tries < RECORDING_TRIES => {
                tracing::warn!(%error, "what became of a send cannot be recorded; trying again");
                tries += 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            recorded => return recorded,
        }
    }
}
