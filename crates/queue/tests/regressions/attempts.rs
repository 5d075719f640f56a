//! What an attempt costs: failures, lost workers and waits.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use moodwire_model::{Clock, SystemClock};
use moodwire_queue::{NewJob, RetryPolicy, State, Verdict, VerdictWord, WorkerOptions};
use tokio::sync::mpsc;

use crate::{
    fixture::{Fixture, job, jobs},
    running::{Worker, handler, in_time, options, until},
    watched::Watched,
};

/// What a moment told may differ from the moment kept: the time that an attempt takes on a busy machine.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);

pub(crate) async fn v03_max_attempts_are_obeyed(fixture: &Fixture) {
    let job = NewJob {
        max_attempts: 3,
        ..job("collect", "a")
    };
    fixture.enqueue(std::slice::from_ref(&job)).await;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let run = handler(move |lease| {
        let run = counted.fetch_add(1, Ordering::SeqCst) + 1;
        assert_eq!((lease.attempt, lease.max_attempts), (run, 3));
        async {
            Verdict::Retry {
                error: "no".to_owned(),
            }
        }
    });
    let worker = Worker::start(&fixture.store, options("collect"), run);
    let row = until(&fixture.store, &job.id, State::Dead).await;
    worker.stop().await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!((row.attempts, row.history.len()), (3, 3));
}

pub(crate) async fn v04_backoff_is_jittered_and_a_told_time_is_obeyed(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 20)).await;
    fixture.enqueue(&[job("publish", "a")]).await;
    let hour = TimeDelta::hours(1);
    let fail = handler(|_| async {
        Verdict::Retry {
            error: "no".to_owned(),
        }
    });
    let options_of = |kind| WorkerOptions {
        retry: RetryPolicy {
            base: Duration::from_secs(3_600),
            cap: Duration::from_secs(36_000),
            max_attempts: 15,
        },
        ..options(kind)
    };
    let before = fixture.after(0).await;
    let failing = Worker::start(&fixture.store, options_of("collect"), fail);
    let mut waits = BTreeSet::new();
    for job in jobs("collect", 20) {
        let row = until(&fixture.store, &job.id, State::Scheduled).await;
        assert!(row.run_at >= before && row.run_at <= fixture.after(3_600).await);
        waits.insert(row.run_at);
    }
    failing.stop().await;
    assert!(waits.len() > 15, "they come back together: {waits:?}");
    let (first, last) = (*waits.first().unwrap(), *waits.last().unwrap());
    assert!(last - first > hour / 10, "{first} to {last} is no jitter");

    let until_then = SystemClock.now() + hour * 3;
    let limited = handler(move |_| async move { Verdict::later(until_then, "rate limited") });
    let waiting = Worker::start(&fixture.store, options_of("publish"), limited);
    let row = until(&fixture.store, "publish:a", State::Scheduled).await;
    waiting.stop().await;
    assert!(
        (row.run_at - until_then).abs() < TOLERANCE,
        "{}",
        row.run_at
    );
    assert_eq!(
        (row.attempts, row.reason.as_deref()),
        (0, Some("rate limited"))
    );
}

pub(crate) async fn v08_a_job_that_kills_its_worker_ends_dead(fixture: &Fixture) {
    let job = NewJob {
        max_attempts: 3,
        ..job("collect", "deadly")
    };
    fixture.enqueue(std::slice::from_ref(&job)).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let deadly = handler(move |lease| {
        started.send(lease.attempt).unwrap();
        std::future::pending()
    });
    let mut killed = Vec::new();
    for attempt in 1..=3 {
        let watched = Watched::new(&fixture.store);
        let worker = Worker::start(&watched.store(), options("collect"), Arc::clone(&deadly));
        // A worker's first deed is to look for what the last one left behind.
        let begun = in_time("the job to start", starts.recv()).await;
        assert_eq!(begun, Some(attempt));
        watched.cut.cancel();
        killed.push(worker);
        fixture.step(31);
    }
    let survivor = Worker::start(&fixture.store, options("collect"), deadly);
    let row = until(&fixture.store, &job.id, State::Dead).await;
    survivor.stop().await;
    assert!(starts.try_recv().is_err(), "a fourth attempt");
    assert_eq!(row.attempts, 3);
    assert!(
        row.history
            .iter()
            .all(|attempt| attempt.verdict == VerdictWord::WorkerLost)
    );
    assert!(row.error.unwrap().contains("worker lost"));
}

pub(crate) async fn a_time_told_by_the_processs_clock_is_carried_over_to_the_stores(
    fixture: &Fixture,
) {
    fixture.step(3_600);
    fixture.enqueue(&[job("collect", "a")]).await;
    let run = handler(|_| async {
        let until = SystemClock.now() + TimeDelta::minutes(10);
        Verdict::later(until, "not yet")
    });
    let worker = Worker::start(&fixture.store, options("collect"), run);
    let row = until(&fixture.store, "collect:a", State::Scheduled).await;
    worker.stop().await;
    let due_in = row.run_at - fixture.after(0).await;
    assert!(
        (due_in - TimeDelta::minutes(10)).abs() < TOLERANCE,
        "due in {due_in}"
    );
}
