//! The one function that registers every job with apalis.

use std::{convert::Infallible, sync::Arc, time::Duration};

use apalis::prelude::{Data, Monitor, WorkerBuilder};
use moodwire_model::slot;
use moodwire_queue::{Lease, LeaseBackend, Verdict, WorkerOptions};
use tokio_util::sync::CancellationToken;

use crate::{Deps, collect, publish, rescore, transform};

/// How a process stops.
#[derive(Debug, Clone, Default)]
pub struct Grace {
    /// Cancelled when the process begins to stop: nothing more is fetched.
    pub stop: CancellationToken,
    /// Cancelled when what still runs is to be handed back.
    pub hand_back: CancellationToken,
}

impl Grace {
    /// How long jobs may finish after the process was asked to stop, unless configured otherwise.
    pub const DEFAULT_PERIOD: Duration = Duration::from_secs(25);
}

/// A monitor that runs the given kinds, each in an apalis worker of its own named `{kind}@{process}`.
pub fn register_all(deps: &Arc<Deps>, kinds: &[String], process: &str, grace: &Grace) -> Monitor {
    let mut monitor = Monitor::new();
    for kind in kinds {
        let options = Arc::new(options(deps, kind, process, grace));
        let deps = Arc::clone(deps);
        let stop = grace.stop.clone();
        monitor = monitor.register(move |_| {
            WorkerBuilder::new(&*options.worker)
                .backend(backend(&deps, &options))
                .data(Arc::clone(&deps))
                .data(stop.clone())
                .build(job)
        });
    }
    monitor
}

fn backend(deps: &Arc<Deps>, options: &Arc<WorkerOptions>) -> LeaseBackend {
    LeaseBackend::new(
        Arc::clone(&deps.queue),
        Arc::clone(&deps.clock),
        Arc::clone(&deps.entropy),
        Arc::clone(options),
    )
}

fn options(deps: &Deps, kind: &str, process: &str, grace: &Grace) -> WorkerOptions {
    let settings = deps.kind(kind);
    WorkerOptions {
        kind: kind.to_owned(),
        worker: format!("{kind}@{process}"),
        concurrency: settings.concurrency,
        lease: settings.lease,
        timeout: settings.timeout,
        retry: settings.retry,
        retention: settings.retention,
        stop: grace.stop.clone(),
        hand_back: grace.hand_back.clone(),
    }
}

/// Every kind's handler: which job runs, the lease says.
async fn job(
    _: Vec<u8>,
    deps: Data<Arc<Deps>>,
    stop: Data<CancellationToken>,
    lease: Data<Arc<Lease>>,
) -> Result<Verdict, Infallible> {
    let ended = match lease.kind.as_str() {
        slot::COLLECT => collect::run(&deps, &lease, &stop).await,
        slot::TRANSFORM => transform::run(&deps, &lease).await,
        slot::RESCORE => rescore::run(&deps, &lease).await,
        _ => publish::run(&deps, &lease).await,
    };
    Ok(ended.err().unwrap_or(Verdict::Done))
}
