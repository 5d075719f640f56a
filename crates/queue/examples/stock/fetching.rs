//! How workers fetch, settle, end and come back.

use apalis::prelude::{BoxDynError, TaskBuilder, TaskId, TaskSink, WorkerBuilder, WorkerContext};
use tokio_util::sync::CancellationToken;

use crate::bench::{Bench, Seen, ended, start};

pub(crate) async fn v02_a_backlog_of_8000_ends_every_worker(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.config().batch_size(100);
    let mut storage = bench.storage(config.clone());
    for _ in 0..8 {
        storage.push_bulk((0..1_000).collect()).await?;
    }
    let mut ends = Vec::new();
    for name in ["first", "second"] {
        let storage = bench.storage(config.clone());
        let mut worker = start(name, storage, |_| async { Ok(()) });
        let end = ended(10, &mut worker).await;
        worker.abort();
        ends.push(end.unwrap_or_else(|| "runs on".to_owned()));
    }
    let left: u64 = bench.ask(&["ZCARD", &config.scheduled_jobs_set()]).await?;
    let fails = ends
        .iter()
        .all(|end| end.contains("too many results to unpack"))
        && left == 8_000;
    Ok(Seen::new(
        fails,
        format!("{left} of 8,000 left; the second worker: {}", ends[1]),
    ))
}

pub(crate) async fn v06_an_id_without_data_ends_the_worker(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.config();
    let mut storage = bench.storage(config.clone());
    for id in ["a", "b", "c"] {
        let task = TaskBuilder::new(1).task_id(TaskId::from_string(id));
        storage.push_task(task.build()).await?;
    }
    bench
        .ask::<u64>(&["HDEL", &config.job_data_hash(), "b"])
        .await?;
    let mut worker = start("reader", storage, |_| async { Ok(()) });
    let end = ended(10, &mut worker)
        .await
        .unwrap_or_else(|| "runs on".to_owned());
    worker.abort();
    let in_flight = format!("{}:reader", config.inflight_jobs_set());
    let stranded: u64 = bench.ask(&["SCARD", &in_flight]).await?;
    Ok(Seen::new(
        stranded == 3 && end.contains("Invalid job data format"),
        format!("{stranded} of 3 in flight, 1 of them without data; the worker: {end}"),
    ))
}

pub(crate) async fn v10_a_stopped_workers_name_is_refused(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let mut storage = bench.storage(bench.config());
    storage.push(1).await?;
    let worker = WorkerBuilder::new("again").backend(storage).build(
        |_: u32, worker: WorkerContext| async move {
            worker.stop().map_err(std::io::Error::other)?;
            Ok::<(), std::io::Error>(())
        },
    );
    let mut first = tokio::spawn(worker.run());
    let first = ended(40, &mut first).await;
    let storage = bench.storage(bench.config());
    let mut second = start("again", storage, |_| async { Ok(()) });
    let end = ended(5, &mut second).await;
    second.abort();
    let end = end.unwrap_or_else(|| "runs".to_owned());
    Ok(Seen::new(
        first.as_deref() == Some("ended well") && end.contains("still active"),
        format!("stopped, then started under the same name: {end}"),
    ))
}

pub(crate) async fn v12_one_stale_ack_strands_the_rest(bench: Bench) -> Result<Seen, BoxDynError> {
    const TASKS: u64 = 10;
    let config = bench.brisk();
    let mut storage = bench.storage(config.clone());
    for number in 0..10_u32 {
        let task = TaskBuilder::new(number).task_id(TaskId::from_string(format!("t{number}")));
        storage.push_task(task.build()).await?;
    }
    let open = CancellationToken::new();
    let gate = open.clone();
    let mut worker = start("settler", storage, move |_| {
        let gate = gate.clone();
        async move {
            gate.cancelled().await;
            Ok(())
        }
    });
    let in_flight = format!("{}:settler", config.inflight_jobs_set());
    let held = async || bench.ask::<u64>(&["SCARD", &in_flight]).await;
    bench
        .within(10, async || Ok(held().await? == TASKS))
        .await?;
    crate::bench::pause(500).await;
    bench.ask::<u64>(&["SREM", &in_flight, "t0"]).await?;
    open.cancel();
    let end = ended(10, &mut worker)
        .await
        .unwrap_or_else(|| "runs on".to_owned());
    worker.abort();
    let stranded = held().await?;
    Ok(Seen::new(
        stranded > 0 && end.contains("task not executed by worker"),
        format!("1 of {TASKS} acks stale, {stranded} left in flight; the worker: {end}"),
    ))
}
