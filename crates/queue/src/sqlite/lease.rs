//! Leases: handing due jobs to a worker, keeping them alive, and finding the lost.

use std::time::Duration;

use sqlx::Row;

use super::{SqliteStore, rows, write::Write};
use crate::{CHUNK, Fetched, Lease, State};

impl SqliteStore {
    pub(super) async fn lease_due(
        &self,
        kind: &str,
        n: usize,
        worker: &str,
        lease: Duration,
    ) -> sqlx::Result<Fetched> {
        let generation = self.watch.wakes().generation(kind);
        let mut fetched = Fetched::default();
        loop {
            let glance = self.glance(kind).await?;
            fetched.next_due = glance.next_due;
            if !glance.due {
                self.watch.found_drained(kind, generation);
                return Ok(fetched);
            }
            let wanted = (n - fetched.leases.len()).min(CHUNK);
            if wanted == 0 {
                return Ok(fetched);
            }
            let mut write = self.begin().await?;
            let mut leases = take(&mut write, kind, wanted, worker, lease).await?;
            write.commit().await?;
            if leases.is_empty() {
                return Ok(fetched);
            }
            fetched.leases.append(&mut leases);
        }
    }

    /// What a fetch would find. It reads only, so that workers that poll an idle queue write nothing.
    async fn glance(&self, kind: &str) -> sqlx::Result<Glance> {
        let row = sqlx::query(GLANCE)
            .bind(kind)
            .fetch_one(self.database.reader())
            .await?;
        if row.try_get::<Option<bool>, _>("paused")? == Some(true) {
            return Ok(Glance::default());
        }
        let now = self.clock.now(row.try_get("latest")?);
        let scheduled: Option<i64> = row.try_get("next_due")?;
        let ready: bool = row.try_get("ready")?;
        Ok(Glance {
            due: ready || scheduled.is_some_and(|at| at <= now),
            next_due: scheduled
                .map(|at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0))),
        })
    }

    pub(super) async fn renew_all(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> sqlx::Result<Vec<bool>> {
        let mut alive = Vec::with_capacity(leases.len());
        for chunk in leases.chunks(CHUNK) {
            let mut write = self.begin().await?;
            let until = rows::after(write.now(), lease);
            for (id, token) in chunk {
                let renewed = sqlx::query(RENEW)
                    .bind(until)
                    .bind(id)
                    .bind(kind)
                    .bind(token.cast_signed())
                    .execute(write.connection())
                    .await?
                    .rows_affected()
                    == 1;
                if renewed {
                    write.touched();
                }
                alive.push(renewed);
            }
            write.commit().await?;
        }
        Ok(alive)
    }

    pub(super) async fn expired_leases(&self, kind: &str) -> sqlx::Result<Vec<(Lease, String)>> {
        let now = self.time().await?;
        sqlx::query(EXPIRED)
            .bind(kind)
            .bind(now)
            .bind(bounded(CHUNK))
            .fetch_all(self.database.reader())
            .await?
            .iter()
            .map(|row| Ok((rows::lease(row)?, row.try_get("worker")?)))
            .collect()
    }
}

#[derive(Debug, Default)]
struct Glance {
    /// A job is ready, or its time has come.
    due: bool,
    next_due: Option<Duration>,
}

/// Promotes what is due, then leases up to `wanted`. Another process may have taken all since the glance, or paused
/// the kind, and then this leases none.
async fn take(
    write: &mut Write,
    kind: &str,
    wanted: usize,
    worker: &str,
    lease: Duration,
) -> sqlx::Result<Vec<Lease>> {
    let paused: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM queue_kinds WHERE kind = ? AND paused)")
            .bind(kind)
            .fetch_one(write.connection())
            .await?;
    if paused {
        return Ok(Vec::new());
    }
    promote(write, kind).await?;
    let ready: Vec<i64> = sqlx::query_scalar(READY)
        .bind(kind)
        .bind(bounded(wanted))
        .fetch_all(write.connection())
        .await?;
    if ready.is_empty() {
        return Ok(Vec::new());
    }
    let seqs = rows::json(&ready);
    sqlx::query(LEASE)
        .bind(&seqs)
        .bind(write.changes(ready.len()))
        .bind(write.now())
        .bind(worker)
        .bind(rows::after(write.now(), lease))
        .execute(write.connection())
        .await?;
    write.moved(kind, Some(State::Ready), Some(State::Running), ready.len());
    sqlx::query(LEASED)
        .bind(&seqs)
        .fetch_all(write.connection())
        .await?
        .iter()
        .map(rows::lease)
        .collect()
}

async fn promote(write: &mut Write, kind: &str) -> sqlx::Result<()> {
    let due: Vec<i64> = sqlx::query_scalar(DUE)
        .bind(kind)
        .bind(write.now())
        .bind(bounded(CHUNK))
        .fetch_all(write.connection())
        .await?;
    if due.is_empty() {
        return Ok(());
    }
    sqlx::query(PROMOTE)
        .bind(rows::json(&due))
        .bind(write.changes(due.len()))
        .bind(write.now())
        .execute(write.connection())
        .await?;
    write.moved(kind, Some(State::Scheduled), Some(State::Ready), due.len());
    Ok(())
}

/// A LIMIT.
pub(super) fn bounded(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) const GLANCE: &str = "
    SELECT
        (SELECT latest FROM queue_clock) AS latest,
        (SELECT paused FROM queue_kinds WHERE kind = ?1) AS paused,
        EXISTS (SELECT 1 FROM queue_jobs WHERE kind = ?1 AND state = 'ready') AS ready,
        (SELECT run_at FROM queue_jobs WHERE kind = ?1 AND state = 'scheduled'
         ORDER BY run_at LIMIT 1) AS next_due";

pub(super) const DUE: &str = "
    SELECT seq FROM queue_jobs WHERE kind = ? AND state = 'scheduled' AND run_at <= ?
    ORDER BY run_at, seq LIMIT ?";

pub(super) const PROMOTE: &str = "
    UPDATE queue_jobs SET state = 'ready', reason = NULL, change = ?2 + due.key, changed_at = ?3
    FROM json_each(?1) AS due WHERE seq = due.value";

pub(super) const READY: &str = "
    SELECT seq FROM queue_jobs WHERE kind = ? AND state = 'ready'
    ORDER BY front DESC, run_at, seq LIMIT ?";

pub(super) const LEASE: &str = "
    UPDATE queue_jobs SET
        state = 'running', front = 0, attempts = attempts + 1, reason = NULL,
        change = ?2 + ready.key, changed_at = ?3, worker = ?4, leased_until = ?5
    FROM json_each(?1) AS ready WHERE seq = ready.value";

pub(super) const LEASED: &str = "
    SELECT job.* FROM json_each(?) AS ready JOIN queue_jobs AS job ON job.seq = ready.value
    ORDER BY ready.key";

pub(super) const RENEW: &str = "
    UPDATE queue_jobs SET leased_until = ?1
    WHERE id = ?2 AND kind = ?3 AND state = 'running' AND change = ?4";

pub(super) const EXPIRED: &str = "
    SELECT * FROM queue_jobs WHERE kind = ? AND state = 'running' AND leased_until <= ?
    ORDER BY leased_until LIMIT ?";
