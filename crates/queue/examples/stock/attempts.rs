//! What a failure costs.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use apalis::prelude::{BoxDynError, RetryAfterError, TaskBuilder, TaskId, TaskSink, WorkerBuilder};
use apalis_core::backend::Vacuum;

use crate::bench::{Bench, Seen, start};

fn failure() -> io::Error {
    io::Error::other("no")
}

pub(crate) async fn v03_max_attempts_are_ignored(bench: Bench) -> Result<Seen, BoxDynError> {
    let mut storage = bench.storage(bench.brisk());
    let task = TaskBuilder::new(1).max_attempts(2).build();
    storage.push_task(task).await?;
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let worker = start("failing", storage, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(failure()) }
    });
    bench
        .within(20, async || Ok(runs.load(Ordering::SeqCst) > 2))
        .await?;
    worker.abort();
    let runs = runs.load(Ordering::SeqCst);
    Ok(Seen::new(
        runs > 2,
        format!("a task of 2 attempts was run {runs} times, then watched no longer"),
    ))
}

pub(crate) async fn v04_backoff_is_the_attempt_in_seconds(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.config();
    let mut storage = bench.storage(config.clone());
    for number in 0..5_u32 {
        let task = TaskBuilder::new(number)
            .task_id(TaskId::from_string(format!("t{number}")))
            .attempt(6);
        storage.push_task(task.build()).await?;
    }
    // It asks to be tried again in an hour.
    let worker = WorkerBuilder::new("failing")
        .backend(storage)
        .build(|_: u32| async {
            Err::<(), _>(RetryAfterError::new(failure(), Duration::from_secs(3_600)))
        });
    let worker = tokio::spawn(worker.run());
    let meta = config.job_meta_hash();
    let mut waits = Vec::new();
    for number in 0..5 {
        let (id, key) = (format!("t{number}"), format!("{meta}:t{number}"));
        let ended_at = async || bench.ask::<Option<i64>>(&["HGET", &key, "done_at"]).await;
        bench
            .within(10, async || Ok(ended_at().await?.is_some()))
            .await?;
        let due: Option<i64> = bench
            .ask(&["ZSCORE", &config.scheduled_jobs_set(), &id])
            .await?;
        waits.push(due.unwrap_or(0) - ended_at().await?.unwrap_or(0));
    }
    worker.abort();
    Ok(Seen::new(
        waits == [7; 5],
        format!("5 tasks whose 7th attempt asked for 3,600 s wait for {waits:?} s"),
    ))
}

pub(crate) async fn v05_vacuum_deletes_what_waits_for_its_retry(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.config();
    let mut storage = bench.storage(config.clone());
    let task = TaskBuilder::new(1)
        .task_id(TaskId::from_string("t"))
        .attempt(20);
    storage.push_task(task.build()).await?;
    let worker = start("failing", storage.clone(), |_| async { Err(failure()) });
    let key = format!("{}:t", config.job_meta_hash());
    bench
        .within(10, async || {
            Ok(bench.ask::<u64>(&["HEXISTS", &key, "done_at"]).await? == 1)
        })
        .await?;
    worker.abort();
    let deleted = storage.vacuum().await?;
    let waits: Option<i64> = bench
        .ask(&["ZSCORE", &config.scheduled_jobs_set(), "t"])
        .await?;
    let data: u64 = bench
        .ask(&["HEXISTS", &config.job_data_hash(), "t"])
        .await?;
    Ok(Seen::new(
        deleted == 1 && waits.is_some() && data == 0,
        format!("vacuum deleted {deleted} task that waits for its retry; its data: {data}"),
    ))
}

pub(crate) async fn v08_a_task_that_kills_its_worker_burns_no_attempt(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.brisk().missed_heartbeats(2);
    let mut storage = bench.storage(config.clone());
    let task = TaskBuilder::new(1).task_id(TaskId::from_string("deadly"));
    storage.push_task(task.build()).await?;
    let starts = Arc::new(AtomicU32::new(0));
    for kill in 0..3 {
        let counted = Arc::clone(&starts);
        let name = format!("killed-{kill}");
        let worker = start(&name, bench.storage(config.clone()), move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::pending()
        });
        bench
            .within(20, async || Ok(starts.load(Ordering::SeqCst) > kill))
            .await?;
        // Dropped with all that it holds, as by SIGKILL.
        worker.abort();
    }
    let starts = starts.load(Ordering::SeqCst);
    let key = format!("{}:deadly", config.job_meta_hash());
    let attempts: u32 = bench.ask(&["HGET", &key, "attempts"]).await?;
    Ok(Seen::new(
        starts == 3 && attempts == 0,
        format!("after {starts} killed workers the task counts {attempts} attempts"),
    ))
}
