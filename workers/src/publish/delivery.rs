//! The delivery of a claimed publication: `sending`, the request, and the record of what became of it.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_channels::{Editing, SEND_DEADLINE, SendError, Sent};
use moodwire_model::Digest;
use moodwire_queue::Verdict;
use moodwire_warehouse::{Publication, Turn};
use tracing::Instrument;

use super::{held, not_yet, taken_over};
use crate::{ChannelEntry, Deps, OnUncertain};

/// How often what became of a send is tried to be recorded while the warehouse is away, before the row is left to become
/// `uncertain`.
const RECORDING_TRIES: u32 = 30;

/// How long is waited between two such tries.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// A claimed publication on its way.
pub(super) struct Delivery {
    pub(super) deps: Arc<Deps>,
    pub(super) entry: ChannelEntry,
    pub(super) publication: Publication,
    pub(super) claimant: String,
    /// True on the job's last attempt.
    pub(super) last: bool,
}

impl Delivery {
    /// Sends the digest, and records what became of it. On a task of its own: an attempt that is ended, because its lease
    /// was lost or the process stops, must not cut off a request that is under way, whose answer counts however late it comes.
    pub(super) async fn carry_through(self, digest: Digest) -> Result<(), Verdict> {
        let delivery = async move { self.deliver(&digest).await }.in_current_span();
        match tokio::spawn(delivery).await {
            Ok(ended) => ended,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(ended) => Err(Verdict::Retry {
                    error: format!("the delivery was ended: {ended}"),
                }),
            },
        }
    }

    /// Sends the digest, and records what became of it.
    async fn deliver(&self, digest: &Digest) -> Result<(), Verdict> {
        if let Some(editing) = self.entry.channel.editing() {
            return self.in_two_steps(editing, digest).await;
        }
        if !self.begin().await? {
            return Ok(());
        }
        let answer = within_deadline(self.entry.channel.send(digest)).await;
        self.record(answer).await
    }

    /// Once the short message is there, every further try edits it, so that none needs to be held.
    async fn in_two_steps(&self, editing: &dyn Editing, digest: &Digest) -> Result<(), Verdict> {
        let message_id = match &self.publication.message_id {
            Some(message_id) => message_id.clone(),
            None => {
                if !self.begin().await? {
                    return Ok(());
                }
                match within_deadline(editing.place(digest)).await {
                    Ok(sent) => self.placed(sent).await?,
                    Err(error) => return self.record(Err(error)).await,
                }
            }
        };
        let answer = within_deadline(editing.edit(&message_id, digest)).await;
        self.edited(answer).await
    }

    /// Marks the row `sending`; false when the channel was disabled meanwhile. When it cannot be known whether the mark was
    /// set, it is taken back, since nothing was sent: left alone, it would become `uncertain`.
    async fn begin(&self) -> Result<bool, Verdict> {
        let (id, claimant) = (self.publication.id, &*self.claimant);
        let (deps, warehouse) = (&*self.deps, &self.deps.warehouse);
        let paces = self.entry.channel.paces();
        let turn = warehouse.begin_in_turn(&self.publication, claimant, deps.now(), paces);
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
        let (id, claimant) = (self.publication.id, &*self.claimant);
        let mark = || self.deps.warehouse.mark_placed(id, claimant, &message_id);
        match through_outages(mark)
            .await
            .map_err(self.deps.store_failed())?
        {
            true => Ok(message_id),
            false => Err(taken_over(&self.deps)),
        }
    }

    /// Records what became of an edit. Whatever is not known of it, it can be done again.
    async fn edited(&self, answer: Result<Sent, SendError>) -> Result<(), Verdict> {
        let (hour, channel) = (self.publication.hour, &self.publication.channel);
        let (id, claimant) = (self.publication.id, &*self.claimant);
        let warehouse = &self.deps.warehouse;
        let error = match answer {
            Ok(sent) => {
                through_outages(|| warehouse.mark_edited(id, claimant, self.deps.now()))
                    .await
                    .map_err(self.deps.store_failed())?;
                tracing::info!(%hour, channel, message.id = sent.message_id.as_deref(), "digest sent");
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
        let (id, claimant) = (self.publication.id, &*self.claimant);
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
        let (id, claimant) = (self.publication.id, &*self.claimant);
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
                tracing::info!(%hour, channel, message.id = sent.message_id.as_deref(), "digest sent");
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
                &self.claimant,
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
        let (id, claimant) = (self.publication.id, &*self.claimant);
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
        through_outages(|| warehouse.mark_uncertain(self.publication.id, &self.claimant, &error))
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
