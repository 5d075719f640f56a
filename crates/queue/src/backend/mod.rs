//! The bridge to apalis: a [`Backend`] that hands out leased jobs, and a layer that runs and settles them.
//!
//! ```text
//! store ──fetch──▶ fetcher ──channel──▶ LeaseBackend::poll_next ─▶ apalis worker ─▶ LeaseLayer ─▶ handler
//!   ▲                 │ takes one of `concurrency` permits a job          │ runs it on a task of its own,
//!   │                 ▼                                                   ▼ under timeout, lease and shutdown
//!   ├──renew── held leases ◀──────────────────────────────────────── drops the permit when it is settled
//!   └──settle─ settler (one call in flight; what comes meanwhile goes with the next)
//! ```
//!
//! It implements `Backend` itself and not by way of apalis's `Persisted`, whose close drops a fetch in flight with
//! the jobs that it claimed, and whose heartbeat stops while a fetch waits.

mod fetch;
mod held;
mod layer;
mod panic;
mod settle;
mod sweep;
mod upkeep;

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::{Task, builder::TaskBuilder, task_id::TaskId},
    worker::context::WorkerContext,
};
use moodwire_model::{Clock, Entropy};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, unconstrained},
};
use tokio_util::sync::CancellationToken;

pub use self::layer::LeaseLayer;
use self::{fetch::Fetcher, held::HeldLease, settle::Settler, upkeep::Upkeep};
use crate::{Retention, RetryPolicy, Store, meters::Meters};

/// How one kind of job is run in one process.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The kind.
    pub kind: String,
    /// The worker's name, unique among processes: history and listings show it.
    pub worker: String,
    /// How many jobs run at once, and how many leases are held at most.
    pub concurrency: usize,
    /// How long a lease lasts unless renewed; it is renewed at a third of it.
    pub lease: Duration,
    /// How long a job may run before it is cancelled and retried.
    pub timeout: Duration,
    /// What a retry costs.
    pub retry: RetryPolicy,
    /// How long ended jobs are kept.
    pub retention: Retention,
    /// Cancelled when the process begins to stop: no more is fetched.
    pub stop: CancellationToken,
    /// Cancelled when the grace period is over: what still runs is handed back.
    pub hand_back: CancellationToken,
}

/// Hands one kind's due jobs to an apalis worker, each under a lease: its handler gets the payload and, as
/// `Data<Arc<Lease>>`, the [`Lease`](crate::Lease).
pub struct LeaseBackend {
    store: Arc<dyn Store>,
    options: Arc<WorkerOptions>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    running: Option<Running>,
}

/// What exists once the worker has started, on its runtime.
struct Running {
    leased: mpsc::Receiver<HeldLease>,
    fetcher: Option<JoinHandle<()>>,
    /// Ends the instance's own tasks; the process-wide `stop` alone would let them outlive a worker that apalis's
    /// monitor restarts.
    closing: CancellationToken,
    settler: Settler,
    handing_back: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl LeaseBackend {
    /// A backend for the kind that `options` name. `clock` is the one by which the jobs tell until when they wait.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        options: Arc<WorkerOptions>,
    ) -> Self {
        Self {
            store,
            options,
            clock,
            entropy,
            running: None,
        }
    }

    fn start(&mut self) -> LeaseLayer {
        let closing = self.options.stop.child_token();
        let meters = Meters::of(&self.options.kind);
        let settler = Settler::start(
            Arc::clone(&self.store),
            Arc::clone(&self.options),
            meters.clone(),
        );
        let held = upkeep::start(Upkeep {
            store: Arc::clone(&self.store),
            options: Arc::clone(&self.options),
            entropy: Arc::clone(&self.entropy),
            settler: settler.clone(),
            meters: meters.clone(),
            closing: closing.clone(),
        });
        tokio::spawn({
            let (held, options, alive) = (held.clone(), Arc::clone(&self.options), settler.alive());
            async move { held::watch(&held, &options, &alive).await }
        });
        let (fetcher, leased) = Fetcher::new(
            Arc::clone(&self.store),
            Arc::clone(&self.options),
            Arc::clone(&self.entropy),
            held,
            settler.clone(),
            closing.clone(),
        );
        self.running = Some(Running {
            leased,
            fetcher: Some(tokio::spawn(fetcher.run())),
            closing,
            settler: settler.clone(),
            handing_back: None,
        });
        LeaseLayer::new(
            settler,
            Arc::clone(&self.clock),
            Arc::clone(&self.entropy),
            Arc::clone(&self.options),
            meters,
        )
    }
}

impl Backend for LeaseBackend {
    type Task = Task<Vec<u8>>;
    /// Nothing that befalls the store ends a worker: its tasks reconnect by themselves.
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        _: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Self::Task, Infallible>>> {
        let Some(running) = &mut self.running else {
            return Poll::Pending;
        };
        // As many as were fetched are begun in one turn, however many that be: see `LeaseService`.
        let next = pin!(unconstrained(running.leased.recv()));
        match ready!(next.poll(cx)) {
            Some(held) => Poll::Ready(Some(Ok(task(held)))),
            None => {
                // The fetcher has stopped. A worker whose backend ends without `stop` would be waited for for ever;
                // that it may have been stopped already is no error here.
                let _already_stopped = worker.stop();
                Poll::Ready(None)
            }
        }
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        let Some(running) = &mut self.running else {
            return Poll::Ready(Ok(()));
        };
        running.closing.cancel();
        if let Some(fetcher) = &mut running.fetcher {
            // A fetch in flight is awaited, since the jobs that it claims must be handed back.
            if let Err(error) = ready!(Pin::new(fetcher).poll(cx)) {
                tracing::error!(kind = %self.options.kind, %error, "the fetcher ended badly");
            }
            running.fetcher = None;
        }
        if running.handing_back.is_none() {
            let mut left = Vec::new();
            while let Ok(held) = running.leased.try_recv() {
                left.push(held);
            }
            let settler = running.settler.clone();
            running.handing_back = Some(Box::pin(async move { settler.hand_back(left).await }));
        }
        if let Some(handing_back) = &mut running.handing_back {
            ready!(handing_back.as_mut().poll(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for LeaseBackend {
    type Args = Vec<u8>;
    type Id = TaskId;
    /// Decoding is the handler's, so that an undecodable payload ends as a dead letter and not as the worker's end;
    /// a "durable" kind would decode before any layer of ours sees the job.
    type Kind = Ephemeral;
    type Config = WorkerOptions;
    type Layer = LeaseLayer;

    fn config(&self) -> &WorkerOptions {
        &self.options
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> LeaseLayer {
        self.start()
    }
}

fn task(held: HeldLease) -> Task<Vec<u8>> {
    let lease = Arc::clone(held.lease());
    TaskBuilder::new(lease.payload.clone())
        // Not `TaskId::from_str`, which would turn an id such as "00017" into a number.
        .task_id(TaskId::from_string(lease.id.clone()))
        // apalis's lifecycle adds one when the attempt begins.
        .attempt(lease.attempt.saturating_sub(1) as usize)
        .max_attempts(lease.max_attempts as usize)
        .data(lease)
        .data(held)
        .build()
}

impl Drop for LeaseBackend {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.closing.cancel();
        }
    }
}

impl fmt::Debug for LeaseBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeaseBackend")
            .field("options", &self.options)
            .field("started", &self.running.is_some())
            .finish_non_exhaustive()
    }
}
