//! The jobs under real apalis workers: the whole line at speed, and what a worker does with a job that blocks, panics,
//! takes too long or loses its lease.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_model::slot;
use moodwire_queue::{Attempt, Lease, Outcome, Settled, Settlement, State, VerdictWord};
use moodwire_workers::KindSettings;

use crate::fixture::{
    App, Gate, Turn,
    live::{Workers, drained, impatient, live, page, post_of, until},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sets_of_workers_take_two_thousand_posts_down_the_line() {
    let pages = (0..8).map(|number| {
        page((0..250).map(|n| post_of(&format!("{number}-{n}"), 2 + i64::from(n % 5))))
    });
    let kind = KindSettings {
        concurrency: 4,
        ..KindSettings::default()
    };
    let app = live(pages.collect(), kind).await;
    let sets = [Workers::start(&app, "one"), Workers::start(&app, "two")];
    app.tick().await;
    drained(&app).await;
    for workers in sets {
        workers.stop().await;
    }

    let world = app.world().await;
    assert_eq!((world.scored.len(), world.unscored.len()), (2_000, 0));
    assert!(
        world
            .hours
            .iter()
            .all(|hour| hour.posts == 400 && hour.complete && hour.late == 0)
    );
    assert_eq!(world.publications.len(), 10);
    assert_eq!(app.outbox().requests(), 5);
    let hours = app.outbox().hours();
    assert!(hours.is_sorted(), "{hours:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_outlasts_the_grace_period_is_handed_back_with_no_attempt_burned() {
    let app = live(vec![page([post_of("a", 2)].into_iter())], impatient()).await;
    let gate = Gate::closed();
    app.feed().play([Turn::Wait(Arc::clone(&gate))]);
    let workers = Workers::start(&app, "one");
    let id = app.tick().await;
    gate.reached().await;

    workers.grace.stop.cancel();
    workers.grace.hand_back.cancel();
    workers.monitor.await.unwrap().unwrap();
    gate.left().await;
    let row = app.row(&id).await;
    assert_eq!((row.state, row.attempts), (State::Ready, 0));
    assert_eq!(row.history, []);

    let workers = Workers::start(&app, "two");
    until(&app, &id, State::Done).await;
    drained(&app).await;
    workers.stop().await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_under_way_at_the_stop_may_finish() {
    let app = live(vec![page([post_of("a", 2)].into_iter())], impatient()).await;
    let gate = Gate::closed();
    app.feed().play([Turn::Wait(Arc::clone(&gate))]);
    let workers = Workers::start(&app, "one");
    let id = app.tick().await;
    gate.reached().await;
    workers.grace.stop.cancel();
    gate.open();
    workers.monitor.await.unwrap().unwrap();
    assert_eq!(app.row(&id).await.state, State::Done);

    let workers = Workers::start(&app, "two");
    drained(&app).await;
    workers.stop().await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_panics_is_retried_with_its_backtrace_in_its_history() {
    let app = live(vec![page([post_of("a", 2)].into_iter())], impatient()).await;
    app.feed().play([Turn::Panic]);
    let workers = Workers::start(&app, "one");
    let id = app.tick().await;
    let row = until(&app, &id, State::Done).await;
    assert_eq!(row.attempts, 2);
    assert_eq!(row.history[0].verdict, VerdictWord::Retry);
    let error = row.history[0].error.clone().unwrap();
    assert!(
        error.starts_with("panicked: the feed main panics"),
        "{error}"
    );
    assert!(error.contains("feed.rs"), "{error}");
    drained(&app).await;
    workers.stop().await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_exceeds_its_timeout_is_cancelled_and_retried() {
    let kind = KindSettings {
        timeout: Duration::from_millis(500),
        ..impatient()
    };
    let app = live(vec![page([post_of("a", 2)].into_iter())], kind).await;
    let gate = Gate::closed();
    app.feed().play([Turn::Wait(Arc::clone(&gate))]);
    let workers = Workers::of(&app, "one", &[slot::COLLECT]);
    let id = app.tick().await;
    gate.reached().await;
    gate.left().await;
    let row = until(&app, &id, State::Done).await;
    assert_eq!(row.history[0].verdict, VerdictWord::Retry);
    let error = row.history[0].error.as_deref();
    assert_eq!(error, Some("ran longer than its timeout of 0.5 s"));
    workers.stop().await;
    app.run_due(&slot::KINDS).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_whose_lease_another_worker_took_is_stopped() {
    let kind = KindSettings {
        lease: Duration::from_millis(600),
        ..impatient()
    };
    let app = live(vec![page([post_of("a", 2)].into_iter())], kind).await;
    let gate = Gate::closed();
    app.feed().play([Turn::Wait(Arc::clone(&gate))]);
    let workers = Workers::of(&app, "one", &[slot::COLLECT]);
    let id = app.tick().await;
    gate.reached().await;

    let stolen = steal(&app).await;
    gate.left().await;
    let row = app.row(&id).await;
    assert_eq!(
        (row.state, row.worker.as_deref()),
        (State::Running, Some("thief"))
    );
    let settlement = Settlement {
        only_if_expired: false,
        ..lost(&stolen)
    };
    let settled = app
        .queue
        .settle(slot::COLLECT, &[settlement])
        .await
        .unwrap();
    assert_ne!(
        settled,
        [Settled::Stale],
        "the old attempt has settled the job"
    );
    until(&app, &id, State::Done).await;
    workers.stop().await;
    app.run_due(&slot::KINDS).await;
    app.end().await;
}

/// Sets the queue's clock ahead until the worker's lease is seen expired (it may be renewed in between), and takes it.
async fn steal(app: &App) -> Lease {
    loop {
        app.offset.step(TimeDelta::hours(1));
        let expired = app.queue.expired(slot::COLLECT).await.unwrap();
        let lost: Vec<Settlement> = expired.iter().map(|(lease, _)| lost(lease)).collect();
        app.queue.settle(slot::COLLECT, &lost).await.unwrap();
        let hour = Duration::from_secs(3600);
        let mut fetched = app
            .queue
            .fetch(slot::COLLECT, 1, "thief", hour)
            .await
            .unwrap();
        if let Some(lease) = fetched.leases.pop() {
            return lease;
        }
    }
}

/// What whoever finds an expired lease settles it with; the job is due again at once.
fn lost(lease: &Lease) -> Settlement {
    Settlement {
        id: lease.id.clone(),
        token: lease.token,
        outcome: Outcome::Retry {
            error: "worker lost".to_owned(),
            delay: Duration::ZERO,
        },
        record: Attempt {
            attempt: lease.attempt,
            started_at: lease.started_at,
            duration_ms: 0,
            worker: "one".to_owned(),
            verdict: VerdictWord::WorkerLost,
            error: None,
        },
        only_if_expired: true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_of_each_kind_gets_its_jobs() {
    let app = live(vec![page([post_of("a", 2)].into_iter())], impatient()).await;
    let workers = Workers::start(&app, "one");
    let id = app.tick().await;
    until(&app, &id, State::Done).await;
    let hour = moodwire_model::Hour::of(app.now());
    let payload = moodwire_workers::payload::Rescore::of(hour, "vader-3.3.2", None);
    app.enqueue(slot::RESCORE, "rescore:now", &payload).await;
    until(&app, "rescore:now", State::Done).await;
    workers.stop().await;
    app.run_due(&slot::KINDS).await;
    app.end().await;
}
