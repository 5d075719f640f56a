//! What a person does to dead letters: run them again, or discard them.

use std::collections::HashMap;

use sqlx::Row;

use super::{SqliteStore, rows, write::Write};
use crate::{CHUNK, Revival, State};

impl SqliteStore {
    pub(super) async fn revive(&self, jobs: &[Revival]) -> sqlx::Result<Vec<bool>> {
        let mut answers = Vec::with_capacity(jobs.len());
        for chunk in jobs.chunks(CHUNK) {
            let mut write = self.begin().await?;
            let ids: Vec<&str> = chunk.iter().map(|(id, ..)| id.as_str()).collect();
            let mut letters = letters(&mut write, &ids).await?;
            for (id, run_at, payload) in chunk {
                let letter = letters.remove(id);
                answers.push(letter.is_some());
                if let Some(letter) = letter {
                    let run_at = run_at.map(rows::not_before);
                    revive(&mut write, &letter, run_at, payload.as_deref()).await?;
                }
            }
            write.commit().await?;
        }
        Ok(answers)
    }

    pub(super) async fn discard_dead(&self, ids: &[String]) -> sqlx::Result<Vec<bool>> {
        let mut answers = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let mut write = self.begin().await?;
            let mut letters = letters(&mut write, chunk).await?;
            let mut discarded = Vec::new();
            for id in chunk {
                let letter = letters.remove(id);
                answers.push(letter.is_some());
                if let Some(letter) = letter {
                    write.moved(&letter.kind, Some(State::Dead), None, 1);
                    discarded.push(letter.seq);
                }
            }
            remove(&mut write, &discarded).await?;
            write.commit().await?;
        }
        Ok(answers)
    }
}

/// Removes jobs with their history.
pub(super) async fn remove(write: &mut Write, seqs: &[i64]) -> sqlx::Result<()> {
    if seqs.is_empty() {
        return Ok(());
    }
    write.touched();
    let seqs = rows::json(seqs);
    for statement in [FORGET, REMOVE] {
        sqlx::query(statement)
            .bind(&seqs)
            .execute(write.connection())
            .await?;
    }
    Ok(())
}

#[derive(Debug)]
struct Letter {
    seq: i64,
    kind: String,
}

async fn letters(
    write: &mut Write,
    ids: &[impl serde::Serialize],
) -> sqlx::Result<HashMap<String, Letter>> {
    sqlx::query(LETTERS)
        .bind(rows::json(ids))
        .fetch_all(write.connection())
        .await?
        .iter()
        .map(|row| {
            let letter = Letter {
                seq: row.try_get("seq")?,
                kind: row.try_get("kind")?,
            };
            Ok((row.try_get("id")?, letter))
        })
        .collect()
}

async fn revive(
    write: &mut Write,
    letter: &Letter,
    run_at: Option<i64>,
    payload: Option<&[u8]>,
) -> sqlx::Result<()> {
    let run_at = run_at.unwrap_or(write.now());
    let state = if run_at <= write.now() {
        State::Ready
    } else {
        State::Scheduled
    };
    sqlx::query(REVIVE)
        .bind(letter.seq)
        .bind(state.as_str())
        .bind(run_at)
        .bind(write.changes(1))
        .bind(write.now())
        .bind(payload)
        .execute(write.connection())
        .await?;
    write.moved(&letter.kind, Some(State::Dead), Some(state), 1);
    Ok(())
}

pub(super) const LETTERS: &str = "
    SELECT seq, id, kind FROM queue_jobs
    WHERE id IN (SELECT value FROM json_each(?)) AND state = 'dead'";

pub(super) const REVIVE: &str = "
    UPDATE queue_jobs SET
        state = ?2, run_at = ?3, change = ?4, changed_at = ?5, payload = coalesce(?6, payload),
        attempts = 0, fingerprint = NULL, reason = NULL, error = NULL
    WHERE seq = ?1";

pub(super) const FORGET: &str =
    "DELETE FROM queue_history WHERE job IN (SELECT value FROM json_each(?))";

pub(super) const REMOVE: &str =
    "DELETE FROM queue_jobs WHERE seq IN (SELECT value FROM json_each(?))";
