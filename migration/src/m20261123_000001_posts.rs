//! Creates `posts` and `post_actors`: every scored post, and whom of the watchlist it matches.

use sea_orm_migration::{
    prelude::*,
    schema::{double, text, text_null, timestamp_with_time_zone},
    sea_orm::DbBackend,
};

/// `posts` with its index `(hour, compound)`, and `post_actors`.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let posts = Table::create()
            .table("posts")
            .col(key("id", manager).primary_key())
            .col(text("source"))
            .col(text("author"))
            .col(text_null("author_name"))
            .col(text("text"))
            .col(text_null("url"))
            .col(text_null("lang"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("collected_at"))
            .col(timestamp_with_time_zone("scored_at"))
            .col(timestamp_with_time_zone("hour"))
            .col(double("compound"))
            .col(double("pos"))
            .col(double("neu"))
            .col(double("neg"))
            .col(text("scorer"))
            .col(text("batch"))
            .to_owned();
        manager.create_table(posts).await?;
        let by_hour = Index::create()
            .name("posts_hour_compound")
            .table("posts")
            .col("hour")
            .col("compound")
            .to_owned();
        manager.create_index(by_hour).await?;
        let actors = Table::create()
            .table("post_actors")
            .col(key("post_id", manager))
            .col(text("actor"))
            .primary_key(Index::create().col("post_id").col("actor"))
            .to_owned();
        manager.create_table(actors).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["post_actors", "posts"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}

/// A post's key compares byte by byte, as it does in Rust and in SQLite, whatever language the Postgres database
/// sorts by: the last tie between an hour's best posts is decided by it.
fn key(name: &'static str, manager: &SchemaManager<'_>) -> ColumnDef {
    let mut column = text(name);
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}
