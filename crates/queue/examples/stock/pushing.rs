//! What a push does, and what it does not.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use apalis::prelude::{BoxDynError, TaskBuilder, TaskSink};
use tokio::time::Instant;

use crate::bench::{Bench, Seen, pause, start};

pub(crate) async fn v01_a_push_wakes_nobody(bench: Bench) -> Result<Seen, BoxDynError> {
    let config = bench.config();
    bench.storage(config.clone()).push(1).await?;
    let active: u64 = bench.ask(&["LLEN", &config.active_jobs_list()]).await?;
    let scheduled: u64 = bench.ask(&["ZCARD", &config.scheduled_jobs_set()]).await?;
    let signals: u64 = bench.ask(&["LLEN", &config.signal_list()]).await?;
    Ok(Seen::new(
        (active, scheduled, signals) == (0, 1, 0),
        format!("after a push: {active} active, {scheduled} scheduled, {signals} signals"),
    ))
}

pub(crate) async fn v07_an_idempotency_key_expires_at_once(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.config();
    let mut storage = bench.storage(config.clone());
    for number in 0..3 {
        let task = TaskBuilder::new(number).idempotency_key("once").build();
        storage.push_task(task).await?;
    }
    let accepted: u64 = bench.ask(&["ZCARD", &config.scheduled_jobs_set()]).await?;
    Ok(Seen::new(
        accepted == 3,
        format!("{accepted} of 3 pushes with one key were accepted"),
    ))
}

pub(crate) async fn v23_an_idle_worker_waits_for_its_heartbeat(
    bench: Bench,
) -> Result<Seen, BoxDynError> {
    let config = bench.config();
    let started = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&started);
    let worker = start("idle", bench.storage(config.clone()), move |_| {
        flag.store(true, Ordering::SeqCst);
        async { Ok(()) }
    });
    let workers = config.workers_set();
    bench
        .within(5, async || {
            Ok(bench.ask::<u64>(&["ZCARD", &workers]).await? == 1)
        })
        .await?;
    // It has registered; its first fetch, which finds nothing, follows at once.
    pause(1_000).await;
    bench.storage(config).push(1).await?;
    let pushed = Instant::now();
    bench
        .within(40, async || Ok(started.load(Ordering::SeqCst)))
        .await?;
    let seconds = pushed.elapsed().as_secs_f64();
    worker.abort();
    Ok(Seen::new(
        seconds > 10.0,
        format!("a task pushed to an idle worker started after {seconds:.1} s"),
    ))
}
