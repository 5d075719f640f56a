//! The table `publications`: what was sent where, at most one row per hour and channel.

use moodwire_model::Hour;
use sea_orm::{DbErr, entity::prelude::*};

use super::unsigned;
use crate::{Publication, PublicationState};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "publications")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub hour: DateTimeUtc,
    pub channel: String,
    pub state: String,
    pub message_id: Option<String>,
    pub attempts: i64,
    pub error: Option<String>,
    /// Who claimed it last: only they may move it on.
    pub claimant: Option<String>,
    pub claimed_at: Option<DateTimeUtc>,
    pub sending_at: Option<DateTimeUtc>,
    pub sent_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The stored state.
    pub fn state(&self) -> Result<PublicationState, DbErr> {
        PublicationState::parse(&self.state).ok_or_else(|| {
            DbErr::Type(format!(
                "publications.state of row {} is \"{}\"",
                self.id, self.state
            ))
        })
    }

    /// The row as callers see it.
    pub fn publication(self) -> Result<Publication, DbErr> {
        Ok(Publication {
            state: self.state()?,
            id: self.id,
            hour: Hour::of(self.hour),
            channel: self.channel,
            message_id: self.message_id,
            attempts: unsigned(self.attempts)?,
            error: self.error,
            claimed_at: self.claimed_at,
            sending_at: self.sending_at,
            sent_at: self.sent_at,
        })
    }
}
