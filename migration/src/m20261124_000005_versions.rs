//! Notes with each post when it was edited and deleted, why it is never best or worst, and what its copies share.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer_null, text_null, timestamp_with_time_zone_null},
};

/// `posts.edited_at`, `.deleted_at`, `.barred` and `.gist`.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// The index by which copies are found.
const BY_GIST: &str = "posts_hour_gist";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            timestamp_with_time_zone_null("edited_at"),
            timestamp_with_time_zone_null("deleted_at"),
            text_null("barred"),
            big_integer_null("gist"),
        ] {
            let added = Table::alter().table("posts").add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        let by_gist = Index::create()
            .name(BY_GIST)
            .table("posts")
            .col("hour")
            .col("gist")
            .to_owned();
        manager.create_index(by_gist).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_gist = Index::drop().name(BY_GIST).table("posts").to_owned();
        manager.drop_index(by_gist).await?;
        for column in ["edited_at", "deleted_at", "barred", "gist"] {
            let dropped = Table::alter().table("posts").drop_column(column).to_owned();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}
