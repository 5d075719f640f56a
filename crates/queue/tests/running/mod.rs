//! Real apalis workers on a store, and waiting for what they do.

use std::{convert::Infallible, future::Future, sync::Arc, time::Duration};

use apalis::prelude::{Data, Monitor, MonitorError, WorkerBuilder};
use futures::future::BoxFuture;
use moodwire_model::{SystemClock, SystemEntropy};
use moodwire_queue::{
    JobRow, Lease, LeaseBackend, Retention, RetryPolicy, State, Store, Verdict, WorkerOptions,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Far longer than anything here takes on a busy machine: what would wait for ever fails instead.
pub(crate) const HANGS_AFTER: Duration = Duration::from_secs(120);

/// What a worker does with a job.
pub(crate) type Handler = Arc<dyn Fn(Lease) -> BoxFuture<'static, Verdict> + Send + Sync>;

/// A handler from an async function.
pub(crate) fn handler<F: Future<Output = Verdict> + Send + 'static>(
    run: impl Fn(Lease) -> F + Send + Sync + 'static,
) -> Handler {
    Arc::new(move |lease| Box::pin(run(lease)))
}

/// A worker of the kind that runs four jobs at once and tries failed ones again at once.
pub(crate) fn options(kind: &str) -> WorkerOptions {
    WorkerOptions {
        kind: kind.to_owned(),
        worker: format!("{kind}@test"),
        concurrency: 4,
        lease: Duration::from_secs(30),
        timeout: HANGS_AFTER,
        retry: RetryPolicy {
            base: Duration::ZERO,
            ..RetryPolicy::default()
        },
        retention: Retention::default(),
        stop: CancellationToken::new(),
        hand_back: CancellationToken::new(),
    }
}

/// The backend of such a worker.
pub(crate) fn backend(store: &Arc<dyn Store>, options: &WorkerOptions) -> LeaseBackend {
    LeaseBackend::new(
        Arc::clone(store),
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
        Arc::new(options.clone()),
    )
}

/// A worker under apalis's monitor, as a process runs it.
pub(crate) struct Worker {
    pub(crate) stop: CancellationToken,
    monitor: JoinHandle<Result<(), MonitorError>>,
}

impl Worker {
    /// Starts it on the present runtime.
    pub(crate) fn start(store: &Arc<dyn Store>, options: WorkerOptions, run: Handler) -> Self {
        let stop = options.stop.clone();
        let signal = stop.clone();
        let store = Arc::clone(store);
        let monitor = Monitor::new().register(move |_| {
            WorkerBuilder::new(&*options.worker)
                .backend(backend(&store, &options))
                .data(Arc::clone(&run))
                .build(attempt)
        });
        let monitor = monitor.run_with_signal(async move {
            signal.cancelled().await;
            Ok(())
        });
        Self {
            stop,
            monitor: tokio::spawn(monitor),
        }
    }

    /// Stops it, and waits until it has ended.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ended().await;
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(self) {
        let ended = in_time("the end of a worker", self.monitor).await;
        ended.unwrap().unwrap();
    }
}

async fn attempt(
    _: Vec<u8>,
    run: Data<Handler>,
    lease: Data<Arc<Lease>>,
) -> Result<Verdict, Infallible> {
    Ok(run(Lease::clone(&lease)).await)
}

/// Waits until the job is in the state.
pub(crate) async fn until(store: &Arc<dyn Store>, id: &str, state: State) -> JobRow {
    let is_there = async {
        loop {
            let row = store.get(id).await.unwrap();
            if let Some(row) = row.filter(|row| row.state == state) {
                return row;
            }
            a_moment(store).await;
        }
    };
    in_time(&format!("{id} to be {}", state.as_str()), is_there).await
}

/// Waits until so many jobs of the kind have ever ended well.
pub(crate) async fn until_done(store: &Arc<dyn Store>, kind: &str, jobs: u64) {
    let are_done = async {
        while store
            .stats()
            .await
            .unwrap()
            .get(kind)
            .is_none_or(|stats| stats.done_total < jobs)
        {
            a_moment(store).await;
        }
    };
    in_time(&format!("{jobs} jobs to be done"), are_done).await;
}

/// Waits for jobs of a kind that has none, so that no worker loses a wake-up to it.
async fn a_moment(store: &Arc<dyn Store>) {
    let moment = Duration::from_millis(20);
    // After an outage it may tell of that, late, and be shorter.
    let _woken = store.wait("nothing", moment).await;
}

/// Waits so long that a case which would hang fails instead, and no case that would pass.
pub(crate) async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANGS_AFTER, wait)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
