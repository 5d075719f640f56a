//! Ending attempts: each settlement is compared with the lease that it speaks for.

use std::collections::HashMap;

use sqlx::{Row, sqlite::SqliteRow};

use super::{SqliteStore, rows, write::Write};
use crate::{Attempt, CHUNK, Outcome, Settled, Settlement, State, VerdictWord, fingerprint};

impl SqliteStore {
    pub(super) async fn settle_all(
        &self,
        kind: &str,
        settlements: &[Settlement],
    ) -> sqlx::Result<Vec<Settled>> {
        let mut answers = Vec::with_capacity(settlements.len());
        for chunk in settlements.chunks(CHUNK) {
            let mut write = self.begin().await?;
            let mut running = running(&mut write, kind, chunk).await?;
            for settlement in chunk {
                let current = |held: &Held| held.is_held_by(settlement, write.now());
                if !running.get(&settlement.id).is_some_and(current) {
                    answers.push(Settled::Stale);
                    continue;
                }
                // Taken out, so that a second settlement of it in the same call is stale.
                if let Some(held) = running.remove(&settlement.id) {
                    answers.push(end(&mut write, kind, &held, settlement).await?);
                }
            }
            write.commit().await?;
        }
        Ok(answers)
    }
}

/// A running job, as far as its end depends on it.
#[derive(Debug)]
struct Held {
    seq: i64,
    token: u64,
    attempts: u32,
    max_attempts: u32,
    leased_until: i64,
    records: i64,
    last_later: bool,
}

impl Held {
    fn read(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            seq: row.try_get("seq")?,
            token: rows::number(row, "change")?,
            attempts: rows::number(row, "attempts")?,
            max_attempts: rows::number(row, "max_attempts")?,
            leased_until: row.try_get("leased_until")?,
            records: row.try_get("records")?,
            last_later: row.try_get("last_later")?,
        })
    }

    fn is_held_by(&self, settlement: &Settlement, now: i64) -> bool {
        self.token == settlement.token && (!settlement.only_if_expired || self.leased_until <= now)
    }
}

async fn running(
    write: &mut Write,
    kind: &str,
    settlements: &[Settlement],
) -> sqlx::Result<HashMap<String, Held>> {
    let ids: Vec<&str> = settlements.iter().map(|one| one.id.as_str()).collect();
    sqlx::query(RUNNING)
        .bind(rows::json(&ids))
        .bind(kind)
        .fetch_all(write.connection())
        .await?
        .iter()
        .map(|row| Ok((row.try_get("id")?, Held::read(row)?)))
        .collect()
}

/// What a job becomes when its attempt has ended.
#[derive(Debug)]
struct End<'a> {
    state: State,
    /// As it was when none.
    run_at: Option<i64>,
    gives_back: bool,
    reason: Option<String>,
    /// As it was when none.
    error: Option<&'a str>,
}

impl<'a> End<'a> {
    fn of(outcome: &'a Outcome, held: &Held, now: i64) -> Self {
        let ended = |state| Self {
            state,
            run_at: None,
            gives_back: false,
            reason: None,
            error: None,
        };
        match outcome {
            Outcome::Done => ended(State::Done),
            Outcome::Retry { error, .. } if held.attempts >= held.max_attempts => Self {
                reason: Some(used_up(held.max_attempts)),
                error: Some(error),
                ..ended(State::Dead)
            },
            Outcome::Retry { error, delay } => Self {
                run_at: Some(rows::after(now, *delay)),
                error: Some(error),
                ..ended(State::Scheduled)
            },
            Outcome::Later { until, reason } => Self {
                run_at: Some(rows::not_before(*until)),
                gives_back: true,
                reason: Some(reason.clone()),
                ..ended(State::Scheduled)
            },
            Outcome::Dead { reason, error } => Self {
                reason: Some(reason.clone()),
                error: Some(error),
                ..ended(State::Dead)
            },
            Outcome::HandBack => Self {
                gives_back: true,
                ..ended(State::Ready)
            },
        }
    }
}

fn used_up(max_attempts: u32) -> String {
    match max_attempts {
        1 => "its one attempt is used up".to_owned(),
        many => format!("all {many} attempts are used up"),
    }
}

async fn end(
    write: &mut Write,
    kind: &str,
    held: &Held,
    settlement: &Settlement,
) -> sqlx::Result<Settled> {
    let end = End::of(&settlement.outcome, held, write.now());
    let handed_back = matches!(settlement.outcome, Outcome::HandBack);
    let (records, last_later) = if handed_back {
        (held.records, held.last_later)
    } else {
        let later = settlement.record.verdict == VerdictWord::Later;
        (remember(write, held, &settlement.record).await?, later)
    };
    let group =
        (end.state == State::Dead).then(|| fingerprint(kind, end.error.unwrap_or_default()));
    sqlx::query(END)
        .bind(held.seq)
        .bind(end.state.as_str())
        .bind(handed_back)
        .bind(held.attempts.saturating_sub(u32::from(end.gives_back)))
        .bind(end.run_at)
        .bind(write.changes(1))
        .bind(write.now())
        .bind(records)
        .bind(last_later)
        .bind(group)
        .bind(end.reason)
        .bind(end.error)
        .execute(write.connection())
        .await?;
    write.moved(kind, Some(State::Running), Some(end.state), 1);
    Ok(Settled::Moved(end.state))
}

/// Adds to the job's history, and returns how many records it has ever had. A `later` after a `later` takes its place:
/// a job that waits for an hour to be sealed would otherwise push out what once went wrong.
async fn remember(write: &mut Write, held: &Held, record: &Attempt) -> sqlx::Result<i64> {
    let takes_place = held.last_later && record.verdict == VerdictWord::Later;
    let records = held.records + i64::from(!takes_place);
    sqlx::query(REMEMBER)
        .bind(held.seq)
        .bind(records)
        .bind(record.attempt)
        .bind(record.started_at.timestamp_millis())
        .bind(i64::try_from(record.duration_ms).unwrap_or(i64::MAX))
        .bind(&record.worker)
        .bind(record.verdict.as_str())
        .bind(&record.error)
        .execute(write.connection())
        .await?;
    let forgotten = records - super::lease::bounded(Attempt::KEPT);
    if forgotten > 0 {
        sqlx::query("DELETE FROM queue_history WHERE job = ? AND n <= ?")
            .bind(held.seq)
            .bind(forgotten)
            .execute(write.connection())
            .await?;
    }
    Ok(records)
}

pub(super) const RUNNING: &str = "
    SELECT seq, id, change, attempts, max_attempts, leased_until, records, last_later
    FROM queue_jobs
    WHERE id IN (SELECT value FROM json_each(?)) AND kind = ? AND state = 'running'";

pub(super) const END: &str = "
    UPDATE queue_jobs SET
        state = ?2, front = ?3, attempts = ?4, run_at = coalesce(?5, run_at), change = ?6,
        changed_at = ?7, leased_until = NULL, worker = NULL, records = ?8, last_later = ?9,
        fingerprint = ?10, reason = ?11, error = coalesce(?12, error)
    WHERE seq = ?1";

const REMEMBER: &str = "
    INSERT OR REPLACE INTO queue_history
        (job, n, attempt, started_at, duration_ms, worker, verdict, error)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
