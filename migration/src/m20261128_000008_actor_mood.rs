//! Has the counts of an actor's hours read from one index, however many posts match it.

use sea_orm_migration::{prelude::*, schema::double_null};

/// `post_actors.mood`, in the index of an actor's posts.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const BY_ACTOR: &str = "post_actors_actor_hour";

/// Not named as the post's own `compound`, which queries that join both name alone.
const FILL: &str = "UPDATE post_actors SET mood = \
    (SELECT posts.compound FROM posts WHERE posts.id = post_actors.post_id AND posts.deleted_at IS NULL)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager).await?;
        let mood = Table::alter()
            .table("post_actors")
            .add_column(double_null("mood"))
            .to_owned();
        manager.alter_table(mood).await?;
        manager.get_connection().execute_unprepared(FILL).await?;
        create_index(manager, &["actor", "hour", "post_id", "mood"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager).await?;
        let mood = Table::alter()
            .table("post_actors")
            .drop_column("mood")
            .to_owned();
        manager.alter_table(mood).await?;
        create_index(manager, &["actor", "hour", "post_id"]).await
    }
}

async fn create_index(manager: &SchemaManager<'_>, columns: &[&'static str]) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(BY_ACTOR).table("post_actors");
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

async fn drop_index(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let index = Index::drop().name(BY_ACTOR).table("post_actors").to_owned();
    manager.drop_index(index).await
}
