//! SIGKILL at every step of a job's life.

use futures::future::join_all;
use moodwire_chaos::{audit::Audit, fault::Step, process::Process, work::Work};
use moodwire_queue::{State, VerdictWord};

use crate::place::{KIND, Place};

/// Short, so that a killed worker is noticed soon.
const LEASE: [&str; 2] = ["--lease", "2000"];

const ENOUGH: u32 = 5;

/// Starts the worker that kills itself at the step, and whatever the step needs to be reached.
async fn killed_at(place: &Place, step: Step) {
    match step {
        Step::BeforeRescue | Step::AfterRescue => {
            let mut lost = place.trapped("in-job:2", &LEASE);
            lost.is_killed().await.unwrap();
            place.leases_expired().await;
        }
        Step::BeforeRenew | Step::AfterRenew | Step::BeforeHandBack | Step::AfterHandBack => {
            let gate = place.file("gate");
            place
                .enqueue("gated", 2, &Work::Gated { gate }, ENOUGH)
                .await;
        }
        _ => {}
    }
    let mut worker = place.trapped(step.word(), &[&LEASE[..], &["--grace", "0"]].concat());
    if matches!(step, Step::BeforeHandBack | Step::AfterHandBack) {
        worker.says_times("begin chaos:gated", 2).await.unwrap();
        worker.signal("TERM").await.unwrap();
    }
    worker.is_killed().await.unwrap();
    std::fs::write(place.file("gate"), "").unwrap();
}

/// Everything is done once, each run was counted as an attempt, and what was done before the kill was left alone.
async fn goes_on(place: &Place, step: Step) {
    let rows = moodwire_chaos::store::rows(&*place.store, KIND)
        .await
        .unwrap();
    let before = Audit::read(&place.file("sink")).unwrap();
    let mut other = place.worker(&LEASE);
    place.drained().await;
    other.terminate().await.unwrap();
    let ended = place.is_clean().await;
    for row in rows.values().filter(|row| row.state == State::Done) {
        assert_eq!(
            ended.audit.runs(&row.id),
            before.runs(&row.id),
            "{step}: {row:?}"
        );
    }
    // A rescued job may be held already, by the worker that is killed just after it was rescued.
    let killed = match step {
        Step::BeforeRescue | Step::AfterRescue => 2,
        _ => 1,
    };
    for (id, row) in &ended.rows {
        let lost = row
            .history
            .iter()
            .filter(|attempt| attempt.verdict == VerdictWord::WorkerLost)
            .count();
        assert_eq!(lost + 1, row.attempts as usize, "{step}: {row:?}");
        assert!(lost <= killed, "{step}: {row:?}");
        // What is handed back burns no attempt and begins anew.
        let handed_back = u64::from(step == Step::AfterHandBack);
        let runs = ended.audit.runs(id);
        assert!(
            runs <= u64::from(row.attempts) + handed_back,
            "{step}: {runs} runs of {row:?}"
        );
    }
}

async fn worker_killed(place: Place, step: Step) {
    place.enqueue("quick", 8, &Work::Quick, ENOUGH).await;
    place
        .enqueue("slow", 2, &Work::Slow { millis: 200 }, ENOUGH)
        .await;
    killed_at(&place, step).await;
    goes_on(&place, step).await;
}

/// Side by side: most of the time goes by waiting for leases to expire.
async fn at_every_step(places: impl AsyncFn() -> Option<Place>) {
    let steps = Step::ALL.iter().map(async |step| {
        let is_producers = matches!(step, Step::BeforeEnqueue | Step::AfterEnqueue);
        if !is_producers && let Some(place) = places().await {
            worker_killed(place, *step).await;
        }
    });
    join_all(steps).await;
}

#[tokio::test]
async fn on_redis_a_worker_killed_at_any_step_loses_nothing_and_repeats_no_effect() {
    at_every_step(Place::redis).await;
}

#[tokio::test]
async fn on_sqlite_a_worker_killed_at_any_step_loses_nothing_and_repeats_no_effect() {
    at_every_step(async || Some(Place::sqlite().await)).await;
}

fn producer(place: &Place, trap: Option<String>) -> Process {
    place.start(&["enqueue", "--ids", "0..300"], &place.url, trap)
}

#[tokio::test]
async fn a_producer_killed_at_any_step_begins_again_and_adds_what_is_missing() {
    for step in [Step::BeforeEnqueue, Step::AfterEnqueue] {
        for place in Place::each().await {
            let jobs: Vec<_> = (0..300)
                .map(|id| Work::Quick.job(KIND, id, ENOUGH))
                .collect();
            place.expect(&jobs, false);
            let mut killed = producer(&place, Some(format!("{step}:2")));
            killed.is_killed().await.unwrap();
            let missing = if step == Step::BeforeEnqueue {
                200
            } else {
                100
            };
            let again = producer(&place, None);
            let added = again.says("added").await.unwrap();
            assert_eq!(added, format!("added {missing}"), "{step}");
            let mut worker = place.worker(&[]);
            place.drained().await;
            worker.terminate().await.unwrap();
            let ended = place.is_clean().await;
            assert_eq!(ended.rows.len(), 300);
        }
    }
}

#[tokio::test]
async fn a_lost_worker_is_noticed_by_one_that_was_there_before() {
    for place in Place::each().await {
        let gate = place.file("gate");
        place
            .enqueue("held", 2, &Work::Gated { gate: gate.clone() }, ENOUGH)
            .await;
        let mut lost = place.worker(&LEASE);
        lost.says_times("begin", 2).await.unwrap();
        let mut other = place.worker(&LEASE);
        other.says("ready").await.unwrap();
        lost.kill().await.unwrap();
        other.says_times("begin", 2).await.unwrap();
        std::fs::write(gate, "").unwrap();
        place.drained().await;
        other.terminate().await.unwrap();
        let ended = place.is_clean().await;
        for row in ended.rows.values() {
            assert_eq!((row.attempts, ended.audit.runs(&row.id)), (2, 2));
        }
    }
}
