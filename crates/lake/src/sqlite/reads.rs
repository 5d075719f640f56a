//! Billed reads in SQLite: a row a source and UTC day.

use chrono::NaiveDate;
use moodwire_model::{ReadCounts, Reads};

use super::{SqliteLake, Stored};
use crate::Result;

const ADD: &str = "INSERT INTO lake_reads (source, day, posts, users) VALUES (?, ?, ?, ?)
    ON CONFLICT (source, day) DO UPDATE SET posts = posts + excluded.posts, users = users + excluded.users";

/// Of a day and of the days of its month, which share the first seven characters.
const COUNTS: &str = "SELECT
    coalesce(sum(posts) FILTER (WHERE day = ?2), 0) AS day_posts,
    coalesce(sum(users) FILTER (WHERE day = ?2), 0) AS day_users,
    coalesce(sum(posts), 0) AS month_posts,
    coalesce(sum(users), 0) AS month_users
    FROM lake_reads WHERE source = ?1 AND substr(day, 1, 7) = substr(?2, 1, 7)";

/// Adds to a day's reads.
pub(super) async fn add(
    lake: &SqliteLake,
    source: &str,
    day: NaiveDate,
    posts: i64,
    users: i64,
) -> Result<()> {
    let mut transaction = lake.begin().await?;
    sqlx::query(ADD)
        .bind(source)
        .bind(day.to_string())
        .bind(posts)
        .bind(users)
        .execute(&mut *transaction)
        .await
        .map_err(|cause| lake.failed(cause))?;
    lake.commit(transaction).await
}

/// The reads of a day and its month.
pub(super) async fn counts(lake: &SqliteLake, source: &str, day: NaiveDate) -> Result<ReadCounts> {
    let row = sqlx::query(COUNTS)
        .bind(source)
        .bind(day.to_string())
        .fetch_one(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?;
    let row = Stored::new(lake, &row);
    Ok(ReadCounts {
        day: Reads {
            posts: row.number("day_posts")?,
            users: row.number("day_users")?,
        },
        month: Reads {
            posts: row.number("month_posts")?,
            users: row.number("month_users")?,
        },
    })
}
