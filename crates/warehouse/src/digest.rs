//! The digest of an hour, computed from its posts: counts, mean, best and worst.
//!
//! The same posts give the same digest, to the last bit, on either database and in whatever order they came.

use moodwire_model::{Digest, DigestPost, Hour, HourSummary, Missing, Score};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    entity::{hour, post, unsigned},
    store::statement,
};

/// An hour's counts. Compounds have four decimals: as ten-thousandths they are whole numbers, whose sum, unlike that
/// of fractions, does not depend on the order of adding.
const COUNTS: &str = "\
    SELECT COUNT(*) AS posts, \
    CAST(COALESCE(SUM(ROUND(compound * 10000)), 0) AS BIGINT) AS sum, \
    COUNT(*) FILTER (WHERE compound >= $2) AS positive, \
    COUNT(*) FILTER (WHERE compound <= $3) AS negative \
    FROM posts WHERE hour = $1";

/// The hour's digest as its posts are now, neither sealed nor counting late ones.
pub(crate) async fn live(db: &impl ConnectionTrait, hour: Hour) -> Result<Digest, DbErr> {
    let summary = count(db, hour).await?;
    let best = extremes(db, hour, Order::Desc, 1).await?.into_iter().next();
    let best_id = best.as_ref().map(|post| post.id.clone());
    let mut worst = extremes(db, hour, Order::Asc, 2).await?;
    // In an hour whose posts all score alike both orders begin with the same post.
    if worst.len() > 1 {
        worst.retain(|post| Some(&post.id) != best_id.as_ref());
    }
    Ok(Digest {
        summary,
        best,
        worst: worst.into_iter().next(),
    })
}

/// The digest that was frozen in `row`.
pub(crate) async fn frozen(db: &impl ConnectionTrait, row: &hour::Model) -> Result<Digest, DbErr> {
    Ok(Digest {
        summary: row.summary()?,
        best: find(db, row.best_post_id.as_deref()).await?,
        worst: find(db, row.worst_post_id.as_deref()).await?,
    })
}

async fn find(db: &impl ConnectionTrait, id: Option<&str>) -> Result<Option<DigestPost>, DbErr> {
    let Some(id) = id else { return Ok(None) };
    let row = post::Entity::find_by_id(id).one(db).await?;
    Ok(row.map(DigestPost::from))
}

async fn count(db: &impl ConnectionTrait, hour: Hour) -> Result<HourSummary, DbErr> {
    let threshold = Score::POSITIVE_FROM;
    let counts = statement(
        db.get_database_backend(),
        COUNTS,
        [hour.start().into(), threshold.into(), (-threshold).into()],
    );
    let row = db
        .query_one_raw(counts)
        .await?
        .ok_or_else(|| DbErr::Type("an aggregate gave no row".to_owned()))?;
    let posts = unsigned(row.try_get("", "posts")?)?;
    let positive = unsigned(row.try_get("", "positive")?)?;
    let negative = unsigned(row.try_get("", "negative")?)?;
    Ok(HourSummary {
        hour,
        posts,
        mean_compound: mean(row.try_get("", "sum")?, posts),
        positive,
        negative,
        neutral: posts - positive - negative,
        late: 0,
        sealed_at: None,
        missing: Missing::default(),
    })
}

/// The mean of `posts` compounds that sum to so many ten-thousandths, to six decimals.
fn mean(ten_thousandths: i64, posts: u64) -> Option<f64> {
    let mean = ten_thousandths as f64 / (posts as f64 * 1e4);
    (posts > 0).then(|| (mean * 1e6).round() / 1e6 + 0.0)
}

/// The first posts of an hour by compound; ties go to the earlier post, then to the smaller key.
async fn extremes(
    db: &impl ConnectionTrait,
    hour: Hour,
    order: Order,
    limit: u64,
) -> Result<Vec<DigestPost>, DbErr> {
    let rows = post::Entity::find()
        .filter(post::Column::Hour.eq(hour.start()))
        .order_by(post::Column::Compound, order)
        .order_by_asc(post::Column::CreatedAt)
        .order_by_asc(post::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(DigestPost::from).collect())
}
