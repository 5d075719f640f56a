//! Batches in SQLite, moved from state to state by compare-and-set.

use moodwire_model::{Batch, BatchState, Hour, Timestamp};
use sqlx::sqlite::SqliteRow;

use super::{SqliteLake, Stored, rows, text};
use crate::{Error, Result};

/// One branch a state, which SQLite merges by id and leaves at the limit; with `state IN (…)` it would read and sort
/// the whole backlog for every page.
const PAGE: &str = "
    SELECT * FROM lake_batches WHERE ?1 AND state = 'open' AND id > ?5 UNION ALL
    SELECT * FROM lake_batches WHERE ?2 AND state = 'queued' AND id > ?5 UNION ALL
    SELECT * FROM lake_batches WHERE ?3 AND state = 'scored' AND id > ?5 UNION ALL
    SELECT * FROM lake_batches WHERE ?4 AND state = 'discarded' AND id > ?5
    ORDER BY id LIMIT ?6";

/// Adds a batch; one that is there already is left as it is.
pub(super) async fn open(lake: &SqliteLake, batch: &Batch) -> Result<()> {
    let failed = |cause| lake.failed(cause);
    let count = i64::try_from(batch.count)
        .map_err(|error| Error::Refused(format!("the count of batch {}: {error}", batch.id)))?;
    let hours = listed(batch.hours.iter().map(|hour| text(hour.start())));
    let mut transaction = lake.begin().await?;
    let added = sqlx::query(
        "INSERT INTO lake_batches (id, source, state, count, hours, job, opened_at, changed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&batch.id)
    .bind(&batch.source)
    .bind(batch.state.as_str())
    .bind(count)
    .bind(&hours)
    .bind(&batch.job)
    .bind(text(batch.opened_at))
    .bind(text(batch.changed_at))
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    if added.rows_affected() == 1 {
        sqlx::query("INSERT INTO lake_batch_hours (hour, batch) SELECT value, ? FROM json_each(?)")
            .bind(&batch.id)
            .bind(hours)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    lake.commit(transaction).await
}

/// Moves a batch from one of `from` to `to`.
pub(super) async fn change(
    lake: &SqliteLake,
    id: &str,
    from: &[BatchState],
    to: BatchState,
    at: Timestamp,
) -> Result<bool> {
    let mut transaction = lake.begin().await?;
    let moved = sqlx::query(
        "UPDATE lake_batches SET state = ?1, changed_at = ?2,
                count = CASE ?1 WHEN 'queued' THEN (SELECT count(*) FROM lake_posts WHERE batch = ?3) ELSE count END
         WHERE id = ?3 AND state IN (SELECT value FROM json_each(?4))",
    )
    .bind(to.as_str())
    .bind(text(at))
    .bind(id)
    .bind(words(from))
    .execute(&mut *transaction)
    .await
    .map_err(|cause| lake.failed(cause))?;
    lake.commit(transaction).await?;
    Ok(moved.rows_affected() == 1)
}

/// Removes a batch that is open and holds no post.
pub(super) async fn drop_empty(lake: &SqliteLake, id: &str) -> Result<bool> {
    let failed = |cause| lake.failed(cause);
    let mut transaction = lake.begin().await?;
    let dropped: Option<String> = sqlx::query_scalar(
        "DELETE FROM lake_batches
         WHERE id = ?1 AND state = 'open' AND NOT EXISTS (SELECT 1 FROM lake_posts WHERE batch = ?1)
         RETURNING hours",
    )
    .bind(id)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(failed)?;
    if let Some(hours) = &dropped {
        sqlx::query(
            "DELETE FROM lake_batch_hours WHERE hour IN (SELECT value FROM json_each(?)) AND batch = ?",
        )
        .bind(hours)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    }
    lake.commit(transaction).await?;
    Ok(dropped.is_some())
}

/// One batch.
pub(super) async fn one(lake: &SqliteLake, id: &str) -> Result<Option<Batch>> {
    sqlx::query("SELECT * FROM lake_batches WHERE id = ?")
        .bind(id)
        .fetch_optional(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?
        .map(|row| restored(lake, &row))
        .transpose()
}

/// Batches in one of `states`, oldest id first.
pub(super) async fn page(
    lake: &SqliteLake,
    states: &[BatchState],
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Batch>> {
    sqlx::query(PAGE)
        .bind(states.contains(&BatchState::Open))
        .bind(states.contains(&BatchState::Queued))
        .bind(states.contains(&BatchState::Scored))
        .bind(states.contains(&BatchState::Discarded))
        .bind(after.unwrap_or_default())
        .bind(rows(limit))
        .fetch_all(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?
        .iter()
        .map(|row| restored(lake, row))
        .collect()
}

/// How many batches with posts of `hour` are open or queued.
pub(super) async fn unscored(lake: &SqliteLake, hour: Hour) -> Result<u64> {
    let row = sqlx::query(
        "SELECT count(*) AS unscored FROM lake_batch_hours JOIN lake_batches ON id = batch
         WHERE hour = ? AND state IN ('open', 'queued')",
    )
    .bind(text(hour.start()))
    .fetch_one(lake.database.reader())
    .await
    .map_err(|cause| lake.failed(cause))?;
    Stored::new(lake, &row).number("unscored")
}

fn words(states: &[BatchState]) -> String {
    listed(states.iter().map(|state| state.as_str()))
}

/// A JSON array of words that need no escaping.
fn listed(words: impl Iterator<Item = impl AsRef<str>>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("\"{}\"", word.as_ref())).collect();
    format!("[{}]", quoted.join(","))
}

fn restored(lake: &SqliteLake, row: &SqliteRow) -> Result<Batch> {
    let row = Stored::new(lake, row);
    let state = row.text("state")?;
    Ok(Batch {
        id: row.text("id")?,
        source: row.text("source")?,
        state: BatchState::parse(&state)
            .ok_or_else(|| row.misfit("state", &state, "no such state of a batch"))?,
        count: row.number("count")?,
        hours: row.json("hours")?,
        job: row.text("job")?,
        opened_at: row.moment("opened_at")?,
        changed_at: row.moment("changed_at")?,
    })
}
