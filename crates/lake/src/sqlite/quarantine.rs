//! Refused inputs in SQLite.

use moodwire_model::Quarantined;
use sqlx::sqlite::SqliteRow;

use super::{MAX_ROWS, SqliteLake, Stored, rows, text};
use crate::Result;

/// Keeps refused inputs; how many were new.
pub(super) async fn keep(lake: &SqliteLake, refused: &[Quarantined]) -> Result<u64> {
    let mut kept = 0;
    for chunk in refused.chunks(MAX_ROWS) {
        let mut transaction = lake.begin().await?;
        for input in chunk {
            kept += sqlx::query(
                "INSERT INTO lake_quarantine (id, source, place, reason, sample, at)
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            )
            .bind(&input.id)
            .bind(&input.source)
            .bind(&input.place)
            .bind(&input.reason)
            .bind(&input.sample)
            .bind(text(input.at))
            .execute(&mut *transaction)
            .await
            .map_err(|cause| lake.failed(cause))?
            .rows_affected();
        }
        lake.commit(transaction).await?;
    }
    Ok(kept)
}

/// Refused inputs, newest first.
pub(super) async fn newest(
    lake: &SqliteLake,
    source: Option<&str>,
    limit: usize,
) -> Result<Vec<Quarantined>> {
    // Two statements, for one with `?1 IS NULL OR …` would walk the table.
    let query = match source {
        Some(source) => sqlx::query(
            "SELECT * FROM lake_quarantine WHERE source = ? ORDER BY at DESC, id DESC LIMIT ?",
        )
        .bind(source),
        None => sqlx::query("SELECT * FROM lake_quarantine ORDER BY at DESC, id DESC LIMIT ?"),
    };
    query
        .bind(rows(limit))
        .fetch_all(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?
        .iter()
        .map(|row| restored(lake, row))
        .collect()
}

fn restored(lake: &SqliteLake, row: &SqliteRow) -> Result<Quarantined> {
    let row = Stored::new(lake, row);
    Ok(Quarantined {
        id: row.text("id")?,
        source: row.text("source")?,
        place: row.text("place")?,
        reason: row.text("reason")?,
        sample: row.text("sample")?,
        at: row.moment("at")?,
    })
}
