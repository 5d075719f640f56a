//! The digest of an hour, computed from its posts: counts, mean, best and worst.
//!
//! The same posts give the same digest, to the last bit, on either database and in whatever order they came.

use std::collections::BTreeSet;

use moodwire_model::{Digest, DigestPost, Hour, HourSummary, Missing, Score, Selection, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

use crate::entity::{hour, post, post_actor, unsigned};

/// Compounds have four decimals: as ten-thousandths they are whole numbers, whose sum, unlike that of fractions, does
/// not depend on the order of adding.
pub(crate) fn sum(compound: &str) -> String {
    format!("CAST(COALESCE(SUM(ROUND({compound} * 10000)), 0) AS BIGINT)")
}

/// Which posts of an hour are looked at; never those that are deleted.
#[derive(Clone, Copy)]
pub(crate) struct Among<'a> {
    pub(crate) selection: &'a Selection,
    /// Only those that were collected by then: those that were there when the hour was sealed.
    pub(crate) until: Option<Timestamp>,
    /// Of posts that say the same only the first can be best or worst.
    pub(crate) collapsed: bool,
}

/// Lets every post pass.
static EVERYTHING: Selection = Selection {
    actors: BTreeSet::new(),
    sources: BTreeSet::new(),
};

impl Among<'static> {
    /// All posts that are there now.
    pub(crate) fn everything(collapsed: bool) -> Self {
        Self {
            selection: &EVERYTHING,
            until: None,
            collapsed,
        }
    }
}

impl Among<'_> {
    /// The posts that count.
    fn of(self, hour: Hour) -> Condition {
        let Selection { actors, sources } = self.selection;
        let mut condition = Condition::all()
            .add(post::Column::Hour.eq(hour.start()))
            .add(post::Column::DeletedAt.is_null());
        if let Some(until) = self.until {
            condition = condition.add(post::Column::CollectedAt.lte(until));
        }
        if !sources.is_empty() {
            condition = condition.add(post::Column::Feed.is_in(sources));
        }
        if !actors.is_empty() {
            let matching = Query::select()
                .column(post_actor::Column::PostId)
                .from(post_actor::Entity)
                .and_where(post_actor::Column::Actor.is_in(actors))
                .to_owned();
            condition = condition.add(post::Column::Id.in_subquery(matching));
        }
        condition
    }

    /// Those of them that can be best or worst.
    fn eligible(self, hour: Hour) -> Condition {
        let condition = self.of(hour).add(post::Column::Barred.is_null());
        if self.collapsed {
            condition.add(Expr::cust(NO_EARLIER_COPY))
        } else {
            condition
        }
    }
}

/// Looked up by hour and gist. A copy that does not count, or that is barred, does not stand in for the post.
const NO_EARLIER_COPY: &str = "NOT EXISTS (SELECT 1 FROM posts AS earlier \
    WHERE earlier.hour = posts.hour AND earlier.gist = posts.gist \
    AND earlier.deleted_at IS NULL AND earlier.barred IS NULL \
    AND (earlier.created_at < posts.created_at \
         OR (earlier.created_at = posts.created_at AND earlier.id < posts.id)))";

/// The hour's digest as its posts are now, neither sealed nor counting late ones.
pub(crate) async fn live(
    db: &impl ConnectionTrait,
    hour: Hour,
    among: Among<'_>,
) -> Result<Digest, DbErr> {
    let summary = count(db, hour, among).await?;
    let best = extremes(db, hour, among, Order::Desc, 1)
        .await?
        .into_iter()
        .next();
    let best_id = best.as_ref().map(|post| post.id.clone());
    let mut worst = extremes(db, hour, among, Order::Asc, 2).await?;
    // In an hour whose posts all score alike both orders begin with the same post.
    if worst.len() > 1 {
        worst.retain(|post| Some(&post.id) != best_id.as_ref());
    }
    Ok(Digest {
        summary,
        best,
        worst: worst.into_iter().next(),
        trend: Vec::new(),
    })
}

/// The digest that was frozen in `row`.
pub(crate) async fn frozen(db: &impl ConnectionTrait, row: &hour::Model) -> Result<Digest, DbErr> {
    Ok(Digest {
        summary: row.summary()?,
        best: find(db, row.best_post_id.as_deref()).await?,
        worst: find(db, row.worst_post_id.as_deref()).await?,
        trend: Vec::new(),
    })
}

/// Names the actors that best and worst match.
pub(crate) async fn name_actors(
    db: &impl ConnectionTrait,
    digest: &mut Digest,
) -> Result<(), DbErr> {
    for post in [&mut digest.best, &mut digest.worst].into_iter().flatten() {
        post.actors = post_actor::Entity::find()
            .filter(post_actor::Column::PostId.eq(post.id.as_str()))
            .order_by_asc(post_actor::Column::Actor)
            .all(db)
            .await?
            .into_iter()
            .map(|row| row.actor)
            .collect();
    }
    Ok(())
}

/// Counts the copies of best and worst.
pub(crate) async fn count_copies(
    db: &impl ConnectionTrait,
    digest: &mut Digest,
    among: Among<'_>,
) -> Result<(), DbErr> {
    let hour = digest.summary.hour;
    for shown in [&mut digest.best, &mut digest.worst].into_iter().flatten() {
        let gist: Option<Option<i64>> = post::Entity::find_by_id(shown.id.as_str())
            .select_only()
            .column(post::Column::Gist)
            .into_tuple()
            .one(db)
            .await?;
        if let Some(gist) = gist.flatten() {
            let same = post::Entity::find()
                .filter(among.of(hour))
                .filter(post::Column::Gist.eq(gist));
            shown.copies = same.count(db).await?.saturating_sub(1);
        }
    }
    Ok(())
}

async fn find(db: &impl ConnectionTrait, id: Option<&str>) -> Result<Option<DigestPost>, DbErr> {
    let Some(id) = id else { return Ok(None) };
    let row = post::Entity::find_by_id(id).one(db).await?;
    Ok(row.map(DigestPost::from))
}

/// The hour's counts and mean.
pub(crate) async fn count(
    db: &impl ConnectionTrait,
    hour: Hour,
    among: Among<'_>,
) -> Result<HourSummary, DbErr> {
    let threshold = Score::POSITIVE_FROM;
    let counted: Option<(i64, i64, i64, i64)> = post::Entity::find()
        .select_only()
        .column_as(Expr::cust("COUNT(*)"), "posts")
        .column_as(Expr::cust(sum("compound")), "sum")
        .column_as(
            Expr::cust(format!("COUNT(*) FILTER (WHERE compound >= {threshold})")),
            "positive",
        )
        .column_as(
            Expr::cust(format!("COUNT(*) FILTER (WHERE compound <= -{threshold})")),
            "negative",
        )
        .filter(among.of(hour))
        .into_tuple()
        .one(db)
        .await?;
    let (posts, sum, positive, negative) =
        counted.ok_or_else(|| DbErr::Type("an aggregate gave no row".to_owned()))?;
    let (posts, positive, negative) = (unsigned(posts)?, unsigned(positive)?, unsigned(negative)?);
    Ok(HourSummary {
        hour,
        posts,
        mean_compound: mean(sum, posts),
        positive,
        negative,
        neutral: posts - positive - negative,
        late: 0,
        sealed_at: None,
        missing: Missing::default(),
    })
}

/// The mean of `posts` compounds that sum to so many ten-thousandths, to six decimals.
pub(crate) fn mean(ten_thousandths: i64, posts: u64) -> Option<f64> {
    let mean = ten_thousandths as f64 / (posts as f64 * 1e4);
    (posts > 0).then(|| (mean * 1e6).round() / 1e6 + 0.0)
}

/// The first posts of an hour by compound; ties go to the earlier post, then to the smaller key.
async fn extremes(
    db: &impl ConnectionTrait,
    hour: Hour,
    among: Among<'_>,
    order: Order,
    limit: u64,
) -> Result<Vec<DigestPost>, DbErr> {
    let rows = post::Entity::find()
        .filter(among.eligible(hour))
        .order_by(post::Column::Compound, order)
        .order_by_asc(post::Column::CreatedAt)
        .order_by_asc(post::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(DigestPost::from).collect())
}
