//! The ledger: what becomes of a claimed publication, and looking it up. Each transition is one compare-and-set.

use moodwire_model::{Hour, Timestamp, truncate_to_millis};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
    QueryOrder, UpdateMany, sea_query::Expr,
};

use crate::{
    Publication, PublicationState as State, Resolution, Result, Warehouse,
    entity::publication::{Column, Entity, Model},
    hours::start_or_first,
};

impl Warehouse {
    /// Notes that a request is about to leave (`claimed` → `sending`), durably before this returns, so that not even
    /// a power cut makes it be sent twice. False when the claim was taken over: then nothing may be sent.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written; then nothing may be sent either.
    pub async fn begin_sending(&self, id: i64, claimant: &str, now: Timestamp) -> Result<bool> {
        let tx = self.store.begin().await?;
        let begun = begin(&tx, id, claimant, now).await;
        self.store.end(tx, begun).await
    }

    /// Notes that the message which holds the digest's place has arrived (`sending` → `claimed`), so that every further
    /// request only edits it. Also when the answer came so late that it is `uncertain` by now. False when the claimant
    /// no longer has it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_placed(&self, id: i64, claimant: &str, message_id: &str) -> Result<bool> {
        let from = [State::Sending, State::Uncertain];
        let step = transition(id, claimant, &from, State::Claimed)
            .col_expr(Column::MessageId, Expr::value(message_id))
            .col_expr(Column::Error, Expr::value(None::<String>));
        self.mark(step).await
    }

    /// Notes that the digest was edited into its message (`claimed` → `sent`). False when the claimant no longer has it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_edited(&self, id: i64, claimant: &str, now: Timestamp) -> Result<bool> {
        let step = transition(id, claimant, &[State::Claimed], State::Sent)
            .col_expr(Column::SentAt, Expr::value(truncate_to_millis(now)))
            .col_expr(Column::Error, Expr::value(None::<String>));
        self.mark(step).await
    }

    /// Notes why an edit failed that will be tried again; with `withdrawn`, that the message is there no more. False when
    /// the claimant no longer has it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_unedited(
        &self,
        id: i64,
        claimant: &str,
        error: &str,
        withdrawn: bool,
    ) -> Result<bool> {
        let mut step = transition(id, claimant, &[State::Claimed], State::Claimed)
            .col_expr(Column::Error, Expr::value(error));
        if withdrawn {
            step = step.col_expr(Column::MessageId, Expr::value(None::<String>));
        }
        self.mark(step).await
    }

    /// Notes that nothing was sent after all (`sending` → `claimed`). False when the claimant no longer has it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_unsent(&self, id: i64, claimant: &str, error: &str) -> Result<bool> {
        let step = transition(id, claimant, &[State::Sending], State::Claimed)
            .col_expr(Column::Error, Expr::value(error))
            .col_expr(Column::SendingAt, Expr::value(None::<Timestamp>));
        self.mark(step).await
    }

    /// Notes that it is given up and was not sent (`claimed` or `sending` → `failed`). False when the claimant no
    /// longer has it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_failed(&self, id: i64, claimant: &str, error: &str) -> Result<bool> {
        let from = [State::Claimed, State::Sending];
        let step = transition(id, claimant, &from, State::Failed)
            .col_expr(Column::Error, Expr::value(error));
        self.mark(step).await
    }

    /// Notes that it cannot be known whether it arrived (`sending` → `uncertain`). False when the claimant no longer
    /// has it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_uncertain(&self, id: i64, claimant: &str, error: &str) -> Result<bool> {
        let step = transition(id, claimant, &[State::Sending], State::Uncertain)
            .col_expr(Column::Error, Expr::value(error));
        self.mark(step).await
    }

    /// Notes that the channel has it (`sending` → `sent`), also when the answer came so late that it is `uncertain` by
    /// now, as long as nobody else claimed it since; false then.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn mark_sent(
        &self,
        id: i64,
        claimant: &str,
        message_id: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        let from = [State::Sending, State::Uncertain];
        let step = transition(id, claimant, &from, State::Sent)
            .col_expr(
                Column::MessageId,
                Expr::value(message_id.map(str::to_owned)),
            )
            .col_expr(Column::SentAt, Expr::value(truncate_to_millis(now)))
            .col_expr(Column::Error, Expr::value(None::<String>));
        self.mark(step).await
    }

    /// Notes the channel's id of a message that a person has seen there. False when there is no sent publication of that
    /// number.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn name_message(&self, id: i64, message_id: &str) -> Result<bool> {
        let step = step(id, &[State::Sent], State::Sent)
            .col_expr(Column::MessageId, Expr::value(message_id));
        self.mark(step).await
    }

    /// Carries out what a person decided about a publication that is `uncertain` or `failed`. False when it is
    /// neither, or there is none of that number.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn resolve(&self, id: i64, resolution: Resolution, now: Timestamp) -> Result<bool> {
        let to = match resolution {
            Resolution::Sent => State::Sent,
            Resolution::Resend => State::Failed,
            Resolution::Skip => State::Skipped,
        };
        // Nobody's any more: an answer that comes later than the decision changes nothing.
        let step = step(id, &[State::Uncertain, State::Failed], to)
            .col_expr(Column::Claimant, Expr::value(None::<String>));
        self.mark(match resolution {
            Resolution::Sent => step.col_expr(Column::SentAt, Expr::value(truncate_to_millis(now))),
            Resolution::Resend | Resolution::Skip => step,
        })
        .await
    }

    /// The hour's publication to the channel, if there is one.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn publication(&self, hour: Hour, channel: &str) -> Result<Option<Publication>> {
        let row = Entity::find()
            .filter(Column::Hour.eq(hour.start()))
            .filter(Column::Channel.eq(channel))
            .one(self.store.reader())
            .await;
        row.and_then(|row| row.map(Model::publication).transpose())
            .map_err(|error| self.store.failed(&error))
    }

    /// The publication of this number, if there is one.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn publication_of(&self, id: i64) -> Result<Option<Publication>> {
        let row = Entity::find_by_id(id).one(self.store.reader()).await;
        row.and_then(|row| row.map(Model::publication).transpose())
            .map_err(|error| self.store.failed(&error))
    }

    /// The publications of the hours in `[from, before)`, by hour and channel; only those in one of `states`, where
    /// these are given.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn publications(
        &self,
        states: Option<&[State]>,
        from: Option<Hour>,
        before: Hour,
    ) -> Result<Vec<Publication>> {
        let mut query = Entity::find()
            .filter(Column::Hour.gte(start_or_first(from)))
            .filter(Column::Hour.lt(before.start()));
        if let Some(states) = states {
            query = query.filter(Column::State.is_in(states.iter().map(|state| state.as_str())));
        }
        let rows = query
            .order_by_asc(Column::Hour)
            .order_by_asc(Column::Channel)
            .all(self.store.reader())
            .await;
        rows.and_then(|rows| rows.into_iter().map(Model::publication).collect())
            .map_err(|error| self.store.failed(&error))
    }

    async fn mark(&self, step: UpdateMany<Entity>) -> Result<bool> {
        changed(step, self.store.writer())
            .await
            .map_err(|error| self.store.failed(&error))
    }
}

/// Marks the row `sending`, durably once the transaction is committed.
pub(crate) async fn begin(
    tx: &DatabaseTransaction,
    id: i64,
    claimant: &str,
    now: Timestamp,
) -> Result<bool, DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        // The server may be set to answer before its log is on the disk.
        tx.execute_unprepared("SET LOCAL synchronous_commit TO on")
            .await?;
    }
    let step = transition(id, claimant, &[State::Claimed], State::Sending)
        .col_expr(Column::SendingAt, Expr::value(truncate_to_millis(now)));
    changed(step, tx).await
}

/// From one of the states to another, for whoever claimed it last.
fn transition(id: i64, claimant: &str, from: &[State], to: State) -> UpdateMany<Entity> {
    step(id, from, to).filter(Column::Claimant.eq(claimant))
}

fn step(id: i64, from: &[State], to: State) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(to.as_str()))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(from.iter().map(|state| state.as_str())))
}

async fn changed(step: UpdateMany<Entity>, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(step.exec(db).await?.rows_affected == 1)
}
