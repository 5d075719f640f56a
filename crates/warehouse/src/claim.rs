//! Claiming a publication: of all workers that try, one may send it.

use std::time::Duration;

use chrono::TimeDelta;
use moodwire_model::{Hour, Timestamp, truncate_to_millis};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect,
};

use crate::{
    Claim, PublicationState, Result, Warehouse,
    entity::publication::{ActiveModel, Column, Entity, Model},
};

/// The error of a publication whose worker never said what became of its request.
const LOST: &str = "the worker that was sending it was lost";

/// Who claims, and by which rules.
struct Claimant<'a> {
    name: &'a str,
    now: Timestamp,
    sending_timeout: TimeDelta,
    resend_uncertain: bool,
}

impl Warehouse {
    /// Claims the hour's publication to the channel for `claimant`, a name that no other attempt has.
    ///
    /// A row that is `claimed` is taken over: nothing of it has left, and the former claimant's
    /// [`Warehouse::begin_sending`] fails. One that is `failed` is claimed again. One that is `sending` for longer than
    /// `sending_timeout` becomes `uncertain`; an uncertain one is held, or with `resend_uncertain` claimed.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn claim(
        &self,
        hour: Hour,
        channel: &str,
        claimant: &str,
        now: Timestamp,
        sending_timeout: Duration,
        resend_uncertain: bool,
    ) -> Result<Claim> {
        let claimant = Claimant {
            name: claimant,
            now: truncate_to_millis(now),
            sending_timeout: TimeDelta::from_std(sending_timeout).unwrap_or(TimeDelta::MAX),
            resend_uncertain,
        };
        let tx = self.store.begin().await?;
        let claim = claim_in(&tx, hour, channel, &claimant).await;
        self.store.end(tx, claim).await
    }

    /// Decides that the hour will not be sent to the channel, and says what stands: a publication that is missing,
    /// `claimed` or `failed` becomes `skipped` with the reason as its error; another stays as it is.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn skip(
        &self,
        hour: Hour,
        channel: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<crate::Publication> {
        let tx = self.store.begin().await?;
        let skipped = skip_in(&tx, hour, channel, reason, truncate_to_millis(now)).await;
        let row = self.store.end(tx, skipped).await?;
        row.publication().map_err(|error| self.store.failed(&error))
    }
}

async fn claim_in(
    tx: &DatabaseTransaction,
    hour: Hour,
    channel: &str,
    claimant: &Claimant<'_>,
) -> Result<Claim, DbErr> {
    let first = ActiveModel {
        hour: Set(hour.start()),
        channel: Set(channel.to_owned()),
        state: Set(PublicationState::Claimed.as_str().to_owned()),
        attempts: Set(1),
        claimant: Set(Some(claimant.name.to_owned())),
        claimed_at: Set(Some(claimant.now)),
        ..Default::default()
    };
    let (row, made) = lock_or_make(tx, hour, channel, first).await?;
    if made {
        return Ok(Claim::Claimed(row.publication()?));
    }
    match row.state()? {
        PublicationState::Claimed | PublicationState::Failed => take(tx, row, claimant).await,
        PublicationState::Sent | PublicationState::Skipped => Ok(Claim::Final(row.publication()?)),
        PublicationState::Uncertain if claimant.resend_uncertain => take(tx, row, claimant).await,
        PublicationState::Uncertain => Ok(Claim::Uncertain(row.publication()?)),
        PublicationState::Sending => match row.sending_at {
            Some(since) if claimant.now - since < claimant.sending_timeout => {
                Ok(Claim::Sending { since })
            }
            _ => give_up(tx, row, claimant).await,
        },
    }
}

/// Gives the row to the claimant.
async fn take(
    tx: &DatabaseTransaction,
    row: Model,
    claimant: &Claimant<'_>,
) -> Result<Claim, DbErr> {
    let attempts = row.attempts + 1;
    let mut row = row.into_active_model();
    row.state = Set(PublicationState::Claimed.as_str().to_owned());
    row.attempts = Set(attempts);
    row.claimant = Set(Some(claimant.name.to_owned()));
    row.claimed_at = Set(Some(claimant.now));
    row.sending_at = Set(None);
    Ok(Claim::Claimed(row.update(tx).await?.publication()?))
}

/// Stops waiting for a worker that is sending. Its name stays on the row: its answer may still come, late.
async fn give_up(
    tx: &DatabaseTransaction,
    row: Model,
    claimant: &Claimant<'_>,
) -> Result<Claim, DbErr> {
    let mut row = row.into_active_model();
    row.state = Set(PublicationState::Uncertain.as_str().to_owned());
    row.error = Set(Some(LOST.to_owned()));
    let row = row.update(tx).await?;
    if claimant.resend_uncertain {
        take(tx, row, claimant).await
    } else {
        Ok(Claim::Uncertain(row.publication()?))
    }
}

async fn skip_in(
    tx: &DatabaseTransaction,
    hour: Hour,
    channel: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Model, DbErr> {
    let skipped = ActiveModel {
        state: Set(PublicationState::Skipped.as_str().to_owned()),
        error: Set(Some(reason.to_owned())),
        claimed_at: Set(Some(now)),
        claimant: Set(None),
        ..Default::default()
    };
    let first = ActiveModel {
        hour: Set(hour.start()),
        channel: Set(channel.to_owned()),
        attempts: Set(0),
        ..skipped.clone()
    };
    let (row, made) = lock_or_make(tx, hour, channel, first).await?;
    match row.state()? {
        PublicationState::Claimed | PublicationState::Failed if !made => {
            let id = sea_orm::ActiveValue::Unchanged(row.id);
            ActiveModel { id, ..skipped }.update(tx).await
        }
        _ => Ok(row),
    }
}

/// The publication's row, which nobody else can change until the transaction ends: the one that is there, or `first`,
/// in which case the second part is true.
async fn lock_or_make(
    tx: &DatabaseTransaction,
    hour: Hour,
    channel: &str,
    first: ActiveModel,
) -> Result<(Model, bool), DbErr> {
    let there = Entity::find()
        .filter(Column::Hour.eq(hour.start()))
        .filter(Column::Channel.eq(channel))
        .lock_exclusive();
    if let Some(row) = there.clone().one(tx).await? {
        return Ok((row, false));
    }
    // Another transaction may make the row in between; this waits for it to end, then leaves the row alone.
    let made = Entity::insert(first)
        .on_conflict_do_nothing_on([Column::Hour, Column::Channel])
        .exec_without_returning(tx)
        .await?;
    let row = there.one(tx).await?.ok_or_else(|| {
        DbErr::Type(format!(
            "the publication of {hour} to {channel} was deleted while it was claimed"
        ))
    })?;
    Ok((row, matches!(made, sea_orm::TryInsertResult::Inserted(1))))
}
