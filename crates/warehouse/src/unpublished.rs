//! What is due: the hours that no channel, or not every one, has had yet.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use moodwire_model::Hour;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    PublicationState, Result, Warehouse,
    entity::publication::{Column, Entity},
};

impl Warehouse {
    /// The publications that are due: each (hour, channel), oldest hour first, of the hours in `[from, before)` that
    /// have posts, and of all hours in `[max(from, empty_from), before)`, that has no row or one that is `claimed` or
    /// `sending`.
    ///
    /// Costs a step for each hour in question and a row for each publication of it; no post is read.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn unpublished(
        &self,
        channels: &[String],
        from: Option<Hour>,
        before: Hour,
        empty_from: Hour,
    ) -> Result<Vec<(Hour, String)>> {
        // From here on every hour counts, so that nothing need be known of its posts.
        let all_from = from.map_or(empty_from, |from| from.max(empty_from));
        let mut hours = if from == Some(all_from) {
            Vec::new()
        } else {
            self.hours_with_posts(from, before.min(all_from)).await?
        };
        hours.extend(
            std::iter::successors(Some(all_from), |hour| Some(hour.next()))
                .take_while(|hour| *hour < before),
        );
        let (Some(first), false) = (hours.first(), channels.is_empty()) else {
            return Ok(Vec::new());
        };
        let settled = self.settled(channels, *first, before).await?;
        let mut due = Vec::new();
        for hour in hours {
            for (place, channel) in channels.iter().enumerate() {
                if !settled.contains(&(hour, place)) {
                    due.push((hour, channel.clone()));
                }
            }
        }
        Ok(due)
    }

    /// The hours, and places in `channels`, that need no further job of their own accord.
    async fn settled(
        &self,
        channels: &[String],
        first: Hour,
        before: Hour,
    ) -> Result<HashSet<(Hour, usize)>> {
        let open = [PublicationState::Claimed, PublicationState::Sending];
        let rows: Vec<(DateTime<Utc>, String)> = Entity::find()
            .select_only()
            .columns([Column::Hour, Column::Channel])
            .filter(Column::Hour.gte(first.start()))
            .filter(Column::Hour.lt(before.start()))
            .filter(Column::Channel.is_in(channels))
            .filter(Column::State.is_not_in(open.map(PublicationState::as_str)))
            .into_tuple()
            .all(self.store.reader())
            .await
            .map_err(|error| self.store.failed(&error))?;
        let place = |channel: &str| channels.iter().position(|name| name == channel);
        Ok(rows
            .into_iter()
            .filter_map(|(hour, channel)| Some((Hour::of(hour), place(&channel)?)))
            .collect())
    }
}
