//! Scoring history anew: reading an hour's texts, and putting other scores in place of those that are there.

use std::collections::BTreeSet;

use moodwire_model::{Batch, Digest, Hour, Score, Timestamp, truncate_to_millis};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::{
    Error, Result, Warehouse, digest,
    entity::{hour, post, post_actor},
    locks,
};

/// A post of an hour, with what a scorer needs and what it is compared by.
#[derive(Debug, Clone, PartialEq)]
pub struct HourPost {
    /// Its key.
    pub id: String,
    /// Its text.
    pub text: String,
    /// When it was written: of equal scores the earlier counts.
    pub created_at: Timestamp,
    /// Its compound as it is stored.
    pub compound: f64,
    /// What scored it.
    pub scorer: String,
    /// When this version of it was made.
    pub edited_at: Option<Timestamp>,
    /// Whether it can be best or worst.
    pub eligible: bool,
    /// What its copies share.
    pub gist: Option<i64>,
}

/// Another score of a post.
#[derive(Debug, Clone, PartialEq)]
pub struct NewScore {
    /// The post's key.
    pub id: String,
    /// The version of the post that was scored: a newer one keeps its score.
    pub edited_at: Option<Timestamp>,
    /// The score.
    pub score: Score,
}

impl Warehouse {
    /// The hour's posts that are not deleted, in the order of their keys, from behind `after` on, at most [`Batch::MAX_POSTS`].
    ///
    /// # Errors
    /// [`Error`], when the database cannot be read.
    pub async fn posts_of(&self, hour: Hour, after: Option<&str>) -> Result<Vec<HourPost>> {
        let mut found = post::Entity::find()
            .filter(post::Column::Hour.eq(hour.start()))
            .filter(post::Column::DeletedAt.is_null());
        if let Some(after) = after {
            found = found.filter(post::Column::Id.gt(after));
        }
        let limit = Batch::MAX_POSTS as u64;
        let rows = found
            .order_by_asc(post::Column::Id)
            .limit(limit)
            .all(self.store.reader())
            .await;
        let rows = rows.map_err(|error| self.store.failed(&error))?;
        Ok(rows.into_iter().map(HourPost::from).collect())
    }

    /// Gives posts of an hour, at most [`Batch::MAX_POSTS`], other scores, in one transaction.
    ///
    /// # Errors
    /// [`Error::Refused`] for too many posts; [`Error`], when the database cannot be written.
    pub async fn rescore(&self, hour: Hour, scores: &[NewScore], now: Timestamp) -> Result<()> {
        if scores.len() > Batch::MAX_POSTS {
            let most = Batch::MAX_POSTS;
            return Err(Error::Refused(format!(
                "{} posts are too many for one transaction: give at most {most}",
                scores.len()
            )));
        }
        let tx = self.store.begin().await?;
        let done = rescore_in(&tx, hour, scores, truncate_to_millis(now)).await;
        self.store.end(tx, done).await
    }

    /// Freezes the counts, the best and the worst post of an hour that is sealed anew, from its posts as they are now.
    /// When it was sealed, what was missing and what came late stay. An hour that is not sealed is left alone.
    ///
    /// # Errors
    /// [`Error`], when the database cannot be written.
    pub async fn refreeze(&self, hour: Hour) -> Result<()> {
        let tx = self.store.begin().await?;
        let done = refreeze_in(&tx, hour, self.collapses_copies).await;
        self.store.end(tx, done).await
    }
}

async fn rescore_in(
    tx: &DatabaseTransaction,
    hour: Hour,
    scores: &[NewScore],
    now: Timestamp,
) -> Result<(), DbErr> {
    use post::Column as C;
    locks::posting(tx, &BTreeSet::from([hour])).await?;
    for NewScore {
        id,
        edited_at,
        score,
    } in scores
    {
        // −0 becomes 0, as where posts are stored first.
        let values = [
            (C::Compound, score.compound),
            (C::Pos, score.pos),
            (C::Neu, score.neu),
            (C::Neg, score.neg),
        ];
        let update = post::Entity::update_many()
            .col_expr(C::Scorer, Expr::value(score.scorer.clone()))
            .col_expr(C::ScoredAt, Expr::value(now));
        let update = values.into_iter().fold(update, |update, (column, value)| {
            update.col_expr(column, Expr::value(value + 0.0))
        });
        let version = edited_at.map_or_else(|| C::EditedAt.is_null(), |at| C::EditedAt.eq(at));
        let updated = update
            .filter(C::Id.eq(id))
            .filter(C::DeletedAt.is_null())
            .filter(version)
            .exec(tx)
            .await?;
        if updated.rows_affected > 0 {
            post_actor::Entity::update_many()
                .col_expr(post_actor::Column::Mood, Expr::value(score.compound + 0.0))
                .filter(post_actor::Column::PostId.eq(id))
                .exec(tx)
                .await?;
        }
    }
    Ok(())
}

async fn refreeze_in(tx: &DatabaseTransaction, hour: Hour, collapsed: bool) -> Result<(), DbErr> {
    locks::sealing(tx, hour).await?;
    let Some(frozen) = hour::Entity::find_by_id(hour.start()).one(tx).await? else {
        return Ok(());
    };
    let Digest {
        summary,
        best,
        worst,
        ..
    } = digest::live(tx, hour, digest::Among::everything(collapsed)).await?;
    let id = |post: moodwire_model::DigestPost| post.id.as_str().to_owned();
    let row = hour::Model::freezing(&summary, frozen.sealed_at, best.map(id), worst.map(id))?;
    let row = hour::Model {
        late: frozen.late,
        missing: frozen.missing,
        ..row
    };
    hour::Entity::update(row.into_active_model().reset_all())
        .exec(tx)
        .await?;
    Ok(())
}

impl From<post::Model> for HourPost {
    fn from(post: post::Model) -> Self {
        Self {
            id: post.id,
            text: post.text,
            created_at: post.created_at,
            compound: post.compound,
            scorer: post.scorer,
            edited_at: post.edited_at,
            eligible: post.barred.is_none(),
            gist: post.gist,
        }
    }
}
