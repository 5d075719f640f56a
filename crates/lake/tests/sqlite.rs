//! The lake in a SQLite file: the conformance suite, and what only a file has.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;

use std::future::Future;

use conformance::{Store, at, batch, batch_id, hour, post};
use moodwire_lake::Error;
use moodwire_model::{ActorMatch, BatchState, Post};
use sqlx::{
    Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tempfile::TempDir;

conformance::conformance!(crate::on_a_fresh_store);

async fn on_a_fresh_store<F: Future<Output = ()>>(case: impl FnOnce(Store) -> F) {
    let folder = tempfile::tempdir().unwrap();
    case(store(&folder)).await;
}

fn store(folder: &TempDir) -> Store {
    Store {
        url: format!("sqlite://{}/moodwire.db", folder.path().display()),
    }
}

/// A connection of its own, as another process has one.
async fn stranger(folder: &TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join("moodwire.db"));
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn row(connection: &mut SqliteConnection, query: &'static str) -> SqliteRow {
    sqlx::query(query).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_file_of_a_newer_schema_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    drop(store(&folder).lake().await);
    sqlx::query("UPDATE lake_schema SET version = 1000")
        .execute(&mut stranger(&folder).await)
        .await
        .unwrap();
    let error = moodwire_lake::open(&store(&folder).url).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    let sentence = error.to_string();
    assert!(
        sentence.contains("moodwire.db was written by a newer Moodwire"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_up_to_date_with_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let lake = store(&folder).lake().await;
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    drop(lake);
    let mut first = stranger(&folder).await;
    for statement in [
        "ALTER TABLE lake_posts DROP COLUMN followers",
        "ALTER TABLE lake_posts DROP COLUMN edited_at",
        "ALTER TABLE lake_posts DROP COLUMN deleted_at",
        "ALTER TABLE lake_cursors DROP COLUMN limited_until",
        "ALTER TABLE lake_cursors DROP COLUMN gap",
        "UPDATE lake_schema SET version = 1",
    ] {
        sqlx::query(statement).execute(&mut first).await.unwrap();
    }
    drop(first);
    let lake = store(&folder).lake().await;
    let unknown = Post {
        followers: None,
        ..post("1")
    };
    assert_eq!(lake.posts(&batch_id(1)).await.unwrap(), [unknown]);
    lake.insert_posts(&batch_id(2), &[post("2")]).await.unwrap();
    assert_eq!(lake.posts(&batch_id(2)).await.unwrap(), [post("2")]);
}

#[tokio::test]
async fn users_find_the_documented_tables_with_times_they_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let lake = store(&folder).lake().await;
    lake.open_batch(&batch(1, &["2026-11-23T16"]))
        .await
        .unwrap();
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    lake.move_batch(
        &batch_id(1),
        &[BatchState::Open],
        BatchState::Queued,
        at("2026-11-23T17:06:00Z"),
    )
    .await
    .unwrap();

    let mut stranger = stranger(&folder).await;
    let stored = row(
        &mut stranger,
        "SELECT id, batch, source, created_at, collected_at, hour, actors, raw ->> 'id' FROM lake_posts",
    )
    .await;
    let columns: Vec<String> = (0..8).map(|column| stored.get(column)).collect();
    assert_eq!(
        columns,
        [
            "x:1",
            &batch_id(1),
            "x",
            "2026-11-23T16:59:59.999Z",
            "2026-11-23T17:05:00.123Z",
            "2026-11-23T16:00:00.000Z",
            r#"[{"actor":"vitalik","why":["author"]},{"actor":"ethereum","why":["mention","keyword"]}]"#,
            "1",
        ]
    );
    let stored = row(
        &mut stranger,
        "SELECT state, hours, changed_at, CAST(count AS TEXT) FROM lake_batches",
    )
    .await;
    let columns: Vec<String> = (0..4).map(|column| stored.get(column)).collect();
    assert_eq!(
        columns,
        [
            "queued",
            r#"["2026-11-23T16:00:00.000Z"]"#,
            "2026-11-23T17:06:00.000Z",
            "1",
        ]
    );
}

#[tokio::test]
async fn actors_that_were_stored_by_name_alone_are_still_read() {
    let folder = tempfile::tempdir().unwrap();
    let lake = store(&folder).lake().await;
    lake.insert_posts(&batch_id(1), &[post("1")]).await.unwrap();
    let mut stranger = stranger(&folder).await;
    sqlx::query("UPDATE lake_posts SET actors = '[\"vitalik\"]'")
        .execute(&mut stranger)
        .await
        .unwrap();
    let posts = lake.posts(&batch_id(1)).await.unwrap();
    assert_eq!(posts[0].actors, [ActorMatch::new("vitalik", [])]);
}

#[tokio::test]
async fn what_another_process_writes_is_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let lake = store(&folder).lake().await;
    lake.open_batch(&batch(1, &["2026-11-23T16"]))
        .await
        .unwrap();
    let mut stranger = stranger(&folder).await;
    sqlx::query("UPDATE lake_batches SET state = 'scored'")
        .execute(&mut stranger)
        .await
        .unwrap();
    assert_eq!(lake.unscored(hour("2026-11-23T16")).await.unwrap(), 0);
}

#[tokio::test]
async fn a_row_that_this_program_did_not_write_is_told_with_its_column() {
    let folder = tempfile::tempdir().unwrap();
    let lake = store(&folder).lake().await;
    lake.open_batch(&batch(1, &["2026-11-23T16"]))
        .await
        .unwrap();
    let mut stranger = stranger(&folder).await;
    sqlx::query("UPDATE lake_batches SET state = 'half-done'")
        .execute(&mut stranger)
        .await
        .unwrap();
    let error = lake.batch(&batch_id(1)).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("\"half-done\" in the column state"),
        "{error}"
    );
}

#[tokio::test]
async fn a_url_of_no_known_store_is_refused() {
    let error = moodwire_lake::open("postgres://u:secret@localhost/db")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}
