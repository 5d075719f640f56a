//! The mood: hour by hour, how many posts there were and how they sounded.

use std::collections::{BTreeMap, btree_map::Entry};

use chrono::{DateTime, Utc};
use moodwire_model::{Hour, HourSummary, Score};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryResult, Value,
};
use serde::Serialize;

use crate::{
    Result, Warehouse,
    digest::{self, Among, mean},
    entity::{hour, unsigned},
    hours,
    store::statement,
};

/// Which posts count. All do by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoodFilter {
    /// Only those that match this actor.
    pub actor: Option<String>,
    /// Only those that this source brought.
    pub source: Option<String>,
}

impl MoodFilter {
    /// True when all posts count.
    pub fn is_everything(&self) -> bool {
        self.actor.is_none() && self.source.is_none()
    }
}

/// An hour with posts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoodHour {
    /// The hour.
    pub hour: Hour,
    /// Posts in it.
    pub posts: u64,
    /// Their mean compound, to six decimals.
    pub mean_compound: Option<f64>,
    /// Posts at or above +0.05.
    pub positive: u64,
    /// Posts at or below −0.05.
    pub negative: u64,
    /// The rest.
    pub neutral: u64,
}

impl Warehouse {
    /// The hours in `[from, before)` that have posts, ascending, each with the counts that its digest has: of a sealed
    /// hour, of what was there when it was sealed. Deleted posts do not count where the hour is not sealed, nor where there
    /// is a filter.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn mood(
        &self,
        from: Hour,
        before: Hour,
        filter: &MoodFilter,
    ) -> Result<Vec<MoodHour>> {
        let snapshot = self.store.snapshot().await?;
        let series = if filter.is_everything() {
            everything(&snapshot, from, before).await
        } else {
            filtered(&snapshot, from, before, filter).await
        };
        self.store.end(snapshot, series).await
    }

    /// The actors that posts match, sorted.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn actors(&self) -> Result<Vec<String>> {
        self.distinct("actor", "post_actors", "").await
    }

    /// The sources that posts which count came from, by name, sorted.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn feeds(&self) -> Result<Vec<String>> {
        // As the index has it that begins with the feed.
        self.distinct("feed", "posts", "AND deleted_at IS NULL")
            .await
    }

    /// What the column holds, by hopping from each value to the next through an index that begins with it: as many steps
    /// as there are values, where `SELECT DISTINCT` would read every row.
    async fn distinct(&self, column: &str, table: &str, and: &str) -> Result<Vec<String>> {
        let next = |than: &str| {
            format!(
                "(SELECT {column} FROM {table} WHERE {column} > {than} {and} ORDER BY {column} LIMIT 1)"
            )
        };
        let (first, further) = (next("''"), next("found.value"));
        let sql = format!(
            "WITH RECURSIVE found(value) AS (SELECT {first} UNION ALL SELECT {further} FROM found \
             WHERE found.value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL"
        );
        let db = self.store.reader();
        let rows = db
            .query_all_raw(statement(db.get_database_backend(), &sql, []))
            .await;
        let values =
            rows.and_then(|rows| rows.iter().map(|row| row.try_get("", "value")).collect());
        let mut values: Vec<String> = values.map_err(|error| self.store.failed(&error))?;
        // The database sorts by its own language.
        values.sort_unstable();
        Ok(values)
    }
}

/// What was frozen, and of the hours that are not sealed what is there now.
async fn everything(
    tx: &DatabaseTransaction,
    from: Hour,
    before: Hour,
) -> Result<Vec<MoodHour>, DbErr> {
    let sealed = hour::Entity::find()
        .filter(hour::Column::Hour.gte(from.start()))
        .filter(hour::Column::Hour.lt(before.start()))
        .all(tx)
        .await?;
    let mut series: BTreeMap<Hour, MoodHour> = BTreeMap::new();
    for row in &sealed {
        series.insert(Hour::of(row.hour), row.summary()?.into());
    }
    for hour in hours::with_posts(tx, Some(from), before).await? {
        if let Entry::Vacant(open) = series.entry(hour) {
            let counted = digest::count(tx, hour, Among::everything(false)).await?;
            open.insert(counted.into());
        }
    }
    Ok(with_posts(series))
}

/// All is counted anew; where posts came after an hour was sealed, once more without them. Those hours are few, and the
/// first count needs only what the index holds.
async fn filtered(
    tx: &DatabaseTransaction,
    from: Hour,
    before: Hour,
    filter: &MoodFilter,
) -> Result<Vec<MoodHour>, DbErr> {
    let late = hour::Entity::find()
        .filter(hour::Column::Hour.gte(from.start()))
        .filter(hour::Column::Hour.lt(before.start()))
        .filter(hour::Column::Late.gt(0))
        .all(tx)
        .await?;
    let mut series = count(tx, from, before, filter, false).await?;
    if !late.is_empty() {
        for row in &late {
            series.remove(&Hour::of(row.hour));
        }
        series.extend(count(tx, from, before, filter, true).await?);
    }
    Ok(with_posts(series))
}

fn with_posts(series: BTreeMap<Hour, MoodHour>) -> Vec<MoodHour> {
    series.into_values().filter(|hour| hour.posts > 0).collect()
}

/// The counts by hour: of all posts, or of those hours that have late ones, without these.
async fn count(
    tx: &DatabaseTransaction,
    from: Hour,
    before: Hour,
    filter: &MoodFilter,
    punctual: bool,
) -> Result<BTreeMap<Hour, MoodHour>, DbErr> {
    let mut values: Vec<Value> = vec![from.start().into(), before.start().into()];
    let mut bind = |value: &String| {
        values.push(value.clone().into());
        format!("${}", values.len())
    };
    // Where an actor is asked for, its rows lead: they are found by hour too, and hold what is counted.
    let (hour, compound, counting, mut source) = match &filter.actor {
        None => (
            "posts.hour",
            "posts.compound",
            "posts.deleted_at IS NULL".to_owned(),
            "posts",
        ),
        Some(actor) => (
            "post_actors.hour",
            "post_actors.mood",
            format!(
                "post_actors.mood IS NOT NULL AND post_actors.actor = {}",
                bind(actor)
            ),
            "post_actors",
        ),
    };
    if filter.actor.is_some() && (filter.source.is_some() || punctual) {
        source = "post_actors JOIN posts ON posts.id = post_actors.post_id";
    }
    let feed = filter.source.as_ref().map_or_else(String::new, |feed| {
        format!("AND posts.feed = {}", bind(feed))
    });
    let late = match punctual {
        false => String::new(),
        true => format!(
            "JOIN hours ON hours.hour = {hour} AND hours.late > 0 AND posts.collected_at <= hours.sealed_at"
        ),
    };
    let (threshold, sum) = (Score::POSITIVE_FROM, digest::sum(compound));
    let sql = format!(
        "SELECT {hour} AS hour, COUNT(*) AS posts, {sum} AS sum, \
         COUNT(*) FILTER (WHERE {compound} >= {threshold}) AS positive, \
         COUNT(*) FILTER (WHERE {compound} <= -{threshold}) AS negative \
         FROM {source} {late} WHERE {hour} >= $1 AND {hour} < $2 AND {counting} {feed} \
         GROUP BY {hour}"
    );
    let counted = statement(tx.get_database_backend(), &sql, values);
    let rows = tx.query_all_raw(counted).await?;
    rows.iter().map(counts).collect()
}

fn counts(row: &QueryResult) -> Result<(Hour, MoodHour), DbErr> {
    let hour = Hour::of(row.try_get::<DateTime<Utc>>("", "hour")?);
    let number = |column| unsigned(row.try_get("", column)?);
    let (posts, positive, negative) = (number("posts")?, number("positive")?, number("negative")?);
    let counted = MoodHour {
        hour,
        posts,
        mean_compound: mean(row.try_get("", "sum")?, posts),
        positive,
        negative,
        neutral: posts - positive - negative,
    };
    Ok((hour, counted))
}

impl From<HourSummary> for MoodHour {
    fn from(summary: HourSummary) -> Self {
        Self {
            hour: summary.hour,
            posts: summary.posts,
            mean_compound: summary.mean_compound,
            positive: summary.positive,
            negative: summary.negative,
            neutral: summary.neutral,
        }
    }
}
