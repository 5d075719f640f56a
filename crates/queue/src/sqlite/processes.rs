//! The processes of the installation, each for as long as it tells of itself.

use std::time::Duration;

use sqlx::{Row, sqlite::SqliteRow};

use super::{SqliteStore, failure::unexpected, lease::bounded, rows, write::Write};
use crate::{CHUNK, Process, ProcessRow, process::MOST};

impl SqliteStore {
    pub(super) async fn keep_process(&self, process: &Process, for_: Duration) -> sqlx::Result<()> {
        let mut write = self.begin().await?;
        write.touched();
        sqlx::query(KEEP)
            .bind(&process.name)
            .bind(serde_json::json!(process).to_string())
            .bind(write.now())
            .bind(rows::after(write.now(), for_))
            .execute(write.connection())
            .await?;
        forget_over(&mut write).await?;
        write.commit().await
    }

    pub(super) async fn forget_process(&self, name: &str) -> sqlx::Result<()> {
        let mut write = self.begin().await?;
        write.touched();
        sqlx::query("DELETE FROM queue_processes WHERE name = ?")
            .bind(name)
            .execute(write.connection())
            .await?;
        write.commit().await
    }

    pub(super) async fn known_processes(&self) -> sqlx::Result<Vec<ProcessRow>> {
        let now = self.time().await?;
        let over: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM queue_processes WHERE forgotten_at <= ?)",
        )
        .bind(now)
        .fetch_one(self.database.reader())
        .await?;
        // Most looks find none that is over: these take no write lock.
        if over {
            let mut write = self.begin().await?;
            write.touched();
            forget_over(&mut write).await?;
            write.commit().await?;
        }
        let rows = sqlx::query(KNOWN)
            .bind(now)
            .bind(bounded(MOST))
            .fetch_all(self.database.reader())
            .await?;
        let mut rows: Vec<ProcessRow> = rows.iter().map(row).collect::<sqlx::Result<_>>()?;
        rows.sort_unstable_by(|one, two| one.process.name.cmp(&two.process.name));
        Ok(rows)
    }
}

/// Removes processes whose time is over, a chunk at most.
async fn forget_over(write: &mut Write) -> sqlx::Result<()> {
    let now = write.now();
    sqlx::query(FORGET_OVER)
        .bind(now)
        .bind(bounded(CHUNK))
        .execute(write.connection())
        .await?;
    Ok(())
}

fn row(row: &SqliteRow) -> sqlx::Result<ProcessRow> {
    let told: &str = row.try_get("told")?;
    let process: Process = serde_json::from_str(told)
        .map_err(|error| unexpected(format!("a process tells \"{told}\": {error}")))?;
    Ok(ProcessRow {
        process,
        seen_at: rows::moment(row.try_get("seen_at")?)?,
    })
}

const KEEP: &str = "
    INSERT INTO queue_processes (name, told, seen_at, forgotten_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (name) DO UPDATE SET
        told = excluded.told, seen_at = excluded.seen_at, forgotten_at = excluded.forgotten_at";

pub(super) const KNOWN: &str = "
    SELECT told, seen_at FROM queue_processes WHERE forgotten_at > ?1
    ORDER BY forgotten_at DESC LIMIT ?2";

pub(super) const FORGET_OVER: &str = "
    DELETE FROM queue_processes WHERE name IN
        (SELECT name FROM queue_processes WHERE forgotten_at <= ?1 ORDER BY forgotten_at LIMIT ?2)";
