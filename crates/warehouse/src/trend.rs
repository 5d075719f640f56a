//! The trend: the means of the hours that led up to a digest's.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use moodwire_model::{Hour, HourMean, HourSummary, TREND_HOURS};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    digest::{Among, count},
    entity::hour,
    hours,
};

/// The hours with posts among the [`TREND_HOURS`] before the summary's, oldest first, and the summary's own at the end.
/// Of a sealed hour everything is what was frozen; the rest is counted as it is now.
pub(crate) async fn before(
    db: &impl ConnectionTrait,
    summary: &HourSummary,
    among: Among<'_>,
) -> Result<Vec<HourMean>, DbErr> {
    let until = summary.hour;
    let from = Hour::of(until.start() - TimeDelta::hours(TREND_HOURS));
    let sealed: BTreeMap<Hour, HourSummary> = hour::Entity::find()
        .filter(hour::Column::Hour.gte(from.start()))
        .filter(hour::Column::Hour.lt(until.start()))
        .all(db)
        .await?
        .iter()
        .map(|row| Ok((Hour::of(row.hour), row.summary()?)))
        .collect::<Result<_, DbErr>>()?;
    let mut trend = Vec::new();
    for hour in hours::with_posts(db, Some(from), until).await? {
        let counted = match sealed.get(&hour) {
            Some(frozen) if among.selection.is_everything() => frozen.clone(),
            frozen => {
                let until = frozen.and_then(|frozen| frozen.sealed_at);
                count(db, hour, Among { until, ..among }).await?
            }
        };
        trend.extend(point(&counted));
    }
    trend.extend(point(summary));
    Ok(trend)
}

fn point(summary: &HourSummary) -> Option<HourMean> {
    Some(HourMean {
        hour: summary.hour,
        posts: summary.posts,
        mean_compound: summary.mean_compound?,
    })
}
