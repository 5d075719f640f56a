//! Storing scored posts: one transaction a batch, idempotent by the post's key.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use moodwire_model::{Batch, Hour, ScoredPost, Timestamp};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult,
    sea_query::{Expr, OnConflict},
};
use serde::Serialize;

use crate::{
    Error, Result, Warehouse,
    entity::{hour, post, post_actor, stored},
    hours, locks,
    store::pieces,
};

/// When a stored post was edited and deleted, and the hour that it counts in.
type Version = (Option<Timestamp>, Option<Timestamp>, Timestamp);

/// What came of storing a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Upserted {
    /// Posts that were not there before.
    pub new: u64,
    /// Posts that were, and now have the values given; those that were there in a newer version, or deleted, do not.
    pub updated: u64,
    /// New posts whose hour was sealed already; counted in its `late` as well.
    pub late: u64,
}

impl Warehouse {
    /// Stores scored posts, at most [`Batch::MAX_POSTS`], in one transaction. A post that is there already gets the
    /// values given, but keeps what its place in an hour was decided by (`created_at`, `hour`) and what tells how it
    /// came (`collected_at`, `batch`): an hour may be sealed with it. Of two posts with one key the later counts, unless it
    /// is an older version. A deleted post counts no more: a sealed hour whose best or worst it was gets another one.
    ///
    /// # Errors
    /// [`Error::Refused`] for too many posts, [`Error::BadValue`] for a score that is no number and for a value that the database does
    /// not take; nothing of the batch is stored then.
    pub async fn upsert(&self, posts: &[ScoredPost]) -> Result<Upserted> {
        if posts.is_empty() {
            return Ok(Upserted::default());
        }
        refuse(posts)?;
        // By key, so that two transactions that share posts lock them in the same order.
        let posts: BTreeMap<&str, &ScoredPost> = posts
            .iter()
            .map(|scored| (scored.post.key.as_str(), scored))
            .collect();
        let tx = self.store.begin().await?;
        let upserted = upsert_in(&tx, &posts, self.collapses_copies).await;
        self.store.end(tx, upserted).await
    }
}

fn refuse(posts: &[ScoredPost]) -> Result<()> {
    if posts.len() > Batch::MAX_POSTS {
        return Err(Error::Refused(format!(
            "{} posts are too many for one transaction: give at most {}",
            posts.len(),
            Batch::MAX_POSTS
        )));
    }
    for scored in posts {
        let score = &scored.score;
        if ![score.compound, score.pos, score.neu, score.neg]
            .iter()
            .all(|number| number.is_finite())
        {
            return Err(Error::BadValue(format!(
                "the score of post {} is no number: quarantine it",
                scored.post.key
            )));
        }
    }
    Ok(())
}

async fn upsert_in(
    tx: &DatabaseTransaction,
    posts: &BTreeMap<&str, &ScoredPost>,
    collapsed: bool,
) -> Result<Upserted, DbErr> {
    let hours: BTreeSet<Hour> = posts.values().map(|scored| scored.post.hour).collect();
    let is_deleted = |row: &&post::Model| row.deleted_at.is_some();
    let rows: Vec<post::Model> = posts.values().map(|scored| (*scored).into()).collect();
    if rows.iter().any(|row| is_deleted(&row)) {
        locks::picking(tx, &hours).await?;
    } else {
        locks::posting(tx, &hours).await?;
    }
    let new = insert(tx, &rows).await?;
    let (added, there): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| new.contains(&row.id));
    let there = not_older(tx, there).await?;
    update(tx, &there).await?;
    store_actors(tx, posts, &added, &there).await?;

    let deleted: Vec<&str> = there
        .iter()
        .filter(is_deleted)
        .map(|row| &*row.id)
        .collect();
    if !deleted.is_empty() {
        hours::pick_without(tx, &hours, &deleted, collapsed).await?;
    }
    let counting: Vec<&post::Model> = added.iter().filter(|row| !is_deleted(row)).collect();
    let late = count_late(tx, &counting).await?;
    Ok(Upserted {
        new: added.len() as u64,
        updated: there.len() as u64,
        late,
    })
}

/// Those that are no older version than what is there, and not deleted there, each with the hour that it has there; locked
/// until the transaction ends.
async fn not_older(
    tx: &DatabaseTransaction,
    rows: Vec<post::Model>,
) -> Result<Vec<post::Model>, DbErr> {
    let mut stored: HashMap<String, Version> = HashMap::new();
    let keys: Vec<&str> = rows.iter().map(|row| &*row.id).collect();
    for piece in pieces(&keys) {
        let found: Vec<(String, Option<Timestamp>, Option<Timestamp>, Timestamp)> =
            post::Entity::find()
                .select_only()
                .columns([
                    post::Column::Id,
                    post::Column::EditedAt,
                    post::Column::DeletedAt,
                    post::Column::Hour,
                ])
                .filter(post::Column::Id.is_in(piece.iter().copied()))
                .order_by_asc(post::Column::Id)
                .lock_exclusive()
                .into_tuple()
                .all(tx)
                .await?;
        stored.extend(
            found
                .into_iter()
                .map(|(id, edited, deleted, hour)| (id, (edited, deleted, hour))),
        );
    }
    let passes = |row: &post::Model| match stored.get(&row.id) {
        Some((_, Some(_), _)) => false,
        Some((edited_at, None, _)) => row.deleted_at.is_some() || row.edited_at >= *edited_at,
        None => true,
    };
    let placed = |row: post::Model| match stored.get(&row.id) {
        Some((_, _, hour)) => post::Model { hour: *hour, ..row },
        None => row,
    };
    Ok(rows.into_iter().filter(passes).map(placed).collect())
}

/// Inserts what is not there and says which that was. Whether a row is new is asked of the insert itself: a look
/// beforehand would let two transactions that bring the same post both take it for new.
async fn insert(tx: &DatabaseTransaction, rows: &[post::Model]) -> Result<HashSet<String>, DbErr> {
    let mut new = HashSet::new();
    for piece in pieces(rows) {
        let models = piece
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        let inserted = post::Entity::insert_many(models)
            .on_conflict_do_nothing_on([post::Column::Id])
            .exec_with_returning_keys(tx)
            .await?;
        if let TryInsertResult::Inserted(keys) = inserted {
            new.extend(keys);
        }
    }
    Ok(new)
}

async fn update(tx: &DatabaseTransaction, rows: &[post::Model]) -> Result<(), DbErr> {
    use post::Column as C;
    let newest = [
        C::Source,
        C::Author,
        C::AuthorName,
        C::Text,
        C::Url,
        C::Lang,
        C::ScoredAt,
        C::Compound,
        C::Pos,
        C::Neu,
        C::Neg,
        C::Scorer,
        C::EditedAt,
        C::DeletedAt,
        C::Barred,
        C::Gist,
    ];
    for piece in pieces(rows) {
        let models = piece
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        post::Entity::insert_many(models)
            .on_conflict(OnConflict::column(C::Id).update_columns(newest).to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Makes the posts' actors those given; posts that were there lose their former ones first.
async fn store_actors(
    tx: &DatabaseTransaction,
    posts: &BTreeMap<&str, &ScoredPost>,
    added: &[post::Model],
    there: &[post::Model],
) -> Result<(), DbErr> {
    let stored = || added.iter().chain(there);
    let there: Vec<&str> = there.iter().map(|row| row.id.as_str()).collect();
    for piece in pieces(&there) {
        post_actor::Entity::delete_many()
            .filter(post_actor::Column::PostId.is_in(piece.iter().copied()))
            .exec(tx)
            .await?;
    }
    let actors: BTreeMap<(&str, &str), post_actor::Model> = stored()
        .filter_map(|row| Some((row, posts.get(&*row.id)?)))
        .flat_map(|(row, scored)| {
            let mood = row.deleted_at.is_none().then_some(row.compound);
            scored.post.actors.iter().map(move |found| {
                let model = post_actor::Model {
                    post_id: row.id.clone(),
                    actor: found.actor.clone(),
                    hour: Some(row.hour),
                    mood,
                };
                ((&*row.id, &*found.actor), model)
            })
        })
        .collect();
    let actors: Vec<post_actor::Model> = actors.into_values().collect();
    for piece in pieces(&actors) {
        let models = piece
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model);
        post_actor::Entity::insert_many(models)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Counts the posts that came into sealed hours, in those hours' rows too.
async fn count_late(tx: &DatabaseTransaction, added: &[&post::Model]) -> Result<u64, DbErr> {
    let mut per_hour: BTreeMap<Hour, u64> = BTreeMap::new();
    for row in added {
        *per_hour.entry(Hour::of(row.hour)).or_default() += 1;
    }
    let sealed = hours::sealed_among(tx, &per_hour.keys().copied().collect()).await?;
    let mut late = 0;
    for (hour, count) in per_hour
        .into_iter()
        .filter(|(hour, _)| sealed.contains(hour))
    {
        hour::Entity::update_many()
            .col_expr(
                hour::Column::Late,
                Expr::col(hour::Column::Late).add(stored(count)?),
            )
            .filter(hour::Column::Hour.eq(hour.start()))
            .exec(tx)
            .await?;
        late += count;
    }
    Ok(late)
}
