//! Groups of dead letters that failed alike.

use std::cmp::Reverse;

use sqlx::{Row, sqlite::SqliteRow};

use super::{SqliteStore, rows};
use crate::Group;

impl SqliteStore {
    pub(super) async fn groups_of_dead(&self, kind: Option<&str>) -> sqlx::Result<Vec<Group>> {
        let mut reading = self.database.reader().begin().await?;
        let kinds = match kind {
            Some(kind) => vec![kind.to_owned()],
            None => {
                sqlx::query_scalar("SELECT kind FROM queue_kinds")
                    .fetch_all(&mut *reading)
                    .await?
            }
        };
        let mut groups: Vec<(i64, Group)> = Vec::new();
        for kind in kinds {
            let rows = sqlx::query(GROUPS)
                .bind(&kind)
                .fetch_all(&mut *reading)
                .await?;
            for row in &rows {
                groups.push((row.try_get("newest")?, group(&kind, row)?));
            }
        }
        groups.sort_unstable_by_key(|(newest, _)| Reverse(*newest));
        Ok(groups.into_iter().map(|(_, group)| group).collect())
    }
}

fn group(kind: &str, row: &SqliteRow) -> sqlx::Result<Group> {
    Ok(Group {
        fingerprint: row.try_get("fingerprint")?,
        kind: kind.to_owned(),
        count: rows::number(row, "count")?,
        first: rows::moment(row.try_get("first")?)?,
        last: rows::moment(row.try_get("last")?)?,
        error: row
            .try_get::<Option<String>, _>("error")?
            .unwrap_or_default(),
    })
}

/// Of each group only the first and the last dead letter are looked up. A dead letter's last change is its death.
pub(super) const GROUPS: &str = "
    SELECT
        alike.fingerprint,
        alike.count,
        (SELECT changed_at FROM queue_jobs
         WHERE kind = ?1 AND fingerprint = alike.fingerprint ORDER BY change LIMIT 1) AS first,
        job.change AS newest,
        job.changed_at AS last,
        job.error
    FROM queue_groups AS alike CROSS JOIN queue_jobs AS job ON job.seq =
        (SELECT seq FROM queue_jobs
         WHERE kind = ?1 AND fingerprint = alike.fingerprint ORDER BY change DESC LIMIT 1)
    WHERE alike.kind = ?1";
