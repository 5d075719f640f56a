//! A Redis that dies under its workers.

use std::sync::Arc;

use moodwire_model::SystemClock;
use moodwire_queue::{ClockOffset, Options, State, Store, Verdict, open};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    fixture::job,
    own_redis::OwnRedis,
    running::{Worker, handler, in_time, options, until},
};

/// Our store on the server.
pub(crate) async fn store_on(server: &OwnRedis) -> Arc<dyn Store> {
    let options = Options {
        clock: Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: "queue".to_owned(),
        allow_eviction: false,
    };
    open(&server.url(), &options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v11_an_error_of_the_server_does_not_end_the_worker() {
    let Some(mut server) = OwnRedis::start(&[]) else {
        return;
    };
    let store = store_on(&server).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let run = handler(move |lease| {
        started.send(lease.id).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Verdict::Done
        }
    });
    let worker = Worker::start(&store, options("collect"), run);
    // Killed while a job runs, so that its settlement meets the outage, and while the worker waits for the next one.
    for name in ["a", "b"] {
        let job = job("collect", name);
        store.enqueue(std::slice::from_ref(&job)).await.unwrap();
        let ran = in_time("the job", starts.recv()).await;
        assert_eq!(ran.as_ref(), Some(&job.id));
        server.kill();
        opened.add_permits(1);
        assert!(store.get(&job.id).await.is_err());
        server.start_again();
        let row = until(&store, &job.id, State::Done).await;
        assert_eq!(row.attempts, 1);
    }
    // Refused what it asks for without a lost connection.
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(store.enqueue(&[job("collect", "c")]).await.is_err());
    server.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    store.enqueue(&[job("collect", "c")]).await.unwrap();
    opened.add_permits(1);
    until(&store, "collect:c", State::Done).await;
    worker.stop().await;
}
