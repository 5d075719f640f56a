//! Makes the posts of a source, or of an actor, found by hour: for the mood's series, and for the lists of both.

use sea_orm_migration::{prelude::*, schema::timestamp_with_time_zone_null};

/// `post_actors.hour`, and an index each.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// Holds all that an hour's counts of a source need, so that no post is looked up.
const BY_FEED: &str = "posts_feed_hour";

/// An actor's posts of a range of hours, whatever the number of all posts.
const BY_ACTOR: &str = "post_actors_actor_hour";

/// A post never changes its hour.
const FILL: &str = "UPDATE post_actors SET hour = \
    (SELECT posts.hour FROM posts WHERE posts.id = post_actors.post_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_feed = Index::create()
            .name(BY_FEED)
            .table("posts")
            .col("feed")
            .col("hour")
            .col("compound")
            .and_where(Expr::col("deleted_at").is_null())
            .to_owned();
        manager.create_index(by_feed).await?;
        let hour = Table::alter()
            .table("post_actors")
            .add_column(timestamp_with_time_zone_null("hour"))
            .to_owned();
        manager.alter_table(hour).await?;
        manager.get_connection().execute_unprepared(FILL).await?;
        let by_actor = Index::create()
            .name(BY_ACTOR)
            .table("post_actors")
            .col("actor")
            .col("hour")
            .col("post_id")
            .to_owned();
        manager.create_index(by_actor).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_actor = Index::drop().name(BY_ACTOR).table("post_actors").to_owned();
        manager.drop_index(by_actor).await?;
        let hour = Table::alter()
            .table("post_actors")
            .drop_column("hour")
            .to_owned();
        manager.alter_table(hour).await?;
        let by_feed = Index::drop().name(BY_FEED).table("posts").to_owned();
        manager.drop_index(by_feed).await
    }
}
