//! The measurements, each by itself.

use std::{sync::Arc, time::Duration};

use moodwire_queue::{CHUNK, JobFilter, NewJob, State, Usage};
use tokio::time::{Instant, sleep};

use super::{
    DRAINED, IDLE, PAUSE, PICK_UPS, QueueBench, SINGLE, Spec,
    workers::{Spent, Worker},
};
use crate::{
    bench::{latencies::Latencies, stage::Stage},
    environment,
    failure::Failure,
};

/// How often it is looked whether a drain is over.
const LOOK: Duration = Duration::from_millis(5);

/// How many times each listing is asked for.
const LISTINGS: usize = 200;

/// A number of jobs, how long they took, and what Redis spent on them.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) jobs: u32,
    pub(super) time: Duration,
    /// Processor time, round trips and bytes of Redis, and by how much its memory grew; none on SQLite.
    pub(super) usage: Option<Usage>,
}

/// A drain, and what the workers spent on it.
#[derive(Debug, Clone)]
pub(super) struct Drained {
    pub(super) taken: Taken,
    pub(super) workers: Spent,
}

/// One call after the other, each with one job and awaited.
pub(super) async fn enqueue_one_by_one(stage: &Stage, jobs: u32) -> Result<Taken, Failure> {
    let store = Arc::clone(&stage.store);
    // As a scheduler does it, on a task of the runtime: one on the process's first thread would wait for another thread
    // at each call.
    let enqueuing = tokio::spawn(async move {
        for number in 0..jobs {
            store.enqueue(&[job(SINGLE, number)]).await?;
        }
        Ok::<_, Failure>(())
    });
    taken(stage, jobs, async {
        enqueuing
            .await
            .map_err(|error| Failure::Runtime(format!("the enqueueing ended badly: {error}")))?
    })
    .await
}

/// Calls of [`CHUNK`] jobs, one after the other.
pub(super) async fn enqueue_in_bulk(stage: &Stage, jobs: u32) -> Result<Taken, Failure> {
    // Connected, and the kind entered, before the clock runs.
    stage.store.set_paused(DRAINED, true).await?;
    taken(stage, jobs, async {
        let mut chunk = Vec::with_capacity(CHUNK);
        for number in 0..jobs {
            chunk.push(job(DRAINED, number));
            if chunk.len() == CHUNK || number + 1 == jobs {
                stage.store.enqueue(&chunk).await?;
                chunk.clear();
            }
        }
        Ok(())
    })
    .await
}

/// The pages and look-ups that a person asks for, while all jobs wait; all of them in one row.
pub(super) async fn listing(stage: &Stage, jobs: u32) -> Result<Latencies, Failure> {
    let of_kind = || JobFilter {
        kind: Some(DRAINED.to_owned()),
        ..JobFilter::default()
    };
    let mut latencies = Vec::with_capacity(6 * LISTINGS);
    let mut after = None;
    for round in 0..LISTINGS {
        let number = u32::try_from(round).unwrap_or(0) * (jobs / 200).max(1) % jobs;
        let filters = [
            of_kind(),
            JobFilter {
                state: Some(State::Ready),
                ..of_kind()
            },
            JobFilter {
                since: Some(stage.store.now().await? - chrono::TimeDelta::seconds(1)),
                ..JobFilter::default()
            },
            JobFilter {
                fingerprint: Some("0123456789abcdef".to_owned()),
                ..JobFilter::default()
            },
            JobFilter {
                prefix: Some(format!("{DRAINED}:{:05}", number / 1_000)),
                ..JobFilter::default()
            },
        ];
        for filter in filters {
            let began = Instant::now();
            stage.store.list(&filter, None, 100).await?;
            latencies.push(began.elapsed());
        }
        // Turning pages goes ever deeper.
        let began = Instant::now();
        let page = stage.store.list(&of_kind(), after.as_deref(), 100).await?;
        latencies.push(began.elapsed());
        after = page.next;
        let began = Instant::now();
        stage.store.get(&id(DRAINED, number)).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies.into_iter().collect())
}

/// From the moment the paused kind is resumed until every job is done.
pub(super) async fn drain(stage: &Stage, bench: QueueBench) -> Result<Drained, Failure> {
    let spec = Spec::on(stage, DRAINED, bench.concurrency, false);
    let mut workers = Vec::new();
    for _ in 0..bench.processes {
        workers.push(Worker::start(&spec, bench.threads).await?);
    }
    let before = spent(&workers);
    let drained = taken(stage, bench.jobs, async {
        stage.store.set_paused(DRAINED, false).await?;
        let jobs = u64::from(bench.jobs);
        let done = |stats: &std::collections::BTreeMap<String, moodwire_queue::KindStats>| {
            stats.get(DRAINED).map_or(0, |kind| kind.done_total)
        };
        while done(&stage.store.stats().await?) < jobs {
            sleep(LOOK).await;
        }
        Ok(())
    })
    .await?;
    let after = spent(&workers);
    for worker in workers {
        worker.stop().await?;
    }
    Ok(Drained {
        taken: drained,
        workers: Spent {
            cpu: after
                .cpu
                .zip(before.cpu)
                .map(|(after, before)| after - before),
            ..after
        },
    })
}

/// From the call that enqueues a job until its handler begins in another process that had nothing to do.
pub(super) async fn pick_up(stage: &Stage, bench: QueueBench) -> Result<Latencies, Failure> {
    let mut worker = Worker::start(&Spec::on(stage, IDLE, 10, true), bench.threads).await?;
    let mut latencies = Vec::new();
    for number in 0..bench.jobs.min(PICK_UPS) {
        sleep(PAUSE).await;
        let enqueued = environment::clock().now();
        stage.store.enqueue(&[job(IDLE, number)]).await?;
        let began: i64 = worker.line().await?.parse().unwrap_or(0);
        let took = began - enqueued.timestamp_nanos_opt().unwrap_or(0);
        latencies.push(Duration::from_nanos(u64::try_from(took).unwrap_or(0)));
    }
    worker.stop().await?;
    Ok(latencies.into_iter().collect())
}

async fn taken(
    stage: &Stage,
    jobs: u32,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<Taken, Failure> {
    let before = stage.usage().await?;
    let began = Instant::now();
    work.await?;
    let time = began.elapsed();
    let after = stage.usage().await?;
    Ok(Taken {
        jobs,
        time,
        usage: before.zip(after).map(|(before, after)| Usage {
            cpu: after.cpu.saturating_sub(before.cpu),
            memory: after.memory.saturating_sub(before.memory),
            round_trips: after.round_trips - before.round_trips,
            bytes: after.bytes - before.bytes,
        }),
    })
}

pub(super) fn spent(workers: &[Worker]) -> Spent {
    let each: Vec<Spent> = workers.iter().map(Worker::spent).collect();
    Spent {
        cpu: each.iter().map(|one| one.cpu).sum(),
        peak: each.iter().filter_map(|one| one.peak).max(),
        resident: each.iter().filter_map(|one| one.resident).max(),
    }
}

/// The payload of every job of the benchmark.
pub(super) const PAYLOAD: &[u8] = b"{\"batch\":\"01JBENCHBENCHBENCHBENCHBE\"}";

fn id(kind: &str, number: u32) -> String {
    format!("{kind}:{number:08}")
}

pub(super) fn job(kind: &str, number: u32) -> NewJob {
    NewJob {
        id: id(kind, number),
        kind: kind.to_owned(),
        payload: PAYLOAD.to_vec(),
        run_at: None,
        max_attempts: 15,
        parent: None,
        root: None,
    }
}
