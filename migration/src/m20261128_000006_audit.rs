//! Creates `audit`, the log of what people changed: who, when, by which way in, and what.

use sea_orm_migration::{
    prelude::*,
    schema::{big_pk_auto, text, text_null, timestamp_with_time_zone},
};

/// `audit`, with an index by which old rows are found.
#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let audit = Table::create()
            .table("audit")
            .col(big_pk_auto("id"))
            .col(timestamp_with_time_zone("at"))
            .col(text("who"))
            .col(text("via"))
            .col(text("action"))
            .col(text("target"))
            .col(text_null("detail"))
            .to_owned();
        manager.create_table(audit).await?;
        let by_age = Index::create()
            .name("audit_at")
            .table("audit")
            .col("at")
            .to_owned();
        manager.create_index(by_age).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("audit").to_owned())
            .await
    }
}
