//! `backfill` and `health`.

use moodwire_model::BatchState;
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;

use crate::common::{Installation, Stores, moodwire, write_posts};

#[tokio::test]
async fn what_is_missing_of_a_range_is_enqueued_and_a_dry_run_only_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 20);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    installation.drain().await;
    let (first, last) = (posts.hours.first().unwrap(), posts.hours.last().unwrap());
    let backfill = |what: &'static str, more: &'static [&'static str]| {
        let installation = &installation;
        async move {
            let range = ["backfill", what, "--from", first, "--to", last];
            installation.json(&[&range, more].concat()).await
        }
    };
    let hours = posts.hours.len() - 1;

    // All is published already.
    let publish = backfill("publish", &[]).await;
    assert_eq!(
        (&publish["matched"], &publish["complete"]),
        (&json!(0), &json!(hours))
    );

    // A publication that was lost is made up for, whatever the range of catching up.
    let url = format!("sqlite://{}", installation.database().display());
    let file = Database::connect(&url).await.unwrap();
    file.execute_unprepared("DELETE FROM publications WHERE hour = (SELECT min(hour) FROM posts)")
        .await
        .unwrap();
    file.close().await.unwrap();
    let dry = backfill("publish", &["--dry-run"]).await;
    assert_eq!((&dry["matched"], &dry["enqueued"]), (&json!(1), &json!(0)));
    let wet = backfill("publish", &[]).await;
    assert_eq!((&wet["matched"], &wet["enqueued"]), (&json!(1), &json!(1)));
    let id = wet["jobs"][0].as_str().unwrap();
    assert_eq!(installation.json(&["jobs", "show", id]).await["id"], id);

    // Every batch that touches the range is scored again.
    let lake = moodwire_lake::open(&url).await.unwrap();
    let batches = lake
        .batches(&[BatchState::Scored], None, 100)
        .await
        .unwrap();
    let transform = backfill("transform", &["--dry-run"]).await;
    assert_eq!(transform["matched"], batches.len());

    // The file was read to its end, and its watermark is the time of that: the range lies before it.
    let collect = backfill("collect", &[]).await;
    assert_eq!(
        (&collect["matched"], &collect["complete"]),
        (&json!(0), &json!(1))
    );
    let report = installation.drain().await;
    assert_eq!(report["posts"], posts.posts);
}

#[tokio::test]
async fn a_range_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 2);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    for (from, to, words) in [
        ("2026-03-01T05", "2026-03-01T05", "is not before"),
        ("2020-03-01T05", "2026-03-01T05", "backfill them in parts"),
        ("soon", "2026-03-01T05", "soon"),
    ] {
        let args = ["backfill", "publish", "--from", from, "--to", to];
        let output = installation.runs(&args).await;
        let said = super::sentence(&output, 2);
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn a_probe_hears_whether_the_stores_answer() {
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 2);
    let installation = Installation::new(Stores::Embedded, &posts.path, "").await;
    assert_eq!(installation.succeeds(&["health"]).await, "ok\n");
    let health = installation.json(&["health"]).await;
    let stores = json!({"queue": true, "lake": true, "warehouse": true});
    assert_eq!((&health["ok"], &health["stores"]), (&json!(true), &stores));

    // Nobody listens on port 1.
    let ill = moodwire()
        .arg("-c")
        .arg(installation.config_file())
        .args(["health"])
        .env("MOODWIRE_LAKE__URL", "mongodb://127.0.0.1:1/moodwire")
        .output()
        .await
        .unwrap();
    let said = super::sentence(&ill, 1);
    assert!(
        said.starts_with("moodwire: the lake does not answer: "),
        "{said}"
    );
}
