//! Two collects of one source: one reads at a time, and what the loser has stored is not lost.

use std::sync::Arc;

use moodwire_model::{BatchState, slot};
use moodwire_queue::{Lease, State, Verdict};
use moodwire_sources::SourceError;
use moodwire_workers::upkeep;
use tokio::task::JoinHandle;

use crate::fixture::{App, Gate, LEASE_SECONDS, Trip, Turn, two_pages};

/// A collect that stands at its second page, with the gate that lets it go on.
async fn at_the_second_page(app: &App) -> (Lease, JoinHandle<Verdict>, Arc<Gate>) {
    let gate = Gate::closed();
    app.feed().play([Turn::Read, Turn::Wait(Arc::clone(&gate))]);
    app.tick().await;
    let lease = app.lease(slot::COLLECT).await;
    let attempt = app.begin(&lease);
    gate.reached().await;
    (lease, attempt, gate)
}

#[tokio::test]
async fn a_tick_is_skipped_while_its_predecessor_runs() {
    let app = App::with(two_pages()).await;
    let (lease, attempt, gate) = at_the_second_page(&app).await;

    app.step(1);
    let second = app.tick().await;
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    assert_eq!(app.row(&second).await.state, State::Done);
    assert_eq!(app.feed().reads(), 2, "the tick has read");
    assert_eq!(app.cursor().await.holder.as_ref(), Some(&lease.id));

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&lease, Verdict::Done).await;
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_pass_that_was_asked_for_waits_for_the_one_that_runs() {
    let app = App::with(two_pages()).await;
    let (lease, attempt, gate) = at_the_second_page(&app).await;

    let asked = app.ask().await;
    let Verdict::Later { reason, .. } = app.attempt_one(slot::COLLECT).await else {
        panic!("it did not wait");
    };
    assert!(reason.starts_with(&lease.id), "{reason}");
    assert_eq!(app.row(&asked).await.attempts, 0);

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.settle(&lease, Verdict::Done).await;
    app.run_on().await;
    assert_eq!(app.row(&asked).await.state, State::Done);
    assert_eq!(app.feed().reads(), 3, "it has read, after the other");
    app.end().await;
}

#[tokio::test]
async fn of_two_passes_that_begin_in_the_same_instant_one_waits() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    app.ask().await;
    let leases = app.leases(slot::COLLECT).await;
    let gate = Gate::closed();
    app.wire
        .arm_at("save_cursor", Trip::WaitBefore(Arc::clone(&gate)));
    let slow = app.begin(&leases[0]);
    gate.reached().await;
    assert_eq!(app.attempt(&leases[1]).await, Verdict::Done);

    gate.open();
    let verdict = slow.await.unwrap();
    assert!(matches!(verdict, Verdict::Later { .. }), "{verdict}");
    app.settle(&leases[0], verdict).await;
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn a_pass_that_lost_its_lease_is_taken_over_and_stops() {
    let app = App::with([two_pages(), two_pages()].concat()).await;
    let (_, attempt, gate) = at_the_second_page(&app).await;

    app.step(LEASE_SECONDS + 1);
    app.tick().await;
    assert_eq!(app.attempt_one(slot::COLLECT).await, Verdict::Done);
    assert_eq!(app.cursor().await.position, 4);
    let reads = app.feed().reads();

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    assert_eq!(app.feed().reads(), reads, "it has read on");
    let cursor = app.cursor().await;
    assert_eq!((cursor.position, cursor.holder), (4.into(), None));
    app.run_on().await;
    app.end().await;
}

#[tokio::test]
async fn posts_that_a_lost_pass_has_stored_are_scored_though_upkeep_closed_its_batch() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    let lease = app.lease(slot::COLLECT).await;
    let gate = Gate::closed();
    app.wire
        .arm_at("move_batch", Trip::WaitBefore(Arc::clone(&gate)));
    let attempt = app.begin(&lease);
    gate.reached().await;

    app.step(LEASE_SECONDS + 1);
    assert_eq!(upkeep::run(&app.deps).await.unwrap().closed, 1);
    app.tick().await;
    app.gather().await;
    assert_eq!(app.world().await.scored.len(), 6);

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    app.run_on().await;
    assert_eq!(app.world().await.unscored, Vec::<String>::new());
    app.end().await;
}

/// Its batch was scored while it was empty; the posts that come after all are scored once more.
#[tokio::test]
async fn posts_that_a_lost_pass_stores_after_its_batch_was_scored_are_scored_too() {
    let app = App::with(two_pages()).await;
    app.tick().await;
    let lease = app.lease(slot::COLLECT).await;
    let gate = Gate::closed();
    app.wire
        .arm_at("insert_posts", Trip::WaitBefore(Arc::clone(&gate)));
    let attempt = app.begin(&lease);
    gate.reached().await;

    app.step(LEASE_SECONDS + 1);
    assert_eq!(upkeep::run(&app.deps).await.unwrap().closed, 1);
    app.run_due(&[slot::TRANSFORM]).await;
    assert_eq!(app.batches(&[BatchState::Scored]).await[0].count, 0);
    // Whoever takes over does not come to the page.
    app.feed()
        .play([Turn::Fail(SourceError::Retry("down".to_owned()))]);
    app.tick().await;
    let taken_over = app.attempt_one(slot::COLLECT).await;
    assert!(matches!(taken_over, Verdict::Retry { .. }), "{taken_over}");

    gate.open();
    assert_eq!(attempt.await.unwrap(), Verdict::Done);
    let queued = app.batches(&[BatchState::Queued]).await;
    assert_eq!((queued.len(), queued[0].count), (1, 3));
    app.run_on().await;
    let world = app.world().await;
    assert_eq!((world.scored.len(), world.unscored.len()), (6, 0));
    app.end().await;
}
