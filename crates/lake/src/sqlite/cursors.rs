//! Cursors in SQLite, moved by compare-and-set on their version.

use moodwire_model::{Cursor, CursorTotals};
use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow, types::Json};

use super::{SqliteLake, Stored, text};
use crate::{Error, Result};

/// What of a cursor is read. Columns are named, since a table may get more of them while a file is open.
const COLUMNS: &str = "source, version, position, watermark, holder, stalled, limited_until, gap, posts, duplicates, \
    quarantined, moved_at";

const INSERT: &str = "INSERT INTO lake_cursors
    (position, watermark, holder, stalled, limited_until, gap, posts, duplicates, quarantined, moved_at, source, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? + 1) ON CONFLICT (source) DO NOTHING";

const UPDATE: &str = "UPDATE lake_cursors SET
    position = ?, watermark = ?, holder = ?, stalled = ?, limited_until = ?, gap = ?, posts = ?, duplicates = ?,
    quarantined = ?, moved_at = ?, version = version + 1 WHERE source = ? AND version = ?";

fn select() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(format!("SELECT {COLUMNS} FROM lake_cursors"))
}

/// The source's cursor.
pub(super) async fn load(lake: &SqliteLake, source: &str) -> Result<Cursor> {
    select()
        .push(" WHERE source = ")
        .push_bind(source)
        .build()
        .fetch_optional(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?
        .map_or_else(|| Ok(Cursor::start(source)), |row| restored(lake, &row))
}

/// Every stored cursor.
pub(super) async fn all(lake: &SqliteLake) -> Result<Vec<Cursor>> {
    select()
        .push(" ORDER BY source")
        .build()
        .fetch_all(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?
        .iter()
        .map(|row| restored(lake, row))
        .collect()
}

/// Stores `cursor` if the stored version is still its own.
pub(super) async fn save(lake: &SqliteLake, cursor: &Cursor) -> Result<Option<u64>> {
    let number = |number: u64| {
        i64::try_from(number).map_err(|error| {
            Error::Refused(format!(
                "a number of source {}'s cursor: {error}",
                cursor.source
            ))
        })
    };
    let position = serde_json::to_string(&cursor.position).map_err(|error| {
        Error::Refused(format!(
            "the position of source {} is no JSON: {error}",
            cursor.source
        ))
    })?;
    let statement = if cursor.version == 0 { INSERT } else { UPDATE };
    let mut transaction = lake.begin().await?;
    let saved = sqlx::query(statement)
        .bind(position)
        .bind(cursor.watermark.map(text))
        .bind(&cursor.holder)
        .bind(&cursor.stalled)
        .bind(cursor.limited_until.map(text))
        .bind(cursor.gap.map(Json))
        .bind(number(cursor.totals.posts)?)
        .bind(number(cursor.totals.duplicates)?)
        .bind(number(cursor.totals.quarantined)?)
        .bind(cursor.moved_at.map(text))
        .bind(&cursor.source)
        .bind(number(cursor.version)?)
        .execute(&mut *transaction)
        .await
        .map_err(|cause| lake.failed(cause))?;
    lake.commit(transaction).await?;
    Ok((saved.rows_affected() == 1).then_some(cursor.version.saturating_add(1)))
}

fn restored(lake: &SqliteLake, row: &SqliteRow) -> Result<Cursor> {
    let row = Stored::new(lake, row);
    Ok(Cursor {
        source: row.text("source")?,
        version: row.number("version")?,
        position: row.json("position")?,
        watermark: row.optional_moment("watermark")?,
        holder: row.optional("holder")?,
        stalled: row.optional("stalled")?,
        limited_until: row.optional_moment("limited_until")?,
        gap: row.optional_json("gap")?,
        totals: CursorTotals {
            posts: row.number("posts")?,
            duplicates: row.number("duplicates")?,
            quarantined: row.number("quarantined")?,
        },
        moved_at: row.optional_moment("moved_at")?,
    })
}
