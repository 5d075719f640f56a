//! A benchmark's worker process: takes a kind's jobs and does nothing with them.

use std::{convert::Infallible, sync::Arc, time::Duration};

use apalis::prelude::{Data, Monitor, WorkerBuilder};
use moodwire_model::Clock;
use moodwire_queue::{Lease, LeaseBackend, Retention, RetryPolicy, Verdict, WorkerOptions, open};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;

use crate::{
    bench::stage::{self, Stage},
    environment,
    failure::Failure,
    output,
};

/// What a worker process is told on its standard input, one line of JSON; no password is on a command line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) url: String,
    pub(crate) prefix: String,
    pub(crate) kind: String,
    pub(crate) concurrency: usize,
    /// Says for each job when it began, nanoseconds since 1970, a line each.
    pub(crate) tells: bool,
}

impl Spec {
    /// What a worker must know to join in there.
    pub(super) fn on(stage: &Stage, kind: &str, concurrency: u16, tells: bool) -> Self {
        Self {
            url: stage.url.clone(),
            prefix: stage.prefix.clone(),
            kind: kind.to_owned(),
            concurrency: usize::from(concurrency),
            tells,
        }
    }
}

/// Works until standard input ends. The first line on standard output says that the worker has started.
pub(crate) async fn serve() -> Result<(), Failure> {
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    let spec: Spec = serde_json::from_str(&input.next_line().await?.unwrap_or_default())?;
    let clock = environment::clock();
    let store = open(
        &spec.url,
        &stage::options(&spec.prefix, clock.clone(), true),
    )
    .await?;
    let stop = CancellationToken::new();
    let options = Arc::new(WorkerOptions {
        kind: spec.kind,
        worker: format!("bench-{}", std::process::id()),
        concurrency: spec.concurrency,
        lease: Duration::from_secs(30),
        timeout: Duration::from_secs(60),
        retry: RetryPolicy::default(),
        retention: Retention::default(),
        stop: stop.clone(),
        hand_back: CancellationToken::new(),
    });
    let teller: Option<Arc<dyn Clock>> = spec.tells.then_some(clock);
    let monitor = Monitor::new().register(move |_| {
        let backend = LeaseBackend::new(
            Arc::clone(&store),
            environment::clock(),
            environment::entropy(),
            Arc::clone(&options),
        );
        WorkerBuilder::new(&*options.worker)
            .backend(backend)
            .data(teller.clone())
            .build(nothing)
    });
    let stopped = stop.clone();
    let running = tokio::spawn(async move {
        monitor
            .run_with_signal(async move {
                stopped.cancelled().await;
                Ok(())
            })
            .await
    });
    output::line("started")?;
    while input.next_line().await?.is_some() {}
    stop.cancel();
    match running.await {
        Ok(Ok(())) => Ok(()),
        other => Err(Failure::Runtime(format!(
            "the worker ended badly: {other:?}"
        ))),
    }
}

async fn nothing(
    _: Vec<u8>,
    teller: Data<Option<Arc<dyn Clock>>>,
    _: Data<Arc<Lease>>,
) -> Result<Verdict, Infallible> {
    if let Some(clock) = &*teller {
        let nanos = clock.now().timestamp_nanos_opt().unwrap_or(0);
        // Whoever started this process is gone when nobody reads it, and standard input has ended then.
        let _unheard = output::line(&nanos.to_string());
    }
    Ok(Verdict::Done)
}
