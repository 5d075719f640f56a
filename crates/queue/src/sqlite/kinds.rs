//! The kinds: their counts, and pausing them.

use std::collections::BTreeMap;

use sqlx::{Row, sqlite::SqliteRow};

use super::{SqliteStore, rows};
use crate::KindStats;

impl SqliteStore {
    pub(super) async fn known_kinds(&self) -> sqlx::Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT kind FROM queue_kinds WHERE enqueued_total > 0 OR paused ORDER BY kind",
        )
        .fetch_all(self.database.reader())
        .await
    }

    pub(super) async fn stats_by_kind(&self) -> sqlx::Result<BTreeMap<String, KindStats>> {
        let rows = sqlx::query(STATS).fetch_all(self.database.reader()).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("kind")?, self.stats(row)?)))
            .collect()
    }

    fn stats(&self, row: &SqliteRow) -> sqlx::Result<KindStats> {
        let now = self.clock.now(row.try_get("latest")?);
        let oldest: Option<i64> = row.try_get("oldest_ready")?;
        Ok(KindStats {
            scheduled: rows::number(row, "scheduled")?,
            ready: rows::number(row, "ready")?,
            running: rows::number(row, "running")?,
            done: rows::number(row, "done")?,
            dead: rows::number(row, "dead")?,
            done_total: rows::number(row, "done_total")?,
            dead_total: rows::number(row, "dead_total")?,
            dropped_total: rows::number(row, "dropped_total")?,
            paused: row.try_get("paused")?,
            oldest_ready_seconds: oldest
                .map(|due| u64::try_from(now - due).unwrap_or(0))
                .map(|age| std::time::Duration::from_millis(age).as_secs_f64()),
        })
    }

    pub(super) async fn pause(&self, kind: &str, paused: bool) -> sqlx::Result<()> {
        let mut write = self.begin().await?;
        sqlx::query(
            "INSERT INTO queue_kinds (kind, paused) VALUES (?1, ?2)
             ON CONFLICT (kind) DO UPDATE SET paused = ?2",
        )
        .bind(kind)
        .bind(paused)
        .execute(write.connection())
        .await?;
        // A change number of its own, by which other processes notice that the kind was resumed.
        write.changes(1);
        if !paused {
            write.wake(kind);
        }
        write.commit().await
    }
}

/// The oldest ready job is the first of those that were handed back or the first of the rest.
pub(super) const STATS: &str = "
    SELECT
        queue_kinds.*,
        (SELECT latest FROM queue_clock) AS latest,
        (SELECT min(run_at) FROM (
            SELECT * FROM (
                SELECT run_at FROM queue_jobs
                WHERE kind = queue_kinds.kind AND state = 'ready' AND front = 1
                ORDER BY run_at LIMIT 1)
            UNION ALL
            SELECT * FROM (
                SELECT run_at FROM queue_jobs
                WHERE kind = queue_kinds.kind AND state = 'ready' AND front = 0
                ORDER BY run_at LIMIT 1)
        )) AS oldest_ready
    FROM queue_kinds
    WHERE enqueued_total > 0 OR paused";
