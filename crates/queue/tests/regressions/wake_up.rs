//! How jobs come to a worker: at once, however many, and no more than it can start.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use moodwire_queue::{NewJob, Verdict, WorkerOptions};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    fixture::{Fixture, job, jobs},
    running::{Handler, Worker, handler, in_time, options, until_done},
    watched::Watched,
};

/// A handler that tells of every attempt.
fn telling() -> (Handler, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let run = handler(move |lease| {
        tell.send(lease.id).unwrap();
        async { Verdict::Done }
    });
    (run, told)
}

/// Waits until an idle worker waits for jobs with nothing but a wake-up to end its wait.
async fn idle(watched: &Watched) {
    let waiting = watched.waiting.acquire();
    in_time("a worker to be idle", waiting)
        .await
        .unwrap()
        .forget();
}

pub(crate) async fn v01_a_push_wakes_an_idle_worker(fixture: &Fixture) {
    let watched = Watched::new(&fixture.store);
    let (run, mut told) = telling();
    let worker = Worker::start(&watched.store(), options("collect"), run);
    let other = fixture.another().await;
    for name in ["a", "b", "c"] {
        idle(&watched).await;
        let pushed = job("collect", name);
        other.enqueue(std::slice::from_ref(&pushed)).await.unwrap();
        let ran = in_time("the job", told.recv()).await.unwrap();
        assert_eq!(ran, pushed.id);
    }
    worker.stop().await;
}

pub(crate) async fn v02_a_backlog_of_20000_drains(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 20_000)).await;
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ran);
    let run = handler(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Verdict::Done }
    });
    let options = WorkerOptions {
        concurrency: 500,
        ..options("collect")
    };
    let worker = Worker::start(&fixture.store, options, run);
    until_done(&fixture.store, "collect", 20_000).await;
    worker.stop().await;
    assert_eq!(ran.load(Ordering::SeqCst), 20_000);
}

pub(crate) async fn v18_no_more_is_leased_than_can_start(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 50)).await;
    let watched = Watched::new(&fixture.store);
    let (started, mut starts) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let run = handler(move |_| {
        started.send(()).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Verdict::Done
        }
    });
    let options = WorkerOptions {
        concurrency: 3,
        ..options("collect")
    };
    let worker = Worker::start(&watched.store(), options, run);
    for settled in 0..47_u64 {
        // One starts where one has ended; none of the others has left the queue.
        let running = async {
            while starts.len() < 3 {
                tokio::task::yield_now().await;
            }
        };
        in_time("three jobs to run", running).await;
        let stats = fixture.store.stats().await.unwrap()["collect"].clone();
        assert_eq!((stats.running, stats.ready), (3, 47 - settled));
        starts.recv().await.unwrap();
        opened.add_permits(1);
        until_done(&fixture.store, "collect", settled + 1).await;
    }
    opened.add_permits(3);
    until_done(&fixture.store, "collect", 50).await;
    worker.stop().await;
    assert_eq!(watched.most_asked.load(Ordering::SeqCst), 3);
}

pub(crate) async fn v23_an_idle_worker_needs_no_heartbeat_to_find_a_job(fixture: &Fixture) {
    // Nobody enqueues when the job becomes due, and a lease is renewed every 20 minutes.
    let (run, mut told) = telling();
    let options = WorkerOptions {
        lease: Duration::from_secs(3_600),
        ..options("collect")
    };
    let worker = Worker::start(&fixture.store, options, run);
    let soon = NewJob {
        run_at: Some(fixture.after(1).await),
        ..job("collect", "soon")
    };
    fixture.enqueue(std::slice::from_ref(&soon)).await;
    let ran = in_time("the job", told.recv()).await.unwrap();
    assert_eq!(ran, soon.id);
    worker.stop().await;
}
