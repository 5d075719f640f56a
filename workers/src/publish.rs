//! **publish**: one hour to one channel, at most once.
//!
//! Enqueued by [`crate::due`] for every hour that is over, and by hand. Claims the publication row, marks it `sending`,
//! sends, and records the answer. Running it twice is safe: the row is unique on hour and channel and every step is a
//! compare-and-set by the claimant, so that of two workers one sends; a `sending` that nobody finished becomes
//! `uncertain` and is held for a person, unless the channel says otherwise.

use std::time::Duration;

use chrono::TimeDelta;
use moodwire_channels::{SEND_DEADLINE, SendError, Sent};
use moodwire_model::{Digest, Hour, slot};
use moodwire_queue::{Lease, State, Verdict};
use moodwire_warehouse::{Claim, Publication};

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
    let summary = seal(deps, job.hour).await?;
    if summary.posts == 0 && !entry.announce_empty {
        let reason = if summary.missing.is_empty() {
            "no posts".to_owned()
        } else {
            format!(
                "no posts, but incomplete: sources {:?}, {} batches not scored",
                summary.missing.sources, summary.missing.batches
            )
        };
        deps.warehouse
            .skip(job.hour, &job.channel, &reason, deps.now())
            .await
            .map_err(deps.store_failed())?;
        return Ok(());
    }
    if lease.id == slot::publish(&job.channel, job.hour) {
        wait_for_older(deps, &job).await?;
    }
    let digest = deps
        .warehouse
        .digest(job.hour)
        .await
        .map_err(deps.store_failed())?;
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
    recorder.begin().await?;
    recorder.record(send(entry, &digest).await).await
}

/// Keeps a channel's hours in order: one that is ready goes after the older ones that are ready too, whichever worker
/// came to them first. An older hour that waits to be sealed, has failed before, or has no living job, is not waited
/// for, so that no hour holds up the rest.
async fn wait_for_older(deps: &Deps, job: &Publish) -> Result<(), Verdict> {
    let channels = std::slice::from_ref(&job.channel);
    let from = due::earliest(deps, deps.now());
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

/// Sends within the deadline, whatever the channel does.
async fn send(entry: &ChannelEntry, digest: &Digest) -> Result<Sent, SendError> {
    // A little longer than the channel's own deadline, which knows better whether anything was sent.
    let deadline = SEND_DEADLINE + Duration::from_secs(2);
    tokio::time::timeout(deadline, entry.channel.send(digest))
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
    /// Marks the row `sending`. When it cannot be known whether the mark was set, it is taken back, since nothing was
    /// sent: left alone, it would become `uncertain`.
    async fn begin(&self) -> Result<(), Verdict> {
        let (id, claimant) = (self.publication.id, self.claimant);
        let warehouse = &self.deps.warehouse;
        match warehouse.begin_sending(id, claimant, self.deps.now()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(taken_over(self.deps)),
            Err(error) => {
                let reason = error.to_string();
                through_outages(|| warehouse.mark_unsent(id, claimant, &reason))
                    .await
                    .map_err(self.deps.store_failed())?;
                Err(self.deps.store_failed()(error))
            }
        }
    }

    async fn record(&self, answer: Result<Sent, SendError>) -> Result<(), Verdict> {
        let (hour, channel) = (self.publication.hour, &self.publication.channel);
        match answer {
            Ok(sent) => {
                self.sent(&sent).await?;
                tracing::info!(%hour, channel, message.id = ?sent.message_id, "digest sent");
                Ok(())
            }
            Err(SendError::Unsent(error)) => {
                self.unsent(&error).await?;
                Err(Verdict::Retry { error })
            }
            Err(SendError::Later { after, reason }) => {
                self.unsent(&reason).await?;
                let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::hours(1));
                Err(Verdict::later(self.deps.now() + after, reason))
            }
            Err(SendError::Dead(reason)) => {
                let warehouse = &self.deps.warehouse;
                let (id, claimant) = (self.publication.id, self.claimant);
                through_outages(|| warehouse.mark_failed(id, claimant, &reason))
                    .await
                    .map_err(self.deps.store_failed())?;
                Err(Verdict::dead(reason))
            }
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
