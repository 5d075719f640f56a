//! What a person does to jobs that wait: run them now, or remove them.

use std::collections::HashMap;

use sqlx::Row;

use super::{SqliteStore, dead::remove, rows, write::Write};
use crate::{CHUNK, State};

impl SqliteStore {
    pub(super) async fn hurry(&self, ids: &[String]) -> sqlx::Result<Vec<bool>> {
        let mut answers = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let mut write = self.begin().await?;
            let mut waiting = waiting(&mut write, chunk).await?;
            for id in chunk {
                let scheduled = waiting
                    .remove(id)
                    .filter(|job| job.state == State::Scheduled);
                answers.push(scheduled.is_some());
                if let Some(job) = scheduled {
                    sqlx::query(HURRY)
                        .bind(job.seq)
                        .bind(write.now())
                        .bind(write.changes(1))
                        .execute(write.connection())
                        .await?;
                    write.moved(&job.kind, Some(State::Scheduled), Some(State::Ready), 1);
                }
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    pub(super) async fn remove_each_waiting(&self, ids: &[String]) -> sqlx::Result<Vec<bool>> {
        let mut answers = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let mut write = self.begin().await?;
            let mut waiting = waiting(&mut write, chunk).await?;
            let mut removed = Vec::new();
            for id in chunk {
                let job = waiting.remove(id);
                answers.push(job.is_some());
                if let Some(job) = job {
                    write.moved(&job.kind, Some(job.state), None, 1);
                    removed.push(job.seq);
                }
            }
            remove(&mut write, &removed).await?;
            write.commit().await?;
        }
        Ok(answers)
    }
}

#[derive(Debug)]
struct Waiting {
    seq: i64,
    kind: String,
    state: State,
}

/// Those of the jobs that wait.
async fn waiting(write: &mut Write, ids: &[String]) -> sqlx::Result<HashMap<String, Waiting>> {
    sqlx::query(WAITING)
        .bind(rows::json(ids))
        .fetch_all(write.connection())
        .await?
        .iter()
        .map(|row| {
            let waiting = Waiting {
                seq: row.try_get("seq")?,
                kind: row.try_get("kind")?,
                state: rows::state(row)?,
            };
            Ok((row.try_get("id")?, waiting))
        })
        .collect()
}

pub(super) const WAITING: &str = "
    SELECT seq, id, kind, state FROM queue_jobs
    WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('scheduled', 'ready')";

pub(super) const HURRY: &str = "
    UPDATE queue_jobs SET state = 'ready', run_at = ?2, change = ?3, changed_at = ?2 WHERE seq = ?1";
