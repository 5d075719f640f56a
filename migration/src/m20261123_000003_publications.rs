//! Creates `publications`, the ledger of what was sent where: at most one row per hour and channel.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_pk_auto, text, text_null, timestamp_with_time_zone,
        timestamp_with_time_zone_null,
    },
};

/// `publications`, unique on `(hour, channel)`.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let states = [
            "claimed",
            "sending",
            "sent",
            "uncertain",
            "failed",
            "skipped",
        ];
        let publications = Table::create()
            .table("publications")
            .col(big_pk_auto("id"))
            .col(timestamp_with_time_zone("hour"))
            .col(text("channel"))
            .col(text("state").check(Expr::col("state").is_in(states)))
            .col(text_null("message_id"))
            .col(big_integer("attempts").default(0))
            .col(text_null("error"))
            .col(text_null("claimant"))
            .col(timestamp_with_time_zone_null("claimed_at"))
            .col(timestamp_with_time_zone_null("sending_at"))
            .col(timestamp_with_time_zone_null("sent_at"))
            .to_owned();
        manager.create_table(publications).await?;
        let once = Index::create()
            .name("publications_hour_channel")
            .table("publications")
            .col("hour")
            .col("channel")
            .unique()
            .to_owned();
        manager.create_index(once).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("publications").to_owned())
            .await
    }
}
