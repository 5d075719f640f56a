//! The conformance suite on SQLite, and what only a file can do.
#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the report, in its helpers too"
)]

mod conformance;

use std::future::Future;

use conformance::{Ground, hour, post};
use moodwire_sqlite::Database;
use moodwire_warehouse::{Error, Warehouse};

/// Runs the case on a file of its own.
async fn on_a_file<F: Future<Output = ()>>(case: impl FnOnce(Ground) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/moodwire.db", folder.path().display());
    let warehouse = Warehouse::connect(&url).await.unwrap();
    warehouse.prepare().await.unwrap();
    case(Ground { warehouse, url }).await;
}

conformance::suite!(on_a_file);

#[tokio::test]
async fn preparing_a_fresh_file_makes_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/moodwire.db", folder.path().display());
    let warehouse = Warehouse::connect(&url).await.unwrap();
    assert!(
        warehouse
            .migrations()
            .await
            .unwrap()
            .iter()
            .all(|known| !known.applied)
    );
    warehouse.prepare().await.unwrap();
    assert!(
        warehouse
            .migrations()
            .await
            .unwrap()
            .iter()
            .all(|known| known.applied)
    );
    assert_eq!(warehouse.place(), url);
}

#[tokio::test]
async fn reading_does_not_wait_for_the_writer_of_another_store() {
    on_a_file(async |ground| {
        ground
            .warehouse
            .upsert(&[post("x:1", "10:01:00", 0.5)])
            .await
            .unwrap();
        let file = Database::open_url(&ground.url).await.unwrap();
        let held = file.begin().await.unwrap();
        assert_eq!(
            ground
                .warehouse
                .digest(hour(10))
                .await
                .unwrap()
                .summary
                .posts,
            1
        );
        ground.warehouse.prepare().await.unwrap();
        held.rollback().await.unwrap();
        ground
            .warehouse
            .upsert(&[post("x:2", "10:01:00", 0.5)])
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(
        &path,
        "these are notes, and long enough to be no empty database",
    )
    .unwrap();
    let error = Warehouse::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains("notes.txt is no SQLite database"),
        "{error}"
    );
}

#[tokio::test]
async fn another_scheme_is_refused_naming_the_two_that_serve() {
    let error = Warehouse::connect("mysql://root:hush@localhost/moodwire")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the warehouse's URL begins with neither postgres:// nor sqlite://: \"mysql\""
    );
}
