//! Leases: noticed when they are lost, kept while a job runs, and settled each on its own.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use moodwire_queue::{Outcome, Settled, State, Verdict, WorkerOptions};
use tokio::{runtime, task};

use crate::{
    fixture::{Fixture, job, jobs, settlement},
    running::{Worker, handler, in_time, options, until},
};

pub(crate) async fn v09_a_lease_that_expired_is_found_at_once(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    let lease = fixture.fetch_one("collect").await;
    fixture.step(29);
    let expired = fixture.store.expired("collect").await.unwrap();
    assert_eq!(expired.len(), 0);
    fixture.step(2);
    let expired = fixture.store.expired("collect").await.unwrap();
    assert_eq!(expired.len(), 1);
    let (found, worker) = &expired[0];
    assert_eq!((&found.id, found.token), (&lease.id, lease.token));
    assert_eq!(worker, "worker-1");
}

pub(crate) async fn v12_one_stale_settlement_spoils_no_other(fixture: &Fixture) {
    fixture.enqueue(&jobs("collect", 100)).await;
    let leases = fixture.fetch("collect", 100).await;
    let mut settlements: Vec<_> = leases
        .iter()
        .map(|lease| settlement(lease, Outcome::Done))
        .collect();
    settlements[0].token += 1_000;
    settlements[50].id = "collect:nobody".to_owned();
    let settled = fixture.store.settle("collect", &settlements).await.unwrap();
    for (index, settled) in settled.into_iter().enumerate() {
        let expected = match index {
            0 | 50 => Settled::Stale,
            _ => Settled::Moved(State::Done),
        };
        assert_eq!(settled, expected, "{index}");
    }
    let stats = &fixture.store.stats().await.unwrap()["collect"];
    assert_eq!((stats.running, stats.done), (2, 98));
}

pub(crate) async fn v20_a_handler_that_blocks_a_thread_keeps_its_lease(fixture: &Fixture) {
    block(fixture, 1).await;
}

pub(crate) async fn v20_handlers_that_block_every_thread_keep_their_leases(fixture: &Fixture) {
    block(fixture, 2).await;
}

/// Runs so many jobs, each of which blocks its thread, on a worker with two threads of its own, and sees the first
/// one's lease renewed for several times as long as it lasts.
async fn block(fixture: &Fixture, blocking: usize) {
    const LEASE: Duration = Duration::from_millis(1_500);
    let threads = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    fixture.enqueue(&jobs("collect", blocking)).await;
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
    let run = handler(move |_| {
        started.send(()).unwrap();
        let released = Arc::clone(&released);
        async move {
            // Blocks until the sender is dropped, in the channel or in the queue for it.
            let _dropped = released.lock().unwrap().recv();
            Verdict::Done
        }
    });
    let options = WorkerOptions {
        concurrency: blocking,
        lease: LEASE,
        ..options("collect")
    };
    // The worker has its store to itself as well, as another process would.
    let store = task::block_in_place(|| threads.block_on(fixture.another()));
    let worker = {
        let _on_its_threads = threads.enter();
        Worker::start(&store, options, run)
    };
    for _ in 0..blocking {
        in_time("the jobs to start", starts.recv()).await.unwrap();
    }
    let first = fixture.row("collect:00000").await.leased_until.unwrap();
    in_time("the lease to be renewed", async {
        loop {
            let row = fixture.row("collect:00000").await;
            let leased_until = row.leased_until.unwrap();
            if leased_until >= first + LEASE * 2 {
                return;
            }
            let lost = fixture.after(-10).await;
            assert!(leased_until > lost, "not renewed for 10 s");
        }
    })
    .await;
    drop(release);
    until(&fixture.store, "collect:00000", State::Done).await;
    worker.stop().await;
    drop(store);
    threads.shutdown_background();
}

pub(crate) async fn v27_a_timeout_cancels_the_work(fixture: &Fixture) {
    /// Tells when the work that holds it is dropped.
    struct Work(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Work {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    fixture.enqueue(&[job("collect", "slow")]).await;
    let (tell, mut cancelled) = tokio::sync::mpsc::unbounded_channel();
    let run = handler(move |lease| {
        let work = (lease.attempt == 1).then(|| Work(tell.clone()));
        async move {
            if let Some(_work) = work {
                std::future::pending::<()>().await;
            }
            Verdict::Done
        }
    });
    let options = WorkerOptions {
        timeout: Duration::from_millis(100),
        ..options("collect")
    };
    let worker = Worker::start(&fixture.store, options, run);
    in_time("the work to be cancelled", cancelled.recv()).await;
    let row = until(&fixture.store, "collect:slow", State::Done).await;
    worker.stop().await;
    assert_eq!(row.attempts, 2);
    let error = row.history[0].error.as_deref();
    assert_eq!(error, Some("ran longer than its timeout of 0.1 s"));
}
