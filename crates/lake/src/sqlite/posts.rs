//! Posts in SQLite: the network's own document is JSON text, as it came.

use moodwire_model::{Post, PostKey};
use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow, types::Json};

use super::{MAX_ROWS, SqliteLake, Stored, text};
use crate::{Inserted, Result};

/// Rows of one statement: a row a statement spends most of its time between this task and SQLite's thread.
const STATEMENT_ROWS: usize = 50;

/// Stores posts under their keys.
pub(super) async fn insert(lake: &SqliteLake, batch: &str, posts: &[Post]) -> Result<Inserted> {
    let mut inserted = 0;
    for chunk in posts.chunks(MAX_ROWS) {
        let mut transaction = lake.begin().await?;
        for rows in chunk.chunks(STATEMENT_ROWS) {
            inserted += statement(batch, rows)
                .build()
                .persistent(rows.len() == STATEMENT_ROWS)
                .execute(&mut *transaction)
                .await
                .map_err(|cause| lake.failed(cause))?
                .rows_affected();
        }
        lake.commit(transaction).await?;
    }
    Ok(Inserted {
        inserted,
        duplicates: posts.len() as u64 - inserted,
    })
}

fn statement(batch: &str, posts: &[Post]) -> QueryBuilder<Sqlite> {
    let mut statement = QueryBuilder::new(
        "INSERT INTO lake_posts (id, batch, source, author, author_name, text, url, lang, created_at, collected_at,
         hour, actors, followers, edited_at, deleted_at, raw) ",
    );
    statement.push_values(posts, |mut row, post| {
        row.push_bind(post.key.as_str())
            .push_bind(batch)
            .push_bind(&post.network)
            .push_bind(&post.author)
            .push_bind(&post.author_name)
            .push_bind(&post.text)
            .push_bind(&post.url)
            .push_bind(&post.lang)
            .push_bind(text(post.created_at))
            .push_bind(text(post.collected_at))
            .push_bind(text(post.hour.start()))
            .push_bind(Json(&post.actors))
            .push_bind(post.followers.map(number))
            .push_bind(post.edited_at.map(text))
            .push_bind(post.deleted_at.map(text))
            .push_bind(&post.raw);
    });
    statement.push(" ON CONFLICT (id) DO NOTHING");
    statement
}

/// A count as SQLite takes it.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A batch's posts, by key.
pub(super) async fn of(lake: &SqliteLake, batch: &str) -> Result<Vec<Post>> {
    sqlx::query("SELECT * FROM lake_posts WHERE batch = ? ORDER BY id")
        .bind(batch)
        .fetch_all(lake.database.reader())
        .await
        .map_err(|cause| lake.failed(cause))?
        .iter()
        .map(|row| restored(lake, row))
        .collect()
}

fn restored(lake: &SqliteLake, row: &SqliteRow) -> Result<Post> {
    let row = Stored::new(lake, row);
    Ok(Post {
        key: PostKey::from_stored(row.text("id")?),
        network: row.text("source")?,
        author: row.text("author")?,
        author_name: row.optional("author_name")?,
        text: row.text("text")?,
        url: row.optional("url")?,
        lang: row.optional("lang")?,
        created_at: row.moment("created_at")?,
        collected_at: row.moment("collected_at")?,
        hour: row.hour("hour")?,
        actors: row.json("actors")?,
        followers: row.optional_number("followers")?,
        edited_at: row.optional_moment("edited_at")?,
        deleted_at: row.optional_moment("deleted_at")?,
        raw: row.text("raw")?,
    })
}
