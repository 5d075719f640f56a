//! Creates `hours`, what was frozen when an hour was sealed, and the two small tables that sealing looks at.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, double_null, integer, text_null, timestamp_with_time_zone},
};

/// `hours`, `hour_attempts` and `installation`.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let hours = Table::create()
            .table("hours")
            .col(timestamp_with_time_zone("hour").primary_key())
            .col(big_integer("posts"))
            .col(double_null("mean_compound"))
            .col(big_integer("positive"))
            .col(big_integer("negative"))
            .col(big_integer("neutral"))
            .col(text_null("best_post_id"))
            .col(text_null("worst_post_id"))
            .col(big_integer("late").default(0))
            .col(timestamp_with_time_zone("sealed_at"))
            .col(text_null("missing"))
            .to_owned();
        manager.create_table(hours).await?;
        let attempts = Table::create()
            .table("hour_attempts")
            .col(timestamp_with_time_zone("hour").primary_key())
            .col(timestamp_with_time_zone("first_attempt_at"))
            .to_owned();
        manager.create_table(attempts).await?;
        let installation = Table::create()
            .table("installation")
            .col(integer("id").primary_key().check(Expr::col("id").eq(1)))
            .col(timestamp_with_time_zone("first_start"))
            .to_owned();
        manager.create_table(installation).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["installation", "hour_attempts", "hours"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
