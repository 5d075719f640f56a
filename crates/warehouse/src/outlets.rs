//! Publications counted by channel: how far each has come.

use std::collections::BTreeMap;

use moodwire_model::{Hour, Timestamp};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QuerySelect};

use crate::{
    PublicationState, Result, Warehouse,
    entity::{
        publication::{Column, Entity},
        unsigned,
    },
};

/// A channel's publications.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlet {
    /// How many are in each state; states that none is in are absent.
    pub publications: BTreeMap<PublicationState, u64>,
    /// The last hour that is in each state.
    pub last: BTreeMap<PublicationState, Hour>,
}

impl Outlet {
    /// The last hour that was sent.
    pub fn last_sent(&self) -> Option<Hour> {
        self.last.get(&PublicationState::Sent).copied()
    }

    /// The last hour that is settled: sent, or skipped since it had nothing to send.
    pub fn last_settled(&self) -> Option<Hour> {
        let skipped = self.last.get(&PublicationState::Skipped).copied();
        self.last_sent().max(skipped)
    }
}

impl Warehouse {
    /// Every channel that ever had a publication, by name. Reads the whole ledger, which has a row for an hour and a
    /// channel.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn outlets(&self) -> Result<BTreeMap<String, Outlet>> {
        let rows: std::result::Result<Vec<(String, String, i64, Timestamp)>, DbErr> =
            Entity::find()
                .select_only()
                .column(Column::Channel)
                .column(Column::State)
                .column_as(Column::Id.count(), "publications")
                .column_as(Column::Hour.max(), "last")
                .group_by(Column::Channel)
                .group_by(Column::State)
                .into_tuple()
                .all(self.store.reader())
                .await;
        rows.and_then(by_channel)
            .map_err(|error| self.store.failed(&error))
    }
}

fn by_channel(
    rows: Vec<(String, String, i64, Timestamp)>,
) -> std::result::Result<BTreeMap<String, Outlet>, DbErr> {
    let mut outlets: BTreeMap<String, Outlet> = BTreeMap::new();
    for (channel, word, count, last) in rows {
        let state = PublicationState::parse(&word)
            .ok_or_else(|| DbErr::Type(format!("publications.state holds \"{word}\"")))?;
        let outlet = outlets.entry(channel).or_default();
        outlet.publications.insert(state, unsigned(count)?);
        outlet.last.insert(state, Hour::of(last));
    }
    Ok(outlets)
}
