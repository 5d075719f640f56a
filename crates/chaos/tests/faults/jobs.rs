//! Jobs that take their process, their thread or their worker's patience with them.

use chrono::TimeDelta;
use futures::future::join_all;
use moodwire_chaos::{
    store::{is_drained, until},
    work::Work,
};
use moodwire_model::{Clock, SystemClock};
use moodwire_queue::{State, VerdictWord};

use crate::place::{BOUND, KIND, Place};

const LEASE: [&str; 2] = ["--lease", "2000"];

#[tokio::test]
async fn a_job_that_aborts_its_process_ends_dead_and_harms_no_other() {
    const ATTEMPTS: u32 = 3;
    for place in Place::each().await {
        let aborting = Work::Aborting { times: u32::MAX };
        place.enqueue("aborting", 1, &aborting, ATTEMPTS).await;
        place.enqueue("quick", 30, &Work::Quick, 10).await;
        for _worker in 0..ATTEMPTS {
            let mut worker = place.worker(&LEASE);
            worker.says("begin chaos:aborting").await.unwrap();
            assert!(!worker.end().await.unwrap().success());
            place.leases_expired().await;
        }
        let mut last = place.worker(&LEASE);
        place.drained().await;
        last.terminate().await.unwrap();
        let ended = place.is_clean().await;
        let row = place.row("aborting-0").await;
        assert_eq!((row.state, row.attempts), (State::Dead, ATTEMPTS));
        let mut verdicts = row.history.iter().map(|attempt| attempt.verdict);
        assert!(verdicts.all(|verdict| verdict == VerdictWord::WorkerLost));
        assert_eq!(ended.audit.runs(&row.id), u64::from(ATTEMPTS));
    }
}

/// Jobs that block so many of a worker's two threads for more than two leases, beside a worker that would take them:
/// at no moment has one of their leases expired.
async fn blocked_threads(place: &Place, threads: usize) {
    let blocking = Work::Blocking { millis: 5_000 };
    place.enqueue("blocking", threads, &blocking, 5).await;
    let mut worker = place.worker(&LEASE);
    worker.says_times("begin", threads).await.unwrap();
    let mut other = place.worker(&LEASE);
    let expired = async || {
        let expired = place.store.expired(KIND).await?;
        assert!(expired.is_empty(), "{}: {expired:?}", place.url);
        Ok(is_drained(&*place.store, KIND).await?.then_some(()))
    };
    until("the jobs ended", BOUND, expired).await.unwrap();
    worker.terminate().await.unwrap();
    other.terminate().await.unwrap();
    let ended = place.is_clean().await;
    for row in ended.rows.values() {
        let runs = ended.audit.runs(&row.id);
        assert_eq!((row.attempts, runs), (1, 1), "{}: {row:?}", place.url);
    }
}

#[tokio::test]
async fn a_job_that_blocks_its_thread_keeps_its_lease() {
    let places = Place::each().await;
    join_all(places.iter().map(|place| blocked_threads(place, 1))).await;
}

#[tokio::test]
async fn jobs_that_block_every_thread_keep_their_leases() {
    let places = Place::each().await;
    join_all(places.iter().map(|place| blocked_threads(place, 2))).await;
}

#[tokio::test]
async fn a_payload_that_does_not_decode_ends_dead_at_once_and_stops_nothing() {
    for place in Place::each().await {
        place.enqueue("undecodable", 3, &Work::Undecodable, 5).await;
        place.enqueue("quick", 30, &Work::Quick, 1).await;
        let mut worker = place.worker(&[]);
        place.drained().await;
        worker.terminate().await.unwrap();
        place.is_clean().await;
        let row = place.row("undecodable-2").await;
        assert_eq!((row.state, row.attempts), (State::Dead, 1));
        let reason = row.reason.unwrap();
        assert!(
            reason.starts_with("the payload does not decode"),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn jobs_that_fail_panic_or_wait_end_well() {
    for place in Place::each().await {
        place
            .enqueue("failing", 5, &Work::Failing { times: 2 }, 3)
            .await;
        place
            .enqueue("panicking", 2, &Work::Panicking { times: 1 }, 2)
            .await;
        place
            .enqueue("hopeless", 2, &Work::Panicking { times: 2 }, 2)
            .await;
        let until = SystemClock.now() + TimeDelta::seconds(1);
        place.enqueue("later", 3, &Work::Later { until }, 1).await;
        let mut worker = place.worker(&[]);
        place.drained().await;
        worker.terminate().await.unwrap();
        let ended = place.is_clean().await;
        for (name, attempts) in [("failing-0", 3), ("panicking-0", 2), ("later-0", 1)] {
            let row = place.row(name).await;
            assert_eq!(
                (row.state, row.attempts),
                (State::Done, attempts),
                "{row:?}"
            );
        }
        // It may come back a moment early, and then waits once more.
        let row = place.row("later-0").await;
        assert!(ended.audit.runs(&row.id) >= 2, "it ran without waiting");
        let row = place.row("hopeless-0").await;
        assert!(row.error.unwrap().contains("panics as it was told to"));
    }
}
