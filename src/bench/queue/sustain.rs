//! A run at full rate for as long as asked, and whether anything grows in it.

use std::time::Duration;

use moodwire_queue::CHUNK;
use tokio::time::{Instant, sleep};

use super::{
    QueueBench, SUSTAINED, Spec,
    measure::{job, spent},
    workers::Worker,
};
use crate::{bench::stage::Stage, failure::Failure};

/// So many jobs wait at most: enough for every worker to be busy, and few enough for memory to tell of growth alone.
const WAITING: u64 = 20_000;

/// How long the producer rests when enough wait.
const REST: Duration = Duration::from_millis(5);

/// A run at full rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sustained {
    pub(super) jobs: u64,
    pub(super) time: Duration,
    /// When a fifth of the time was over: all rows that retention keeps are there by then.
    pub(super) early: Held,
    pub(super) late: Held,
}

/// What is held at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// Redis's memory, bytes; none on SQLite.
    pub(super) redis: Option<u64>,
    /// The largest worker's resident memory, bytes; none where `/proc` does not tell.
    pub(super) worker: Option<u64>,
}

/// Enqueues in bulk as fast as the workers drain, for so long.
pub(super) async fn sustain(
    stage: &Stage,
    bench: QueueBench,
) -> Result<Option<Sustained>, Failure> {
    if bench.minutes == 0 {
        return Ok(None);
    }
    let lasting = Duration::from_secs(60 * u64::from(bench.minutes));
    let spec = Spec::on(stage, SUSTAINED, bench.concurrency, false);
    let mut workers = Vec::new();
    for _ in 0..bench.processes {
        workers.push(Worker::start(&spec, bench.threads).await?);
    }
    let began = Instant::now();
    let mut number = 0;
    number = produce(stage, number, began + lasting / 5).await?;
    let early = held(stage, &workers).await?;
    number = produce(stage, number, began + lasting).await?;
    let late = held(stage, &workers).await?;
    let sustained = Sustained {
        jobs: u64::from(number) - waiting(stage).await?,
        time: began.elapsed(),
        early,
        late,
    };
    for worker in workers {
        worker.stop().await?;
    }
    Ok(Some(sustained))
}

/// Enqueues from this number on, until then, and answers the number reached.
async fn produce(stage: &Stage, mut number: u32, until: Instant) -> Result<u32, Failure> {
    while Instant::now() < until {
        if waiting(stage).await? >= WAITING {
            sleep(REST).await;
            continue;
        }
        for _ in 0..WAITING / CHUNK as u64 / 4 {
            let chunk: Vec<_> = (0..CHUNK)
                .map(|_| {
                    number += 1;
                    job(SUSTAINED, number)
                })
                .collect();
            stage.store.enqueue(&chunk).await?;
        }
    }
    Ok(number)
}

async fn waiting(stage: &Stage) -> Result<u64, Failure> {
    let stats = stage.store.stats().await?;
    Ok(stats.get(SUSTAINED).map_or(0, |kind| kind.ready))
}

async fn held(stage: &Stage, workers: &[Worker]) -> Result<Held, Failure> {
    Ok(Held {
        redis: stage.usage().await?.map(|usage| usage.memory),
        worker: spent(workers).resident,
    })
}
