//! The audit log: who changed what, when, and by which way in.

use moodwire_model::{Timestamp, truncate_to_millis};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LikeExpr, Query},
};
use serde::{Deserialize, Serialize};

use crate::{
    Result, Warehouse,
    entity::audit::{ActiveModel, Column, Entity},
};

/// Characters kept of a name: who, by which way in, which deed.
const NAME: usize = 200;

/// Characters kept of a target: a job's id, or several.
const TARGET: usize = 500;

/// Characters kept of the detail: an edited payload is told by its beginning.
const DETAIL: usize = 2_000;

/// Rows that are pruned in one go.
const PRUNED: u64 = 500;

/// One deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, such as `ada@host`.
    pub who: String,
    /// The way in: `console` or `cli`.
    pub via: String,
    /// The deed, as the command line calls it: `dead retry`.
    pub action: String,
    /// What it was done to.
    pub target: String,
    /// What came of it, where that tells more.
    pub detail: Option<String>,
}

/// One deed, as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number; later ones are greater.
    pub id: i64,
    /// The deed.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// Which deeds are listed. Everything passes by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// This deed, or all of its family: `dead` stands for `dead retry` and `dead discard`.
    pub action: Option<String>,
    /// By this person, with the host or on any.
    pub who: Option<String>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
}

impl Warehouse {
    /// Records a deed. What is too long is cut.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn record_audit(&self, entry: &AuditEntry) -> Result<()> {
        let row = ActiveModel {
            at: Set(truncate_to_millis(entry.at)),
            who: Set(cut(&entry.who, NAME)),
            via: Set(cut(&entry.via, NAME)),
            action: Set(cut(&entry.action, NAME)),
            target: Set(cut(&entry.target, TARGET)),
            detail: Set(entry.detail.as_deref().map(|detail| cut(detail, DETAIL))),
            ..Default::default()
        };
        Entity::insert(row)
            .exec_without_returning(self.store.writer())
            .await
            .map(drop)
            .map_err(|error| self.store.failed(&error))
    }

    /// The deeds that pass, newest first, at most `limit`; with `before`, those older than the one of this number.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be read.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<AuditRow>> {
        let rows = Entity::find()
            .filter(passing(filter, before))
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(self.store.reader())
            .await
            .map_err(|error| self.store.failed(&error))?;
        Ok(rows.into_iter().map(AuditRow::from).collect())
    }

    /// Removes deeds that are older than `before`, the oldest first, and says how many. Not all at once where many are:
    /// the next call goes on.
    ///
    /// # Errors
    /// [`crate::Error`], when the database cannot be written.
    pub async fn prune_audit(&self, before: Timestamp) -> Result<u64> {
        let oldest = Query::select()
            .column(Column::Id)
            .from(Entity)
            .and_where(Column::At.lt(before))
            .order_by(Column::At, sea_orm::Order::Asc)
            .limit(PRUNED)
            .to_owned();
        let deleted = Entity::delete_many()
            .filter(Column::Id.in_subquery(oldest))
            .exec(self.store.writer())
            .await
            .map_err(|error| self.store.failed(&error))?;
        Ok(deleted.rows_affected)
    }
}

fn passing(filter: &AuditFilter, before: Option<i64>) -> Condition {
    Condition::all()
        .add_option(
            filter
                .action
                .as_deref()
                .map(|action| named(Column::Action, action, ' ')),
        )
        .add_option(
            filter
                .who
                .as_deref()
                .map(|who| named(Column::Who, who, '@')),
        )
        .add_option(filter.since.map(|since| Column::At.gte(since)))
        .add_option(before.map(|id| Column::Id.lt(id)))
}

/// The column is `name`, or goes on behind it with the separator.
fn named(column: Column, name: &str, separator: char) -> Condition {
    let mut pattern = String::new();
    for char in name.chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    let goes_on = LikeExpr::new(format!("{pattern}{separator}%")).escape('\\');
    Condition::any()
        .add(column.eq(name))
        .add(Expr::col(column).like(goes_on))
}

/// The beginning of the text, marked where it is not the whole, without the one character that Postgres refuses.
fn cut(text: &str, most: usize) -> String {
    let mut kept: String = text.chars().take(most).collect();
    if kept.len() < text.len() {
        kept.pop();
        kept.push('…');
    }
    kept.replace('\0', "\u{fffd}")
}
