//! What is kept, counted and listed.

use apalis::prelude::{
    BoxDynError, Filter, ListAllTasks, ListQueues, ListTasks, ListWorkers, Metrics, TaskSink,
};
use apalis_core::backend::Vacuum;

use crate::bench::{Bench, Seen, pause, start};

/// Runs so many tasks to their end.
async fn finish(bench: &Bench, tasks: u32) -> Result<(), BoxDynError> {
    let config = bench.brisk().batch_size(100);
    let mut storage = bench.storage(config.clone());
    storage.push_bulk((0..tasks).collect()).await?;
    let worker = start("finisher", storage, |_| async { Ok(()) });
    let done = config.done_jobs_set();
    bench
        .within(20, async || {
            Ok(bench.ask::<u32>(&["SCARD", &done]).await? == tasks)
        })
        .await?;
    worker.abort();
    Ok(())
}

fn outcome<T>(what: &str, answer: Result<T, impl ToString>) -> (bool, String) {
    match answer {
        Ok(_) => (false, format!("{what} works")),
        Err(error) => {
            let error = error.to_string();
            let error: String = error.chars().take(60).collect();
            (true, format!("{what}: {error}"))
        }
    }
}

pub(crate) async fn v13_statistics_fail(bench: Bench) -> Result<Seen, BoxDynError> {
    let storage = bench.storage(bench.config());
    let (before, _) = outcome("before", storage.fetch_by_queue().await);
    finish(&bench, 1).await?;
    let (after, what) = outcome(
        "fetch_by_queue after a task",
        storage.fetch_by_queue().await,
    );
    let kind: String = bench
        .ask(&["TYPE", &bench.config().done_jobs_set()])
        .await?;
    let counted: Result<u64, _> = bench.ask(&["ZCARD", &bench.config().done_jobs_set()]).await;
    Ok(Seen::new(
        before && after && counted.is_err(),
        format!("{what}; done is written as a {kind}"),
    ))
}

pub(crate) async fn v14_queues_workers_and_tasks_are_not_listed(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    finish(&bench, 3).await?;
    let mut storage = bench.storage(bench.config());
    storage.push(4).await?;
    let (queues, of_queues) = outcome("list_queues", storage.list_queues().await);
    let (workers, of_workers) = outcome("list_workers", storage.list_workers().await);
    let filter = Filter {
        status: None,
        page: 1,
        page_size: Some(10),
    };
    let tasks = storage.list_tasks(&filter).await?.len();
    Ok(Seen::new(
        queues && workers && tasks == 0,
        format!("{of_queues}; {of_workers}; list_tasks shows {tasks} of 4"),
    ))
}

pub(crate) async fn v15_listing_and_vacuum_read_all_of_history(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let mut storage = bench.storage(bench.config());
    for _ in 0..100 {
        storage.push_bulk((0..1_000).collect()).await?;
    }
    bench
        .ask::<()>(&["CONFIG", "SET", "slowlog-log-slower-than", "10000"])
        .await?;
    let filter = Filter {
        status: None,
        page: 1,
        page_size: Some(10),
    };
    let mut slow = Vec::new();
    for what in ["list_all_tasks", "vacuum"] {
        bench.ask::<()>(&["SLOWLOG", "RESET"]).await?;
        // The answer may come too late for the connection of the caller, who then has an error.
        let answer = match what {
            "vacuum" => storage.vacuum().await.map(|_| "answered"),
            _ => storage.list_all_tasks(&filter).await.map(|_| "answered"),
        };
        let answer = answer.unwrap_or("timed out");
        let micros = slowest(&bench).await?;
        slow.push((what, micros / 1_000, answer));
    }
    Ok(Seen::new(
        slow.iter().all(|(_, millis, _)| *millis > 10),
        format!("with 100,000 tasks one call holds Redis up, ms: {slow:?}"),
    ))
}

/// The microseconds of the slowest command since the log was reset, once Redis answers again.
async fn slowest(bench: &Bench) -> Result<u64, BoxDynError> {
    let answers = async || Ok(bench.ask::<String>(&["PING"]).await.is_ok());
    bench.within(60, answers).await?;
    let entries: Vec<Vec<redis::Value>> = bench.ask(&["SLOWLOG", "GET", "10"]).await?;
    let micros = entries.iter().filter_map(|entry| match entry.get(2) {
        Some(redis::Value::Int(micros)) => u64::try_from(*micros).ok(),
        _ => None,
    });
    Ok(micros.max().unwrap_or(0))
}

pub(crate) async fn v21_nothing_expires(bench: Bench) -> Result<Seen, BoxDynError> {
    finish(&bench, 50).await?;
    pause(500).await;
    let config = bench.config();
    let metas: Vec<String> = bench
        .ask(&["KEYS", &format!("{}:*", config.job_meta_hash())])
        .await?;
    let mut keys = vec![config.job_data_hash(), config.done_jobs_set()];
    keys.extend(metas.iter().cloned());
    let mut expiring = 0;
    for key in &keys {
        expiring += u32::from(bench.ask::<i64>(&["TTL", key]).await? >= 0);
    }
    let data: u64 = bench.ask(&["HLEN", &config.job_data_hash()]).await?;
    Ok(Seen::new(
        (data, metas.len(), expiring) == (50, 50, 0),
        format!(
            "of 50 finished tasks {data} payloads and {} hashes stay; {expiring} keys expire",
            metas.len()
        ),
    ))
}
