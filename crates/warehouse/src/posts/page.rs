//! Pages: an hour's posts in an order, from behind the last one seen. A page costs the same wherever it begins.

use moodwire_model::Hour;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Query,
};

use super::{PostRow, PostToken, with_actors};
use crate::{
    MoodFilter, Result, Warehouse,
    entity::{
        post::{Column, Entity},
        post_actor,
    },
};

/// In which order posts are listed. Of equal ones the earlier comes first, then the smaller key, as in a digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PostOrder {
    /// The earliest first.
    #[default]
    Time,
    /// The highest compound first.
    Best,
    /// The lowest compound first.
    Worst,
}

impl Warehouse {
    /// The hour's posts that are not deleted, at most `limit`, and the token to go on with where there are more. Barred ones
    /// and copies are among them.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn hour_posts(
        &self,
        hour: Hour,
        order: PostOrder,
        after: Option<&PostToken>,
        limit: u64,
    ) -> Result<(Vec<PostRow>, Option<PostToken>)> {
        let posts = Entity::find()
            .filter(Column::Hour.eq(hour.start()))
            .filter(Column::DeletedAt.is_null());
        self.page(posts, order, after, limit).await
    }

    /// The hour's posts that pass, the earliest first, with those that are deleted (and whose text is erased): all that
    /// there is, for an export.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn stored_posts(
        &self,
        hour: Hour,
        filter: &MoodFilter,
        after: Option<&PostToken>,
        limit: u64,
    ) -> Result<(Vec<PostRow>, Option<PostToken>)> {
        let mut posts = Entity::find().filter(Column::Hour.eq(hour.start()));
        if let Some(feed) = &filter.source {
            posts = posts.filter(Column::Feed.eq(feed));
        }
        if let Some(actor) = &filter.actor {
            let matching = Query::select()
                .column(post_actor::Column::PostId)
                .from(post_actor::Entity)
                .and_where(post_actor::Column::Actor.eq(actor))
                .and_where(post_actor::Column::Hour.eq(hour.start()))
                .to_owned();
            posts = posts.filter(Column::Id.in_subquery(matching));
        }
        self.page(posts, PostOrder::Time, after, limit).await
    }

    async fn page(
        &self,
        mut posts: Select<Entity>,
        order: PostOrder,
        after: Option<&PostToken>,
        limit: u64,
    ) -> Result<(Vec<PostRow>, Option<PostToken>)> {
        if let Some(after) = after {
            posts = posts.filter(behind(order, after));
        }
        posts = match order {
            PostOrder::Time => posts,
            PostOrder::Best => posts.order_by(Column::Compound, Order::Desc),
            PostOrder::Worst => posts.order_by(Column::Compound, Order::Asc),
        };
        let limit = limit.max(1);
        let db = self.store.reader();
        let page = async {
            // One more tells whether there are more.
            let mut rows = posts
                .order_by_asc(Column::CreatedAt)
                .order_by_asc(Column::Id)
                .limit(limit.saturating_add(1))
                .all(db)
                .await?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = rows.len() > limit;
            rows.truncate(limit);
            let rows = with_actors(db, rows).await?;
            let next = rows.last().filter(|_| more).map(PostToken::from);
            Ok((rows, next))
        };
        page.await.map_err(|error| self.store.failed(&error))
    }
}

/// The posts that come after the token's in the order.
fn behind(order: PostOrder, after: &PostToken) -> Condition {
    let same_time = Condition::all()
        .add(Column::CreatedAt.eq(after.created_at))
        .add(Column::Id.gt(&*after.id));
    let later = Condition::any()
        .add(Column::CreatedAt.gt(after.created_at))
        .add(same_time);
    // What the first part says is in the second too, but only the first is looked up in the index.
    let (reached, beyond) = match order {
        PostOrder::Time => return later,
        PostOrder::Best => (
            Column::Compound.lte(after.compound),
            Column::Compound.lt(after.compound),
        ),
        PostOrder::Worst => (
            Column::Compound.gte(after.compound),
            Column::Compound.gt(after.compound),
        ),
    };
    let ties = Condition::all()
        .add(Column::Compound.eq(after.compound))
        .add(later);
    Condition::all()
        .add(reached)
        .add(Condition::any().add(beyond).add(ties))
}
