//! What the feature `task-tracking` of the stock crate adds, which switches `task-context` of apalis on.

use apalis::prelude::{BoxDynError, TaskBuilder, TaskId, TaskSink};

use crate::bench::{Bench, Seen, ended, start};

pub(crate) async fn v17_a_heartbeat_ends_the_worker(bench: Bench) -> Result<Seen, BoxDynError> {
    let mut storage = bench.storage(bench.brisk());
    storage.push(1).await?;
    let mut worker = start("tracked", storage, |_| std::future::pending());
    let end = ended(10, &mut worker).await;
    worker.abort();
    Ok(Seen::new(
        end.is_some(),
        format!(
            "with a task under way the worker {}",
            end.as_deref().unwrap_or("runs on")
        ),
    ))
}

pub(crate) async fn v28_an_id_that_comes_twice_panics_the_worker(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    // Without leases: what a rescued task whose first worker lives on comes to.
    let config = bench.brisk().lock_tasks(false);
    let mut storage = bench.storage(config.clone());
    let task = TaskBuilder::new(1).task_id(TaskId::from_string("twice"));
    storage.push_task(task.build()).await?;
    let active = config.active_jobs_list();
    bench.ask::<u64>(&["RPUSH", &active, "twice"]).await?;
    let mut worker = start("tracked", storage, |_| std::future::pending());
    let end = ended(10, &mut worker).await;
    worker.abort();
    let end = end.unwrap_or_else(|| "runs on".to_owned());
    Ok(Seen::new(
        end.contains("panic"),
        format!("given one id twice, the worker: {end}"),
    ))
}
