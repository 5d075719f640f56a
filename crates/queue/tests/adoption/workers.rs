//! Tasks that a worker adopts and runs.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use apalis::prelude::{TaskBuilder, TaskId, TaskSink};
use moodwire_queue::{
    Attempt, Lease, NewJob, Outcome, Settlement, State, Store, Verdict, VerdictWord,
};
use tokio::sync::mpsc;

use crate::{
    both::{Both, KIND, Letter, letter, our_store},
    running::{Handler, Worker, handler, in_time, options, until, until_done},
    stock_producer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_pushed_to_an_idle_worker_is_run_with_its_payload_byte_for_byte() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    let (run, mut told) = telling();
    let worker = Worker::start(&both.store, options(KIND), run);
    both.stock.push(letter(1)).await.unwrap();
    let lease = attempts(&mut told, 1).await.remove(0);
    assert_eq!(lease.payload, serde_json::to_vec(&letter(1)).unwrap());
    let task = lease.id.strip_prefix("transform:").unwrap();
    assert_eq!(task.parse::<TaskId>().unwrap().to_string(), task);
    until_done(&both.store, KIND, 1).await;
    worker.stop().await;
    both.stock_is_empty().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_a_producer_is_served() {
    let Some(both) = Both::start().await else {
        return;
    };
    let (run, mut told) = telling();
    let worker = Worker::start(&both.store, options(KIND), run);
    stock_producer::push(&both.server.url(), KIND)
        .await
        .unwrap();
    let leases = attempts(&mut told, 3).await;
    let now = br#"{"to":"you","text":"now"}"#;
    assert!(leases.iter().any(|lease| lease.payload == now));
    until(&both.store, "transform:greeting-1", State::Scheduled).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_of_two_thousand_pushed_while_the_workers_are_down_runs_once_on_two() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    let letters = (0..2_000).map(letter).collect();
    both.stock.push_bulk(letters).await.unwrap();
    let (run, mut told) = telling();
    let other = our_store(&both.server).await;
    let workers =
        [&both.store, &other].map(|store| Worker::start(store, options(KIND), Arc::clone(&run)));
    let leases = attempts(&mut told, 2_000).await;
    let numbers: BTreeSet<u32> = leases
        .iter()
        .map(|lease| {
            serde_json::from_slice::<Letter>(&lease.payload)
                .unwrap()
                .number
        })
        .collect();
    assert!(numbers.into_iter().eq(0..2_000));
    until_done(&both.store, KIND, 2_000).await;
    for worker in workers {
        worker.stop().await;
    }
    assert!(told.try_recv().is_err(), "a job ran twice");
    both.stock_is_empty().await;
}

#[tokio::test]
async fn a_crash_between_enqueueing_and_removal_repeats_harmlessly() {
    let Some(mut both) = Both::start().await else {
        return;
    };
    for name in ["done", "waiting"] {
        let task = TaskBuilder::new(letter(1)).task_id(TaskId::from_string(name));
        both.stock.push_task(task.build()).await.unwrap();
    }
    // What the process that crashed had enqueued, of which one has even ended since.
    let job = |name: &str| NewJob {
        id: format!("{KIND}:{name}"),
        kind: KIND.to_owned(),
        payload: serde_json::to_vec(&letter(1)).unwrap(),
        run_at: None,
        max_attempts: 25,
        parent: None,
        root: None,
    };
    let (run, mut told) = telling();
    both.store.enqueue(&[job("done")]).await.unwrap();
    run_due(&both.store).await;
    both.store.enqueue(&[job("waiting")]).await.unwrap();
    let worker = Worker::start(&both.store, options(KIND), run);
    let lease = attempts(&mut told, 1).await.remove(0);
    assert_eq!(lease.id, "transform:waiting");
    until_done(&both.store, KIND, 2).await;
    worker.stop().await;
    assert!(told.try_recv().is_err(), "a job ran twice");
    both.stock_is_empty().await;
}

/// Runs the one job that is due, as a worker that adopts nothing would.
async fn run_due(store: &Arc<dyn Store>) {
    let minute = Duration::from_secs(60);
    let fetched = store.fetch(KIND, 9, "worker", minute).await.unwrap();
    let [lease] = &fetched.leases[..] else {
        panic!("{fetched:?}");
    };
    let settlement = Settlement {
        id: lease.id.clone(),
        token: lease.token,
        outcome: Outcome::Done,
        record: Attempt {
            attempt: 1,
            started_at: lease.started_at,
            duration_ms: 0,
            worker: "worker".to_owned(),
            verdict: VerdictWord::Done,
            error: None,
        },
        only_if_expired: false,
    };
    store.settle(KIND, &[settlement]).await.unwrap();
}

/// A handler that tells of every attempt.
fn telling() -> (Handler, mpsc::UnboundedReceiver<Lease>) {
    let (tell, told) = mpsc::unbounded_channel();
    let run = handler(move |lease| {
        tell.send(lease).unwrap();
        async { Verdict::Done }
    });
    (run, told)
}

/// The next so many attempts, each of which runs another job once.
async fn attempts(told: &mut mpsc::UnboundedReceiver<Lease>, count: usize) -> Vec<Lease> {
    let mut leases = Vec::new();
    while leases.len() < count {
        leases.push(in_time("an attempt", told.recv()).await.unwrap());
    }
    let ids: BTreeSet<&String> = leases.iter().map(|lease| &lease.id).collect();
    assert_eq!(ids.len(), count, "a job ran twice");
    leases
}
