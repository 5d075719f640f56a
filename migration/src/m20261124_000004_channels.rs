//! Creates `channels`, the targets that refused us for good, and notes with each post which source brought it.

use sea_orm_migration::{
    prelude::*,
    schema::{text, text_null, timestamp_with_time_zone},
};

/// `channels`, and `posts.feed`.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let channels = Table::create()
            .table("channels")
            .col(text("name").primary_key())
            .col(text("reason"))
            .col(timestamp_with_time_zone("disabled_at"))
            .to_owned();
        manager.create_table(channels).await?;
        let feed = Table::alter()
            .table("posts")
            .add_column(text_null("feed"))
            .to_owned();
        manager.alter_table(feed).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let feed = Table::alter().table("posts").drop_column("feed").to_owned();
        manager.alter_table(feed).await?;
        manager
            .drop_table(Table::drop().table("channels").to_owned())
            .await
    }
}
