//! Hours: which have posts, their digests, sealing them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use moodwire_model::{
    Digest, Hour, HourSummary, Missing, Selection, Timestamp, truncate_to_millis,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::{
    Result, Warehouse,
    digest::{self, Among},
    entity::{hour, hour_attempt, installation},
    locks,
    store::statement,
    trend,
};

/// The hours that have posts, by hopping from each to the next through the index `(hour, compound)`: as many steps
/// as there are hours, where `SELECT DISTINCT` would read every post.
const HOURS_WITH_POSTS: &str = "\
    WITH RECURSIVE found(hour) AS ( \
        SELECT (SELECT hour FROM posts WHERE hour >= $1 AND hour < $2 ORDER BY hour LIMIT 1) \
        UNION ALL \
        SELECT (SELECT posts.hour FROM posts WHERE posts.hour > found.hour AND posts.hour < $2 \
                ORDER BY posts.hour LIMIT 1) \
        FROM found WHERE found.hour IS NOT NULL \
    ) SELECT hour FROM found WHERE hour IS NOT NULL";

impl Warehouse {
    /// The hours in `[from, before)` that have posts, ascending; from the first there is, without `from`.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn hours_with_posts(&self, from: Option<Hour>, before: Hour) -> Result<Vec<Hour>> {
        with_posts(self.store.reader(), from, before)
            .await
            .map_err(|error| self.store.failed(&error))
    }

    /// The hour's digest: what was frozen when it was sealed, else as its posts are now; with the hours before it.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn digest(&self, hour: Hour) -> Result<Digest> {
        self.digest_of(hour, &Selection::default()).await
    }

    /// The same of the posts that `selection` lets pass; of a sealed hour, of those that were collected before it was
    /// sealed. Late posts are then not counted.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn digest_of(&self, hour: Hour, selection: &Selection) -> Result<Digest> {
        let snapshot = self.store.snapshot().await?;
        let digest = digest_in(&snapshot, hour, selection, self.collapses_copies).await;
        self.store.end(snapshot, digest).await
    }

    /// Freezes the hour's counts, best and worst, once; says what is frozen, by this call or an earlier one.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn seal(&self, hour: Hour, missing: &Missing, now: Timestamp) -> Result<HourSummary> {
        if let Some(summary) = self.sealed(hour).await? {
            return Ok(summary);
        }
        let among = Among::everything(self.collapses_copies);
        let tx = self.store.begin().await?;
        let summary = seal_in(&tx, hour, missing, among, truncate_to_millis(now)).await;
        self.store.end(tx, summary).await
    }

    /// What was frozen of the hour; none when it is not sealed.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn sealed(&self, hour: Hour) -> Result<Option<HourSummary>> {
        let found = find(self.store.reader(), hour).await;
        found
            .and_then(|row| row.as_ref().map(hour::Model::summary).transpose())
            .map_err(|error| self.store.failed(&error))
    }

    /// The sealed hours in `[from, before)`, ascending.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn summaries(&self, from: Option<Hour>, before: Hour) -> Result<Vec<HourSummary>> {
        let rows = hour::Entity::find()
            .filter(hour::Column::Hour.gte(start_or_first(from)))
            .filter(hour::Column::Hour.lt(before.start()))
            .order_by_asc(hour::Column::Hour)
            .all(self.store.reader())
            .await;
        rows.and_then(|rows| rows.iter().map(hour::Model::summary).collect())
            .map_err(|error| self.store.failed(&error))
    }

    /// When publishing the hour was first tried: `now`, the first time that this is asked.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn first_attempt(&self, hour: Hour, now: Timestamp) -> Result<Timestamp> {
        let store = &self.store;
        let row = async {
            let key = hour.start();
            if let Some(row) = hour_attempt::Entity::find_by_id(key)
                .one(store.reader())
                .await?
            {
                return Ok(row.first_attempt_at);
            }
            hour_attempt::Entity::insert(hour_attempt::ActiveModel {
                hour: Set(key),
                first_attempt_at: Set(truncate_to_millis(now)),
            })
            .on_conflict_do_nothing_on([hour_attempt::Column::Hour])
            .exec_without_returning(store.writer())
            .await?;
            let row = hour_attempt::Entity::find_by_id(key)
                .one(store.writer())
                .await?;
            row.map(|row| row.first_attempt_at).ok_or_else(vanished)
        };
        row.await.map_err(|error| store.failed(&error))
    }

    /// When this installation first started: `now`, the first time that this is asked. Hours without posts count
    /// from it on.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn installed_at(&self, now: Timestamp) -> Result<Timestamp> {
        const ONLY: i32 = 1;
        let store = &self.store;
        let row = async {
            let found = installation::Entity::find_by_id(ONLY);
            if let Some(row) = found.clone().one(store.reader()).await? {
                return Ok(row.first_start);
            }
            installation::Entity::insert(installation::ActiveModel {
                id: Set(ONLY),
                first_start: Set(truncate_to_millis(now)),
            })
            .on_conflict_do_nothing_on([installation::Column::Id])
            .exec_without_returning(store.writer())
            .await?;
            let row = found.one(store.writer()).await?;
            row.map(|row| row.first_start).ok_or_else(vanished)
        };
        row.await.map_err(|error| store.failed(&error))
    }
}

/// Where an open beginning begins: before any post, and a moment that both databases can compare with.
pub(crate) fn start_or_first(from: Option<Hour>) -> DateTime<Utc> {
    from.map_or(
        DateTime::<Utc>::UNIX_EPOCH - chrono::Days::new(366 * 1900),
        Hour::start,
    )
}

async fn find(db: &impl ConnectionTrait, hour: Hour) -> Result<Option<hour::Model>, DbErr> {
    hour::Entity::find_by_id(hour.start()).one(db).await
}

async fn digest_in(
    tx: &DatabaseTransaction,
    hour: Hour,
    selection: &Selection,
    collapsed: bool,
) -> Result<Digest, DbErr> {
    let mut among = Among {
        selection,
        until: None,
        collapsed,
    };
    let mut digest = match find(tx, hour).await? {
        None => digest::live(tx, hour, among).await?,
        Some(row) if selection.is_everything() => {
            among.until = Some(row.sealed_at);
            digest::frozen(tx, &row).await?
        }
        Some(row) => {
            among.until = Some(row.sealed_at);
            let mut digest = digest::live(tx, hour, among).await?;
            digest.summary.sealed_at = Some(row.sealed_at);
            digest.summary.missing = row.summary()?.missing;
            digest
        }
    };
    digest::name_actors(tx, &mut digest).await?;
    if collapsed {
        digest::count_copies(tx, &mut digest, among).await?;
    }
    digest.trend = trend::before(tx, &digest.summary, among).await?;
    Ok(digest)
}

/// See [`Warehouse::hours_with_posts`].
pub(crate) async fn with_posts(
    db: &impl ConnectionTrait,
    from: Option<Hour>,
    before: Hour,
) -> Result<Vec<Hour>, DbErr> {
    let values = [start_or_first(from).into(), before.start().into()];
    let found = statement(db.get_database_backend(), HOURS_WITH_POSTS, values);
    db.query_all_raw(found)
        .await?
        .iter()
        .map(|row| Ok(Hour::of(row.try_get::<DateTime<Utc>>("", "hour")?)))
        .collect()
}

async fn seal_in(
    tx: &DatabaseTransaction,
    hour: Hour,
    missing: &Missing,
    among: Among<'_>,
    now: Timestamp,
) -> Result<HourSummary, DbErr> {
    locks::sealing(tx, hour).await?;
    if let Some(row) = find(tx, hour).await? {
        return row.summary();
    }
    let Digest {
        mut summary,
        best,
        worst,
        ..
    } = digest::live(tx, hour, among).await?;
    summary.missing = missing.clone();
    let id = |post: moodwire_model::DigestPost| post.id.as_str().to_owned();
    let row = hour::Model::freezing(&summary, now, best.map(id), worst.map(id))?;
    hour::Entity::insert(row.clone().into_active_model())
        .exec_without_returning(tx)
        .await?;
    row.summary()
}

/// Picks the best and the worst post anew of those among these sealed hours in which one of the posts is either. The rest
/// of what was frozen stays.
pub(crate) async fn pick_without(
    tx: &DatabaseTransaction,
    hours: &BTreeSet<Hour>,
    deleted: &[&str],
    collapsed: bool,
) -> Result<(), DbErr> {
    for hour in sealed_among(tx, hours).await? {
        let Some(row) = find(tx, hour).await? else {
            continue;
        };
        let shown = [&row.best_post_id, &row.worst_post_id];
        if !shown
            .into_iter()
            .flatten()
            .any(|id| deleted.contains(&&**id))
        {
            continue;
        }
        let mut among = Among::everything(collapsed);
        among.until = Some(row.sealed_at);
        let Digest { best, worst, .. } = digest::live(tx, hour, among).await?;
        let id = |post: moodwire_model::DigestPost| post.id.as_str().to_owned();
        let mut picked = row.into_active_model();
        picked.best_post_id = Set(best.map(id));
        picked.worst_post_id = Set(worst.map(id));
        hour::Entity::update(picked).exec(tx).await?;
    }
    Ok(())
}

/// Which of these hours are sealed.
pub(crate) async fn sealed_among(
    db: &impl ConnectionTrait,
    hours: &BTreeSet<Hour>,
) -> Result<BTreeSet<Hour>, DbErr> {
    let starts: Vec<DateTime<Utc>> = hours.iter().map(|hour| hour.start()).collect();
    let mut sealed = BTreeSet::new();
    for piece in crate::store::pieces(&starts) {
        let rows = hour::Entity::find()
            .filter(hour::Column::Hour.is_in(piece.iter().copied()))
            .all(db)
            .await?;
        sealed.extend(rows.into_iter().map(|row| Hour::of(row.hour)));
    }
    Ok(sealed)
}

fn vanished() -> DbErr {
    DbErr::Type("a row was deleted at the moment it was written".to_owned())
}
