//! Turns: how long a channel's next request has to wait, so that all workers together keep its receiver's limits.

use chrono::TimeDelta;
use moodwire_model::{Pace, Timestamp, truncate_to_millis};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    Publication, PublicationState as State, Result, Warehouse, channels,
    entity::publication::{Column, Entity},
    ledger, locks,
};

/// What came of asking for a channel's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The publication is `sending`: the request may leave.
    Begun,
    /// The claim was taken over: nothing may be sent.
    TakenOver,
    /// The channel is disabled: nothing may be sent.
    Disabled,
    /// The receiver's limit is used up until then: nothing may be sent yet.
    Wait(Timestamp),
}

impl Warehouse {
    /// As [`Warehouse::begin_sending`], but only when the channel is not disabled and fewer requests to it than `paces`
    /// allow have begun lately, whichever worker began them.
    ///
    /// # Errors
    /// As [`Warehouse::begin_sending`].
    pub async fn begin_in_turn(
        &self,
        publication: &Publication,
        claimant: &str,
        now: Timestamp,
        paces: &[Pace],
    ) -> Result<Turn> {
        let now = truncate_to_millis(now);
        let tx = self.store.begin().await?;
        let turn = async {
            let channel = &publication.channel;
            if !paces.is_empty() {
                locks::channel(&tx, channel).await?;
            }
            if channels::is_disabled(&tx, channel).await? {
                return Ok(Turn::Disabled);
            }
            if let Some(until) = next_turn(&tx, channel, now, paces).await? {
                return Ok(Turn::Wait(until));
            }
            let begun = ledger::begin(&tx, publication.id, claimant, now).await?;
            Ok(if begun { Turn::Begun } else { Turn::TakenOver })
        };
        let turn = turn.await;
        self.store.end(tx, turn).await
    }

    /// Until when the channel's limit is used up; none when a request may begin at once.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn next_turn(
        &self,
        channel: &str,
        now: Timestamp,
        paces: &[Pace],
    ) -> Result<Option<Timestamp>> {
        next_turn(self.store.reader(), channel, now, paces)
            .await
            .map_err(|error| self.store.failed(&error))
    }
}

/// The latest moment at which one of the paces has room again.
async fn next_turn(
    db: &impl ConnectionTrait,
    channel: &str,
    now: Timestamp,
    paces: &[Pace],
) -> Result<Option<Timestamp>, DbErr> {
    let mut until = None;
    for pace in paces {
        let per = TimeDelta::from_std(pace.per).unwrap_or_default();
        // The last but so many of those that began within the stretch leaves it last.
        let nth: Option<Option<Timestamp>> = Entity::find()
            .select_only()
            .column(Column::SendingAt)
            .filter(Column::Channel.eq(channel))
            .filter(Column::SendingAt.gt(now - per))
            .filter(Column::State.ne(State::Skipped.as_str()))
            .order_by_desc(Column::SendingAt)
            .offset(pace.requests.saturating_sub(1))
            .limit(1)
            .into_tuple()
            .one(db)
            .await?;
        until = until.max(nth.flatten().map(|at| at + per));
    }
    Ok(until)
}
