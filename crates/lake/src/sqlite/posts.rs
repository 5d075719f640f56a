//! Posts in SQLite: the network's own document is JSON text, as it came.

use std::collections::BTreeMap;

use moodwire_model::{Hour, Post, PostKey, Timestamp};
use sqlx::{
    QueryBuilder, Sqlite,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
    types::Json,
};

use super::{MAX_ROWS, SqliteLake, Stored, rows, text};
use crate::{Inserted, Result, store::past};

/// A statement with its values.
type Statement<'a> = Query<'a, Sqlite, SqliteArguments>;

/// Rows of one statement: a row a statement spends most of its time between this task and SQLite's thread.
const STATEMENT_ROWS: usize = 50;

/// What of a post is read. Columns are named, since a table may get more of them while a file is open.
const COLUMNS: &str = "id, source, author, author_name, text, url, lang, created_at, collected_at, hour, actors, followers, \
    edited_at, deleted_at, raw";

/// A newer version in place of an older one.
const EDIT: &str = "UPDATE lake_posts SET
    batch = ?, author = ?, author_name = ?, text = ?, url = ?, lang = ?, actors = ?, followers = ?, edited_at = ?, raw = ?
    WHERE id = ? AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at < ?)";

/// Stores posts under their keys.
pub(super) async fn insert(lake: &SqliteLake, batch: &str, posts: &[Post]) -> Result<Inserted> {
    let mut came = Inserted::default();
    for chunk in posts.chunks(MAX_ROWS) {
        let mut transaction = lake.begin().await?;
        for rows in chunk.chunks(STATEMENT_ROWS) {
            came.inserted += statement(batch, rows)
                .build()
                .persistent(rows.len() == STATEMENT_ROWS)
                .execute(&mut *transaction)
                .await
                .map_err(|cause| lake.failed(cause))?
                .rows_affected();
        }
        for post in chunk {
            if let Some(edited_at) = post.edited_at.map(text) {
                came.edited += edit(batch, post, &edited_at)
                    .execute(&mut *transaction)
                    .await
                    .map_err(|cause| lake.failed(cause))?
                    .rows_affected();
            }
        }
        lake.commit(transaction).await?;
    }
    came.duplicates = posts.len() as u64 - came.inserted - came.edited;
    Ok(came)
}

fn edit<'a>(batch: &'a str, post: &'a Post, edited_at: &'a str) -> Statement<'a> {
    sqlx::query(EDIT)
        .bind(batch)
        .bind(&post.author)
        .bind(&post.author_name)
        .bind(&post.text)
        .bind(&post.url)
        .bind(&post.lang)
        .bind(Json(&post.actors))
        .bind(post.followers.map(number))
        .bind(edited_at)
        .bind(&post.raw)
        .bind(post.key.as_str())
        .bind(edited_at)
}

/// The hours of those that are there and not deleted, by key.
pub(super) async fn hours_of(
    lake: &SqliteLake,
    keys: &[PostKey],
) -> Result<BTreeMap<PostKey, Hour>> {
    sqlx::query(
        "SELECT id, hour FROM lake_posts WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?))",
    )
    .bind(Json(keys))
    .fetch_all(lake.database.reader())
    .await
    .map_err(|cause| lake.failed(cause))?
    .iter()
    .map(|row| {
        let row = Stored::new(lake, row);
        Ok((PostKey::from_stored(row.text("id")?), row.hour("hour")?))
    })
    .collect()
}

/// Marks posts as deleted and erases what they said.
pub(super) async fn delete(
    lake: &SqliteLake,
    batch: &str,
    keys: &[PostKey],
    at: Timestamp,
) -> Result<u64> {
    let mut transaction = lake.begin().await?;
    let deleted = sqlx::query(
        "UPDATE lake_posts SET batch = ?, deleted_at = ?, text = '', author_name = NULL, raw = '{}'
         WHERE deleted_at IS NULL AND id IN (SELECT value FROM json_each(?))",
    )
    .bind(batch)
    .bind(text(at))
    .bind(Json(keys))
    .execute(&mut *transaction)
    .await
    .map_err(|cause| lake.failed(cause))?
    .rows_affected();
    lake.commit(transaction).await?;
    Ok(deleted)
}

/// The keys under a beginning, of those that are there and not deleted.
pub(super) async fn keys_under(
    lake: &SqliteLake,
    beginning: &str,
    after: Option<&PostKey>,
    limit: usize,
) -> Result<Vec<PostKey>> {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM lake_posts WHERE id >= ? AND id > ? AND id < ? AND deleted_at IS NULL ORDER BY id LIMIT ?",
    )
    .bind(beginning)
    .bind(after.map_or("", PostKey::as_str))
    .bind(past(beginning))
    .bind(rows(limit))
    .fetch_all(lake.database.reader())
    .await
    .map_err(|cause| lake.failed(cause))?;
    Ok(found.into_iter().map(PostKey::from_stored).collect())
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
    QueryBuilder::new("SELECT ")
        .push(COLUMNS)
        .push(" FROM lake_posts WHERE batch = ")
        .push_bind(batch)
        .push(" ORDER BY id")
        .build()
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
