//! Upkeep: what a crash, or a queue that lost everything, left behind is brought back.

use std::sync::Arc;

use chrono::TimeDelta;
use moodwire_model::{BatchState, slot};
use moodwire_queue::{Lease, State, Verdict};
use moodwire_warehouse::{AuditEntry, AuditFilter};
use moodwire_workers::upkeep::{self, Upkept};
use tokio::task::JoinHandle;

use crate::fixture::{App, Gate, LEASE_SECONDS, Trip, World, two_pages};

/// A collect that stands before this call of its first page.
async fn collect_at(app: &App, method: &'static str) -> (Lease, JoinHandle<Verdict>, Arc<Gate>) {
    app.tick().await;
    let lease = app.lease(slot::COLLECT).await;
    let gate = Gate::closed();
    app.wire.arm_at(method, Trip::WaitBefore(Arc::clone(&gate)));
    let attempt = app.begin(&lease);
    gate.reached().await;
    (lease, attempt, gate)
}

async fn upkept(app: &App) -> Upkept {
    upkeep::run(&app.deps).await.unwrap()
}

fn closed(closed: u64, transforms: u64) -> Upkept {
    Upkept {
        closed,
        transforms,
        publications: 0,
    }
}

#[tokio::test]
async fn an_open_batch_is_closed_once_its_collect_holds_no_live_lease() {
    let app = App::with(two_pages()).await;
    let (_, attempt, _gate) = collect_at(&app, "move_batch").await;
    app.step(LEASE_SECONDS - 1);
    assert_eq!(upkept(&app).await, closed(0, 0), "its collect lives");
    assert_eq!(app.batches(&[BatchState::Open]).await.len(), 1);

    app.kill(attempt).await;
    assert_eq!(upkept(&app).await, closed(1, 1));
    assert_eq!(
        upkept(&app).await,
        closed(0, 0),
        "a second look closes again"
    );
    app.run_due(&[slot::TRANSFORM]).await;
    assert_eq!(app.world().await.scored.len(), 3);
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn an_open_batch_whose_collect_is_a_dead_letter_is_closed_and_scored() {
    let app = App::with(two_pages()).await;
    let (lease, attempt, _gate) = collect_at(&app, "move_batch").await;
    attempt.abort();
    app.settle(&lease, Verdict::dead("it was given up")).await;
    assert_eq!(upkept(&app).await, closed(1, 1));
    app.run_due(&[slot::TRANSFORM]).await;
    assert_eq!(app.world().await.scored.len(), 3);

    // Another collect goes on from the cursor, which has not moved.
    app.step(1);
    app.tick().await;
    app.run_on().await;
    assert_eq!(app.world().await.scored.len(), 6);
    app.end_with_dead(&[&lease.id]).await;
}

#[tokio::test]
async fn an_open_batch_is_left_alone_for_as_long_as_its_collect_renews_its_lease() {
    let app = App::with(two_pages()).await;
    let (lease, attempt, gate) = collect_at(&app, "move_batch").await;
    let held = [(lease.id.clone(), lease.token)];
    let seconds = std::time::Duration::from_secs(LEASE_SECONDS.unsigned_abs());
    for _ in 0..5 {
        app.step(LEASE_SECONDS - 1);
        app.queue
            .renew(slot::COLLECT, &held, seconds)
            .await
            .unwrap();
        assert_eq!(upkept(&app).await, closed(0, 0));
    }
    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&lease, Verdict::Done).await;
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_queued_batch_without_a_job_gets_one() {
    let app = App::with(two_pages()).await;
    let (_, attempt, _gate) = collect_at(&app, "enqueue").await;
    app.kill(attempt).await;
    assert_eq!(app.batches(&[BatchState::Queued]).await.len(), 1);
    assert_eq!(upkept(&app).await, closed(0, 1));
    let rows = app.jobs(&[State::Ready]).await;
    let transform = rows.iter().find(|row| row.kind == slot::TRANSFORM).unwrap();
    assert!(
        transform
            .root
            .as_deref()
            .unwrap_or_default()
            .starts_with("collect:main:")
    );
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_queued_batch_whose_transform_is_a_dead_letter_is_left_to_a_person() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    app.run_due(&[slot::COLLECT]).await;
    let mut dead = Vec::new();
    for lease in app.leases(slot::TRANSFORM).await {
        app.settle(&lease, Verdict::dead("it was given up")).await;
        dead.push((lease.id, None, None));
    }
    assert_eq!(upkept(&app).await, closed(0, 0));
    assert!(
        app.queue
            .retry(&dead)
            .await
            .unwrap()
            .iter()
            .all(|retried| *retried)
    );
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_queued_batch_whose_transform_is_done_is_scored_once_more() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    app.run_on().await;
    let batch = app.batches(&[BatchState::Scored]).await.remove(0);
    // As a lake that was restored from a copy.
    let (from, to) = (BatchState::Scored, BatchState::Queued);
    let moved = app
        .deps
        .lake
        .move_batch(&batch.id, &[from], to, app.now())
        .await;
    assert!(moved.unwrap());
    assert_eq!(upkept(&app).await, closed(0, 1));
    assert_eq!(
        upkept(&app).await,
        closed(0, 0),
        "a second look enqueues again"
    );
    app.run_on().await;
    assert_eq!(app.batches(&[BatchState::Scored]).await.len(), 2);
    app.end().await;
}

#[tokio::test]
async fn a_queue_that_lost_everything_is_filled_again_from_lake_and_ledger() {
    let undisturbed = world_after(async |app| {
        app.run_on().await;
        app
    })
    .await;

    let open = world_after(async |app| {
        let lease = app.lease(slot::COLLECT).await;
        let gate = Gate::closed();
        app.wire
            .arm_at("move_batch", Trip::WaitAfter(Arc::clone(&gate)));
        let attempt = app.begin(&lease);
        gate.reached().await;
        attempt.abort();
        without_its_queue(app).await
    })
    .await;
    assert_eq!(open, undisturbed, "lost while it collected");

    let queued = world_after(async |app| {
        app.run_due(&[slot::COLLECT]).await;
        without_its_queue(app).await
    })
    .await;
    assert_eq!(queued, undisturbed, "lost before it scored");

    let scored = world_after(async |app| {
        app.gather().await;
        without_its_queue(app).await
    })
    .await;
    assert_eq!(scored, undisturbed, "lost before it published");

    let published = world_after(async |app| {
        app.run_on().await;
        without_its_queue(app).await
    })
    .await;
    assert_eq!(published, undisturbed, "lost when all was done");
}

/// The same app on a fresh queue, as far as upkeep and the next tick bring it.
async fn without_its_queue(app: App) -> App {
    let app = app.restart(|setup| setup.queue_file = "fresh.db").await;
    upkept(&app).await;
    app.step(60);
    app.tick().await;
    app.run_on().await;
    app
}

async fn world_after(disturb: impl AsyncFnOnce(App) -> App) -> World {
    let app = App::with(two_pages()).await;
    app.tick().await;
    let app = disturb(app).await;
    let world = app.world().await;
    app.end().await;
    world
}

#[tokio::test]
async fn deeds_that_are_older_than_a_year_leave_the_audit_log() {
    let app = App::with(two_pages()).await;
    let deed = |at| AuditEntry {
        at,
        who: "ada".to_owned(),
        via: "cli".to_owned(),
        action: "queue pause".to_owned(),
        target: "publish".to_owned(),
        detail: None,
    };
    let (kept, old) = (
        deed(app.now() - TimeDelta::days(366)),
        deed(app.now() - TimeDelta::days(367)),
    );
    for deed in [&old, &kept] {
        app.deps.warehouse.record_audit(deed).await.unwrap();
    }
    upkept(&app).await;
    let left = app
        .deps
        .warehouse
        .audit(&AuditFilter::default(), None, 10)
        .await
        .unwrap();
    let left: Vec<_> = left.into_iter().map(|row| row.entry).collect();
    assert_eq!(left, [kept]);
    app.end().await;
}
