//! The table `hours`: what was frozen when an hour was sealed. A row exists when, and only when, it was.

use moodwire_model::{Hour, HourSummary, Missing};
use sea_orm::{DbErr, entity::prelude::*};

use super::{stored, unsigned};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hours")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hour: DateTimeUtc,
    pub posts: i64,
    pub mean_compound: Option<f64>,
    pub positive: i64,
    pub negative: i64,
    pub neutral: i64,
    pub best_post_id: Option<String>,
    pub worst_post_id: Option<String>,
    pub late: i64,
    pub sealed_at: DateTimeUtc,
    /// JSON of [`Missing`]; null when nothing was missing.
    pub missing: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row as the model's words have it.
    pub fn summary(&self) -> Result<HourSummary, DbErr> {
        let missing = match &self.missing {
            None => Missing::default(),
            Some(json) => serde_json::from_str(json)
                .map_err(|error| DbErr::Type(format!("hours.missing of {}: {error}", self.hour)))?,
        };
        Ok(HourSummary {
            hour: Hour::of(self.hour),
            posts: unsigned(self.posts)?,
            mean_compound: self.mean_compound,
            positive: unsigned(self.positive)?,
            negative: unsigned(self.negative)?,
            neutral: unsigned(self.neutral)?,
            late: unsigned(self.late)?,
            sealed_at: Some(self.sealed_at),
            missing,
        })
    }

    /// The row that freezes `summary`.
    pub fn freezing(
        summary: &HourSummary,
        sealed_at: DateTimeUtc,
        best_post_id: Option<String>,
        worst_post_id: Option<String>,
    ) -> Result<Self, DbErr> {
        let missing = if summary.missing.is_empty() {
            None
        } else {
            Some(
                serde_json::to_string(&summary.missing)
                    .map_err(|error| DbErr::Type(error.to_string()))?,
            )
        };
        Ok(Self {
            hour: summary.hour.start(),
            posts: stored(summary.posts)?,
            mean_compound: summary.mean_compound,
            positive: stored(summary.positive)?,
            negative: stored(summary.negative)?,
            neutral: stored(summary.neutral)?,
            best_post_id,
            worst_post_id,
            late: stored(summary.late)?,
            sealed_at,
            missing,
        })
    }
}
