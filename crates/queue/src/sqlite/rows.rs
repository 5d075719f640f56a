//! Rows to the queue's shapes and back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Decode, Row, Sqlite, Type, sqlite::SqliteRow};

use super::failure::unexpected;
use crate::{Attempt, JobRow, Lease, State, VerdictWord};

/// The moment of a stored time.
pub(super) fn moment(millis: i64) -> sqlx::Result<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| unexpected(format!("{millis} is no time in milliseconds since 1970")))
}

/// The stored time that is not before `moment`: rounded down, a job could run a fraction too early.
pub(super) fn not_before(moment: DateTime<Utc>) -> i64 {
    let millis = moment.timestamp_millis();
    if moment.timestamp_subsec_nanos().is_multiple_of(1_000_000) {
        millis
    } else {
        millis + 1
    }
}

/// The time `wait` after `now`; one that no file can hold becomes the year 9999.
pub(super) fn after(now: i64, wait: Duration) -> i64 {
    const YEAR_9999: i64 = 253_370_764_800_000;
    let millis = wait.as_nanos().div_ceil(1_000_000);
    i64::try_from(millis)
        .ok()
        .and_then(|millis| now.checked_add(millis))
        .map_or(YEAR_9999, |at| at.min(YEAR_9999))
}

/// A whole number of any width.
pub(super) fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> sqlx::Result<T> {
    let stored: i64 = row.try_get(column)?;
    T::try_from(stored).map_err(|_| unexpected(format!("column {column} holds {stored}")))
}

/// A running row as the lease on it: its change number is the fencing token, its change the attempt's start.
pub(super) fn lease(row: &SqliteRow) -> sqlx::Result<Lease> {
    Ok(Lease {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        token: number(row, "change")?,
        attempt: number(row, "attempts")?,
        max_attempts: number(row, "max_attempts")?,
        payload: row.try_get("payload")?,
        parent: row.try_get("parent")?,
        root: row.try_get("root")?,
        due_at: moment(row.try_get("run_at")?)?,
        started_at: moment(row.try_get("changed_at")?)?,
    })
}

/// A whole job, but for its history.
pub(super) fn job(row: &SqliteRow) -> sqlx::Result<JobRow> {
    let state = state(row)?;
    let ended = matches!(state, State::Done | State::Dead);
    let changed_at = moment(row.try_get("changed_at")?)?;
    let payload: Vec<u8> = row.try_get("payload")?;
    Ok(JobRow {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        state,
        attempts: number(row, "attempts")?,
        max_attempts: number(row, "max_attempts")?,
        run_at: moment(row.try_get("run_at")?)?,
        parent: row.try_get("parent")?,
        root: row.try_get("root")?,
        payload: String::from_utf8_lossy(&payload).into_owned(),
        enqueued_at: moment(row.try_get("enqueued_at")?)?,
        finished_at: ended.then_some(changed_at),
        worker: row.try_get("worker")?,
        leased_until: optional::<i64>(row, "leased_until")?
            .map(moment)
            .transpose()?,
        reason: row.try_get("reason")?,
        error: row.try_get("error")?,
        fingerprint: row.try_get("fingerprint")?,
        history: Vec::new(),
    })
}

/// A record of a job's history.
pub(super) fn attempt(row: &SqliteRow) -> sqlx::Result<Attempt> {
    let word: &str = row.try_get("verdict")?;
    Ok(Attempt {
        attempt: number(row, "attempt")?,
        started_at: moment(row.try_get("started_at")?)?,
        duration_ms: number(row, "duration_ms")?,
        worker: row.try_get("worker")?,
        verdict: VerdictWord::parse(word)
            .ok_or_else(|| unexpected(format!("\"{word}\" is no verdict")))?,
        error: row.try_get("error")?,
    })
}

/// A row's state.
pub(super) fn state(row: &SqliteRow) -> sqlx::Result<State> {
    let word: &str = row.try_get("state")?;
    State::parse(word).ok_or_else(|| unexpected(format!("\"{word}\" is no state of a job")))
}

fn optional<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(
    row: &'r SqliteRow,
    column: &str,
) -> sqlx::Result<Option<T>> {
    row.try_get(column)
}

/// Many numbers or words as one bound value, for `json_each`.
pub(super) fn json(values: &[impl serde::Serialize]) -> String {
    serde_json::json!(values).to_string()
}
