//! The worker process: runs jobs of one kind under apalis, as the product's workers do, until it is asked to stop.

use std::{convert::Infallible, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use apalis::prelude::{Data, Event, Monitor, MonitorError, WorkerBuilder};
use moodwire_model::{Clock, Entropy, SystemClock, SystemEntropy};
use moodwire_queue::{Lease, LeaseBackend, Retention, RetryPolicy, Store, Verdict, WorkerOptions};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    fault::{Step, Trap},
    sink::Sink,
    store,
    watched::Watched,
    work::Work,
};

/// What a worker is started with.
#[derive(Debug, Clone, clap::Args)]
pub struct Worker {
    /// The queue's URL
    #[arg(long)]
    pub url: String,
    /// What the queue's keys begin with
    #[arg(long, default_value = "chaos")]
    pub prefix: String,
    /// The kind of job
    #[arg(long, default_value = "chaos")]
    pub kind: String,
    /// The keyed sink's file
    #[arg(long)]
    pub sink: PathBuf,
    /// How many jobs run at once
    #[arg(long, default_value_t = 4)]
    pub concurrency: usize,
    /// How many threads run them
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
    /// How long a lease lasts, milliseconds
    #[arg(long, default_value_t = 3_000)]
    pub lease: u64,
    /// How long jobs may finish after SIGTERM, milliseconds
    #[arg(long, default_value_t = 1_000)]
    pub grace: u64,
    /// How long a job may run, milliseconds
    #[arg(long, default_value_t = 600_000)]
    pub timeout: u64,
    /// Upper end of the first backoff, milliseconds
    #[arg(long, default_value_t = 100)]
    pub backoff: u64,
}

/// How much longer than the grace period a stop may take: for handing back what did not finish.
const HAND_BACK_TIME: Duration = Duration::from_secs(5);

/// What every job gets.
#[derive(Debug)]
struct Deps {
    sink: Arc<Sink>,
    trap: Arc<Trap>,
    clock: Arc<dyn Clock>,
}

impl Worker {
    /// Runs until SIGTERM. Says `ready NAME` when it has begun.
    ///
    /// # Errors
    /// When the queue or the sink cannot be opened, when the worker ends by itself, and when a stop leaves jobs that
    /// were neither finished nor handed back.
    pub async fn run(self) -> Result<()> {
        // From the start on, so that none goes unheard.
        let mut terminate = signal(SignalKind::terminate())?;
        let trap = Arc::new(Trap::from_environment().map_err(anyhow::Error::msg)?);
        let sink = Arc::new(Sink::open(&self.sink).context("the sink cannot be opened")?);
        let inner = store::reach(&self.url, &self.prefix).await?;
        let store = Watched::new(inner, Arc::clone(&trap), Some(Arc::clone(&sink)));
        let options = Arc::new(self.options());
        let deps = Arc::new(Deps {
            sink: Arc::clone(&sink),
            trap,
            clock: Arc::new(SystemClock),
        });
        let died = CancellationToken::new();
        let monitor = start(Arc::new(store), &deps, &options, &died);
        sink.note(&format!("ready {}", options.worker));
        tokio::select! {
            _ = terminate.recv() => {}
            () = died.cancelled() => bail!("the worker ended by itself; the log says why"),
        }
        sink.note("stopping");
        stop(&options, Duration::from_millis(self.grace), monitor).await?;
        sink.note("stopped");
        Ok(())
    }

    fn options(&self) -> WorkerOptions {
        let (process, random) = (std::process::id(), SystemEntropy.bits() & 0xffff);
        WorkerOptions {
            kind: self.kind.clone(),
            worker: format!("{}@{process}:{random:04x}", self.kind),
            concurrency: self.concurrency,
            lease: Duration::from_millis(self.lease),
            timeout: Duration::from_millis(self.timeout),
            retry: RetryPolicy {
                base: Duration::from_millis(self.backoff),
                cap: Duration::from_secs(2),
                // What a job has is said when it is enqueued.
                max_attempts: RetryPolicy::default().max_attempts,
            },
            // Every row is counted in the end.
            retention: Retention {
                done_count: u64::from(u32::MAX),
                dead_count: u64::from(u32::MAX),
                ..Retention::default()
            },
            stop: CancellationToken::new(),
            hand_back: CancellationToken::new(),
        }
    }
}

type Monitored = JoinHandle<Result<(), MonitorError>>;

fn start(
    store: Arc<dyn Store>,
    deps: &Arc<Deps>,
    options: &Arc<WorkerOptions>,
    died: &CancellationToken,
) -> Monitored {
    let stop = options.stop.clone();
    let monitor = Monitor::new().register({
        let (deps, options) = (Arc::clone(deps), Arc::clone(options));
        move |_| {
            let entropy = Arc::new(SystemEntropy);
            let clock = Arc::clone(&deps.clock);
            let backend =
                LeaseBackend::new(Arc::clone(&store), clock, entropy, Arc::clone(&options));
            WorkerBuilder::new(&*options.worker)
                .backend(backend)
                .data(Arc::clone(&deps))
                .build(job)
        }
    });
    let monitor = monitor.on_event({
        let (stop, died) = (stop.clone(), died.clone());
        move |_, event| {
            if matches!(event, Event::Stop | Event::Exit) && !stop.is_cancelled() {
                died.cancel();
            }
        }
    });
    tokio::spawn(async move {
        let stopped = async move {
            stop.cancelled().await;
            Ok(())
        };
        monitor.run_with_signal(stopped).await
    })
}

/// Stops fetching, lets jobs finish for the grace period, hands the rest back.
async fn stop(options: &WorkerOptions, grace: Duration, mut monitor: Monitored) -> Result<()> {
    options.stop.cancel();
    let ended = match tokio::time::timeout(grace, &mut monitor).await {
        Ok(ended) => ended,
        Err(_) => {
            options.hand_back.cancel();
            tokio::time::timeout(HAND_BACK_TIME, monitor)
                .await
                .context("some jobs could be neither finished nor handed back")?
        }
    };
    Ok(ended??)
}

async fn job(
    _: Vec<u8>,
    deps: Data<Arc<Deps>>,
    lease: Data<Arc<Lease>>,
) -> Result<Verdict, Infallible> {
    Ok(perform(&deps, &lease).await.err().unwrap_or(Verdict::Done))
}

/// Does the job's work, then writes its effect. Safe to run twice: the sink takes the job's id once.
async fn perform(deps: &Deps, lease: &Lease) -> Result<(), Verdict> {
    let (id, attempt) = (&lease.id, lease.attempt);
    deps.sink
        .note(&format!("begin {id} {attempt} {}", lease.token));
    deps.trap.reach(Step::InJob);
    let work = Work::decode(&lease.payload).map_err(Verdict::dead)?;
    labour(&work, attempt, &*deps.clock).await?;
    let first = deps.sink.put(id).map_err(Verdict::retry)?;
    let word = if first { "written" } else { "refused" };
    deps.sink.note(&format!("effect {id} {word}"));
    deps.trap.reach(Step::AfterEffect);
    Ok(())
}

async fn labour(work: &Work, attempt: u32, clock: &dyn Clock) -> Result<(), Verdict> {
    /// How often a gate is looked at.
    const LOOK_EVERY: Duration = Duration::from_millis(10);
    match work {
        Work::Quick | Work::Undecodable => {}
        Work::Slow { millis } => tokio::time::sleep(Duration::from_millis(*millis)).await,
        Work::Gated { gate } => {
            while !gate.exists() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Work::Blocking { millis } => block(Duration::from_millis(*millis)),
        Work::Aborting { times } if attempt <= *times => std::process::abort(),
        Work::Panicking { times } => {
            assert!(
                attempt > *times,
                "attempt {attempt} panics as it was told to"
            );
        }
        Work::Failing { times } if attempt <= *times => {
            return Err(Verdict::Retry {
                error: "it fails as it was told to".to_owned(),
            });
        }
        Work::Aborting { .. } | Work::Failing { .. } => {}
        Work::Later { until } if clock.now() < *until => {
            return Err(Verdict::later(*until, "it waits as it was told to"));
        }
        Work::Later { .. } => {}
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a handler that blocks its thread is the fault that is tried"
)]
fn block(time: Duration) {
    std::thread::sleep(time);
}
