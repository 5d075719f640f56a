//! What an id is good for: one job, whoever asks and however often.

use std::{sync::Arc, time::Duration};

use moodwire_queue::{Outcome, Retention, State, Verdict, WorkerOptions};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    fixture::{Fixture, job, jobs, lost, retry},
    running::{Worker, handler, in_time, options, until, until_done},
};

pub(crate) async fn v07_an_id_stays_taken_for_as_long_as_its_row_is_kept(fixture: &Fixture) {
    let job = job("collect", "a");
    let taken = async |state| {
        assert_eq!(fixture.row(&job.id).await.state, state);
        let again = fixture.store.enqueue(std::slice::from_ref(&job)).await;
        assert!(again.unwrap()[0].duplicate, "{state:?}");
    };
    fixture.enqueue(std::slice::from_ref(&job)).await;
    taken(State::Ready).await;
    let lease = fixture.fetch_one("collect").await;
    taken(State::Running).await;
    let failed = retry("no", Duration::from_secs(60));
    fixture.settle(&lease, failed).await;
    taken(State::Scheduled).await;
    fixture.step(61);
    let lease = fixture.fetch_one("collect").await;
    fixture.settle(&lease, Outcome::Done).await;
    fixture.step(24 * 3_600 - 60);
    let keeping = Retention::default();
    fixture.store.prune("collect", &keeping).await.unwrap();
    taken(State::Done).await;
    fixture.step(120);
    fixture.store.prune("collect", &keeping).await.unwrap();
    fixture.enqueue(std::slice::from_ref(&job)).await;
}

pub(crate) async fn v22_two_schedulers_make_one_job_a_tick(fixture: &Fixture) {
    let ticks = Arc::new(jobs("collect", 300));
    let schedulers = [Arc::clone(&fixture.store), fixture.another().await].map(|store| {
        let ticks = Arc::clone(&ticks);
        tokio::spawn(async move {
            let mut added = 0;
            for tick in ticks.iter() {
                let answer = store.enqueue(std::slice::from_ref(tick)).await.unwrap();
                added += u32::from(!answer[0].duplicate);
            }
            added
        })
    });
    let mut added = 0;
    for scheduler in schedulers {
        added += scheduler.await.unwrap();
    }
    assert_eq!(added, 300);
    assert_eq!(fixture.store.stats().await.unwrap()["collect"].ready, 300);
}

pub(crate) async fn v28_the_same_id_twice_harms_no_worker(fixture: &Fixture) {
    let twice = [job("collect", "a"), job("collect", "a")];
    fixture.store.enqueue(&twice).await.unwrap();
    let (started, mut starts) = mpsc::unbounded_channel();
    let release = CancellationToken::new();
    let released = release.clone();
    let run = handler(move |lease| {
        started.send(lease.attempt).unwrap();
        let released = released.clone();
        async move {
            if lease.attempt == 1 && lease.id == "collect:a" {
                released.cancelled().await;
            }
            Verdict::Done
        }
    });
    let options = WorkerOptions {
        concurrency: 2,
        ..options("collect")
    };
    let worker = Worker::start(&fixture.store, options, run);
    assert_eq!(in_time("the job", starts.recv()).await, Some(1));
    // The lease expires while its job runs on: the same worker is given the same id a second time, beside the first.
    lose(fixture).await;
    assert_eq!(in_time("the job again", starts.recv()).await, Some(2));
    let row = until(&fixture.store, "collect:a", State::Done).await;
    assert_eq!(row.attempts, 2);
    release.cancel();
    fixture.enqueue(&[job("collect", "b")]).await;
    until_done(&fixture.store, "collect", 2).await;
    worker.stop().await;
}

/// Steps the clock until the lease is seen expired (it may be renewed in between), and settles it as lost.
async fn lose(fixture: &Fixture) {
    let losing = async {
        loop {
            fixture.step(3_600);
            let expired = fixture.store.expired("collect").await.unwrap();
            // The worker's own upkeep may come first.
            if expired.is_empty() || fixture.row("collect:a").await.attempts > 1 {
                return;
            }
            let losses: Vec<_> = expired
                .iter()
                .map(|(lease, _)| lost(lease, Duration::ZERO))
                .collect();
            let settled = fixture.store.settle("collect", &losses).await.unwrap();
            if settled
                .iter()
                .all(|settled| crate::fixture::waits(*settled))
            {
                return;
            }
        }
    };
    in_time("the lease to be lost", losing).await;
}
