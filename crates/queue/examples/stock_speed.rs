//! How fast apalis's own Redis storage is, for `cargo xtask peers`: enqueueing one by one and in bulk, and a drain of
//! the largest round backlog that it survives (V2 of the crate's README). Prints one JSON object.
//!
//! `cargo run --release --example stock_speed -- redis://127.0.0.1:6379 BATCH`

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use apalis::prelude::{BoxDynError, TaskSink, WorkerBuilder};
use apalis_redis::{Config, RedisStorage};
use serde::{Deserialize, Serialize};
use tokio::{sync::oneshot, time::Instant};

/// As many as are pushed one by one.
const SINGLE: u32 = 5_000;

/// With 8,000 due tasks nothing is ever fetched again.
const BACKLOG: u32 = 7_000;

/// The same payload as every peer's.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Nothing {
    batch: String,
}

fn nothing() -> Nothing {
    Nothing {
        batch: "01JBENCHBENCHBENCHBENCHBE".to_owned(),
    }
}

#[tokio::main(worker_threads = 1)]
#[expect(clippy::print_stdout, reason = "the program's one product")]
async fn main() -> Result<(), BoxDynError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(batch)) = (arguments.next(), arguments.next()) else {
        return Err("usage: stock_speed REDIS_URL BATCH".into());
    };
    let batch: usize = batch.parse()?;
    let connection = apalis_redis::connect(&*url).await?;
    let config = |queue: &str| {
        let queue = format!("{queue}-{}", std::process::id());
        Config::default().queue(&queue).batch_size(batch)
    };

    let mut singles = RedisStorage::new(connection.clone()).with_config(config("single"));
    let began = Instant::now();
    for _ in 0..SINGLE {
        singles.push(nothing()).await?;
    }
    let single = per_second(SINGLE, began);

    let mut bulk = RedisStorage::new(connection).with_config(config("bulk"));
    let began = Instant::now();
    for _ in 0..BACKLOG / 500 {
        bulk.push_bulk(vec![nothing(); 500]).await?;
    }
    let bulk_rate = per_second(BACKLOG, began);

    let drain = drained(bulk).await?;
    println!(
        "{{\"enqueue_one_by_one\":{single},\"enqueue_in_bulk\":{bulk_rate},\"drain\":{drain}}}"
    );
    Ok(())
}

/// Jobs a second, from the moment that a tenth has begun, so that the worker's start counts for nothing.
async fn drained(storage: RedisStorage<Nothing>) -> Result<f64, BoxDynError> {
    let (first_begun, first) = oneshot::channel();
    let (last_begun, last) = oneshot::channel();
    let tellers = Arc::new(std::sync::Mutex::new((Some(first_begun), Some(last_begun))));
    let begun = Arc::new(AtomicU32::new(0));
    let handler = move |_: Nothing| {
        let count = begun.fetch_add(1, Ordering::Relaxed) + 1;
        let teller = match (count, tellers.lock()) {
            (count, Ok(mut tellers)) if count == BACKLOG / 10 => tellers.0.take(),
            (BACKLOG, Ok(mut tellers)) => tellers.1.take(),
            _ => None,
        };
        if let Some(teller) = teller {
            let _nobody_listens = teller.send(Instant::now());
        }
        async { Ok::<(), io::Error>(()) }
    };
    let worker = WorkerBuilder::new("speed").backend(storage).build(handler);
    let running = tokio::spawn(worker.run());
    let (first, last) = (first.await?, last.await?);
    running.abort();
    Ok(f64::from(BACKLOG - BACKLOG / 10) / (last - first).as_secs_f64())
}

fn per_second(count: u32, began: Instant) -> f64 {
    f64::from(count) / began.elapsed().as_secs_f64()
}
