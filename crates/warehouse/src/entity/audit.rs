//! The table `audit`: what people changed, each deed a row.

use sea_orm::entity::prelude::*;

use crate::{AuditEntry, AuditRow};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub at: DateTimeUtc,
    pub who: String,
    pub via: String,
    pub action: String,
    pub target: String,
    pub detail: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for AuditRow {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            entry: AuditEntry {
                at: row.at,
                who: row.who,
                via: row.via,
                action: row.action,
                target: row.target,
                detail: row.detail,
            },
        }
    }
}
