//! How a worker is started, stopped and started again.

use std::{convert::Infallible, sync::Arc};

use apalis::prelude::{Data, WorkerBuilder};
use moodwire_queue::{Lease, State, Verdict};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    fixture::{Fixture, job},
    running::{Worker, backend, handler, in_time, options, until},
    watched::Watched,
};

pub(crate) async fn v10_a_stopped_workers_name_can_be_used_again_at_once(fixture: &Fixture) {
    let done = handler(|_| async { Verdict::Done });
    let mut cut_off = Vec::new();
    for name in ["a", "b", "c"] {
        let watched = Watched::new(&fixture.store);
        fixture.enqueue(&[job("collect", name)]).await;
        let worker = Worker::start(&watched.store(), options("collect"), Arc::clone(&done));
        let row = until(&fixture.store, &format!("collect:{name}"), State::Done).await;
        assert_eq!(row.history[0].worker, "collect@test");
        // One is stopped, one is killed, and the last is stopped beside what is left of the killed one.
        if name == "b" {
            watched.cut.cancel();
            cut_off.push(worker);
        } else {
            worker.stop().await;
        }
    }
}

pub(crate) async fn v19_a_stop_during_a_fetch_strands_nothing(fixture: &Fixture) {
    fixture.enqueue(&[job("collect", "a")]).await;
    let open = CancellationToken::new();
    let watched = Watched::holding_fetches(&fixture.store, open.clone());
    let (started, mut starts) = mpsc::unbounded_channel();
    let run = handler(move |lease| {
        started.send(lease.id).unwrap();
        async { Verdict::Done }
    });
    let worker = Worker::start(&watched.store(), options("collect"), run);
    in_time("a fetch that brought the job", watched.holding.acquire())
        .await
        .unwrap()
        .forget();
    assert_eq!(fixture.row("collect:a").await.state, State::Running);
    worker.stop.cancel();
    open.cancel();
    worker.ended().await;
    assert!(starts.try_recv().is_err(), "started after the stop");
    let row = fixture.row("collect:a").await;
    assert_eq!((row.state, row.attempts), (State::Ready, 0));
    assert_eq!(row.history, []);
    assert_eq!(fixture.fetch_one("collect").await.attempt, 1);
}

pub(crate) async fn v24_a_worker_can_be_spawned(fixture: &Fixture) {
    // A failure is a verdict, so that no handler needs the boxed error with which apalis's own future is not `Send`.
    async fn steps() -> Result<(), Verdict> {
        Err(Verdict::dead("it can never succeed"))
    }
    fixture.enqueue(&[job("collect", "a")]).await;
    let options = options("collect");
    let worker = WorkerBuilder::new(&*options.worker)
        .backend(backend(&fixture.store, &options))
        .build(|_: Vec<u8>, _: Data<Arc<Lease>>| async {
            Ok::<_, Infallible>(steps().await.err().unwrap_or(Verdict::Done))
        });
    let running = tokio::spawn(async move { worker.run().await });
    until(&fixture.store, "collect:a", State::Dead).await;
    options.stop.cancel();
    let ended = in_time("the end of the worker", running).await;
    ended.unwrap().unwrap();
}

pub(crate) async fn v26_a_stopped_worker_ends(fixture: &Fixture) {
    async fn attempt(_: Vec<u8>) -> Result<Verdict, Infallible> {
        Ok(Verdict::Done)
    }
    // Without a monitor, and without anybody who tells apalis to stop.
    let options = options("collect");
    let worker = WorkerBuilder::new(&*options.worker)
        .backend(backend(&fixture.store, &options))
        .build(attempt);
    let running = tokio::spawn(worker.run());
    fixture.enqueue(&[job("collect", "a")]).await;
    until(&fixture.store, "collect:a", State::Done).await;
    options.stop.cancel();
    let ended = in_time("the end of the worker", running).await;
    ended.unwrap().unwrap();
}
