//! Transform: a batch into the warehouse, and what of it cannot go there.

use moodwire_model::{BatchState, slot};
use moodwire_queue::{NewJob, State, Verdict};
use moodwire_workers::{payload, transform::MAX_TEXT_BYTES};

use crate::fixture::{App, Setup, feed_of, post, two_pages};

/// An app whose one batch is queued.
async fn with_a_queued_batch(posts: Vec<moodwire_model::Post>) -> App {
    let app = App::start(Setup {
        feeds: vec![feed_of([posts])],
        ..Setup::default()
    })
    .await;
    app.tick().await;
    app.run_due(&[slot::COLLECT]).await;
    app
}

/// Enqueues a transform with these bytes and says why it is dead.
async fn dead_of(app: &App, id: &str, payload: &[u8]) -> String {
    let job = NewJob {
        payload: payload.to_vec(),
        ..app.deps.job(slot::TRANSFORM, id.to_owned(), &())
    };
    app.queue.enqueue(&[job]).await.unwrap();
    app.run_due(&[slot::TRANSFORM]).await;
    let row = app.row(id).await;
    assert_eq!(row.state, State::Dead);
    row.reason.unwrap()
}

#[tokio::test]
async fn a_text_too_long_is_quarantined_and_the_rest_goes_through() {
    let app = with_a_queued_batch(vec![
        post("fits", "01:00", &"a".repeat(MAX_TEXT_BYTES)),
        post("long", "01:01", &"é".repeat(MAX_TEXT_BYTES / 2 + 1)),
        post("short", "01:02", "Good."),
    ])
    .await;
    app.run_on().await;

    let world = app.world().await;
    assert_eq!(
        world.scored.keys().collect::<Vec<_>>(),
        ["feed:fits", "feed:short"]
    );
    assert_eq!(world.quarantined, ["post:feed:long"]);
    let kept = app.deps.lake.quarantined(Some("main"), 10).await.unwrap();
    assert_eq!(
        kept[0].reason,
        "the text has 100002 bytes, more than the 100000 that are scored"
    );
    assert_eq!(
        kept[0].sample.len(),
        moodwire_model::Quarantined::MAX_SAMPLE
    );
    assert_eq!(app.sealed("2026-03-01T01").await.unwrap().posts, 2);
    app.end().await;
}

#[tokio::test]
async fn a_post_that_the_warehouse_refuses_is_quarantined_and_the_rest_goes_through() {
    let app = with_a_queued_batch(vec![
        post("a", "01:00", "Good."),
        post("b", "01:01", "Bad."),
        post("c", "01:02", "Fine."),
    ])
    .await;
    app.sql(
        "CREATE TRIGGER fastidious BEFORE INSERT ON posts WHEN NEW.id = 'feed:b'
         BEGIN SELECT RAISE(ABORT, 'no such thing'); END",
    )
    .await;
    app.run_on().await;

    let world = app.world().await;
    assert_eq!(
        world.scored.keys().collect::<Vec<_>>(),
        ["feed:a", "feed:c"]
    );
    assert_eq!(world.quarantined, ["post:feed:b"]);
    let kept = app.deps.lake.quarantined(None, 10).await.unwrap();
    assert!(
        kept[0].reason.contains("no such thing"),
        "{}",
        kept[0].reason
    );
    assert_eq!(app.batches(&[BatchState::Scored]).await.len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_payload_that_does_not_decode_is_dead_with_a_sentence() {
    let app = App::with(Vec::new()).await;
    let reason = dead_of(&app, "transform:bytes", b"\xff\xfe").await;
    assert!(
        reason.starts_with("the payload does not decode: "),
        "{reason}"
    );
    let reason = dead_of(&app, "transform:null", b"null").await;
    assert!(
        reason.starts_with("the payload does not decode: "),
        "{reason}"
    );
    app.end_with_dead(&["transform:bytes", "transform:null"])
        .await;
}

#[tokio::test]
async fn a_payload_of_another_version_is_dead_with_what_to_do() {
    let app = App::with(Vec::new()).await;
    let reason = dead_of(&app, "transform:v9", b"{\"v\":9,\"batch\":\"01J\"}").await;
    assert_eq!(
        reason,
        "the payload has version 9, this program reads version 1: run a newer one"
    );
    app.end_with_dead(&["transform:v9"]).await;
}

#[tokio::test]
async fn a_batch_that_the_lake_does_not_have_is_dead_with_its_id() {
    let app = App::with(Vec::new()).await;
    let payload = serde_json::to_vec(&payload::Transform::of("01GONE")).unwrap();
    let reason = dead_of(&app, "transform:01GONE", &payload).await;
    assert_eq!(reason, "the lake has no batch 01GONE: discard this job");
    app.end_with_dead(&["transform:01GONE"]).await;
}

#[tokio::test]
async fn a_discarded_batch_is_left_alone() {
    let app = with_a_queued_batch(vec![post("a", "01:00", "Good.")]).await;
    let batch = app.batches(&[BatchState::Queued]).await.remove(0);
    let moved = app
        .deps
        .lake
        .move_batch(
            &batch.id,
            &[BatchState::Queued],
            BatchState::Discarded,
            app.now(),
        )
        .await;
    assert!(moved.unwrap());
    app.run_on().await;

    assert_eq!(app.world().await.scored.len(), 0);
    assert_eq!(app.batches(&[BatchState::Discarded]).await.len(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_batch_that_is_still_filling_is_waited_for() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    let collect = app.lease(slot::COLLECT).await;
    let gate = crate::fixture::Gate::closed();
    let stood = std::sync::Arc::clone(&gate);
    app.wire
        .arm_at("insert_posts", crate::fixture::Trip::WaitBefore(stood));
    let attempt = app.begin(&collect);
    gate.reached().await;
    let batch = app.batches(&[BatchState::Open]).await.remove(0);
    let id = app.deps.by_hand(&slot::transform(&batch.id));
    app.enqueue(slot::TRANSFORM, &id, &payload::Transform::of(&batch.id))
        .await;
    let Verdict::Later { reason, .. } = app.attempt_one(slot::TRANSFORM).await else {
        panic!("it did not wait");
    };
    assert_eq!(reason, format!("{} is still filling the batch", collect.id));

    gate.open();
    let verdict = attempt.await.unwrap();
    app.settle(&collect, verdict).await;
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_schema_that_is_behind_quarantines_nothing() {
    let app = with_a_queued_batch(vec![
        post("a", "01:00", "Good."),
        post("b", "01:01", "Bad."),
    ])
    .await;
    app.deps.warehouse.migrate_down(100).await.unwrap();
    app.run_due(&[slot::TRANSFORM]).await;
    assert!(
        app.deps
            .lake
            .quarantined(None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    app.deps.warehouse.migrate_up().await.unwrap();
    app.run_on().await;
    assert_eq!(app.world().await.scored.len(), 2);
    app.end().await;
}
