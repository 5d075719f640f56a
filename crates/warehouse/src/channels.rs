//! Channels whose target refused us for good: nothing is sent there until a person says so.

use std::collections::BTreeMap;

use moodwire_model::{Timestamp, truncate_to_millis};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use serde::Serialize;

use crate::{
    Result, Warehouse,
    entity::channel::{ActiveModel, Column, Entity},
};

/// Why and since when a channel gets nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disabled {
    /// What the target said.
    pub reason: String,
    /// Since when.
    pub disabled_at: Timestamp,
}

impl Warehouse {
    /// Disables the channel. False when it was disabled already: the first reason stands.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn disable_channel(&self, name: &str, reason: &str, now: Timestamp) -> Result<bool> {
        let row = ActiveModel {
            name: Set(name.to_owned()),
            reason: Set(reason.to_owned()),
            disabled_at: Set(truncate_to_millis(now)),
        };
        let inserted = Entity::insert(row)
            .on_conflict_do_nothing_on([Column::Name])
            .exec_without_returning(self.store.writer())
            .await
            .map_err(|error| self.store.failed(&error))?;
        Ok(matches!(inserted, sea_orm::TryInsertResult::Inserted(1)))
    }

    /// Enables the channel again. False when it was not disabled.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn enable_channel(&self, name: &str) -> Result<bool> {
        let deleted = Entity::delete_by_id(name)
            .exec(self.store.writer())
            .await
            .map_err(|error| self.store.failed(&error))?;
        Ok(deleted.rows_affected == 1)
    }

    /// The channels that are disabled, by name.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn disabled_channels(&self) -> Result<BTreeMap<String, Disabled>> {
        let rows = Entity::find()
            .all(self.store.reader())
            .await
            .map_err(|error| self.store.failed(&error))?;
        let named = rows.into_iter().map(|row| {
            let disabled = Disabled {
                reason: row.reason,
                disabled_at: row.disabled_at,
            };
            (row.name, disabled)
        });
        Ok(named.collect())
    }
}

/// Whether the channel is disabled at this moment of the transaction.
pub(crate) async fn is_disabled(db: &impl ConnectionTrait, name: &str) -> Result<bool, DbErr> {
    Ok(Entity::find_by_id(name).one(db).await?.is_some())
}
