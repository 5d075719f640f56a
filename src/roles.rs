//! The long-running roles of a process: workers and scheduler, from start to a stop that loses nothing.

use std::{sync::Arc, time::Duration};

use apalis::prelude::Event;
use moodwire_model::{Entropy, slot};
use moodwire_workers::{Deps, Grace, register_all};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, environment, failure::Failure, scheduler::Scheduler};

/// How much longer than the grace period a stop may take: for handing back what did not finish.
const HAND_BACK_TIME: Duration = Duration::from_secs(5);

/// What asks the process to stop: SIGTERM or SIGINT. Kept from the start on, so that none goes unheard in between.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to listen; the signals no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Resolves at the next signal.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Does the work, unless a signal comes first.
    pub(crate) fn unless_stopped<'a, T>(
        &'a mut self,
        work: impl Future<Output = Result<T, Failure>> + 'a,
    ) -> impl Future<Output = Result<T, Failure>> + 'a {
        // Opening the stores is a large future; on the heap it is moved about for nothing.
        let work = Box::pin(work);
        async move {
            tokio::select! {
                done = work => done,
                () = self.next() => Err(Failure::Runtime("stopped by a signal".to_owned())),
            }
        }
    }
}

/// Runs the roles until a signal comes, or one of them ends by itself, then stops them.
pub(crate) async fn stay(
    workers: Option<Workers>,
    scheduler: Option<Scheduler>,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let scheduling = scheduler.map(|scheduler| tokio::spawn(scheduler.run(stop.clone())));
    let scheduled = async {
        match scheduling {
            Some(scheduling) => scheduling.await,
            None => std::future::pending().await,
        }
    };
    let worker_died = async {
        match &workers {
            Some(workers) => workers.died().await,
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        () = signals.next() => Ok(()),
        failure = worker_died => Err(failure),
        ended = scheduled => Err(Failure::Runtime(format!("the scheduler ended by itself: {ended:?}"))),
    };
    tracing::info!("stopping");
    // The scheduler stops wherever it is; nothing of it need be waited for.
    stop.cancel();
    if let Some(workers) = workers {
        workers.stop(signals).await?;
    }
    ended
}

/// Workers under way.
pub(crate) struct Workers {
    grace: Grace,
    died: CancellationToken,
    period: Duration,
    monitor: JoinHandle<Result<(), apalis::prelude::MonitorError>>,
}

impl Workers {
    /// Starts a worker for every kind there is.
    pub(crate) fn start_all(deps: &Arc<Deps>, config: &Config) -> Self {
        Self::start(
            deps,
            &slot::KINDS.map(str::to_owned),
            config.worker.shutdown_grace,
        )
    }

    /// Starts a worker for each kind.
    pub(crate) fn start(deps: &Arc<Deps>, kinds: &[String], period: Duration) -> Self {
        let grace = Grace::default();
        let process = process_name(&*environment::entropy());
        let monitor = register_all(deps, kinds, &process, &grace);
        let (stop, died) = (grace.stop.clone(), CancellationToken::new());
        let monitor = {
            let (stop, died) = (stop.clone(), died.clone());
            monitor.on_event(move |_, event| {
                if matches!(event, Event::Stop | Event::Exit) && !stop.is_cancelled() {
                    died.cancel();
                }
            })
        };
        let monitor = tokio::spawn(async move {
            monitor
                .run_with_signal(async move {
                    stop.cancelled().await;
                    Ok(())
                })
                .await
        });
        tracing::info!(%process, kinds = kinds.join(","), "workers started");
        Self {
            grace,
            died,
            period,
            monitor,
        }
    }

    /// Resolves when a worker has ended that nobody asked to: a defect, after which the process must not look healthy.
    pub(crate) async fn died(&self) -> Failure {
        self.died.cancelled().await;
        Failure::Runtime("a worker ended by itself; the log says why".to_owned())
    }

    /// Stops fetching, lets jobs finish for the grace period, hands the rest back. A second signal ends at once.
    pub(crate) async fn stop(self, signals: &mut Signals) -> Result<(), Failure> {
        let Self {
            grace,
            period,
            mut monitor,
            ..
        } = self;
        grace.stop.cancel();
        let ended = tokio::select! {
            ended = &mut monitor => ended,
            () = tokio::time::sleep(period) => {
                tracing::info!("the grace period is over: jobs that still run are handed back");
                grace.hand_back.cancel();
                tokio::select! {
                    ended = &mut monitor => ended,
                    () = tokio::time::sleep(HAND_BACK_TIME) => return Err(Failure::Runtime(
                        "some jobs could be neither finished nor handed back; their leases will expire".to_owned(),
                    )),
                    () = signals.next() => return Err(stopped_at_once()),
                }
            }
            () = signals.next() => return Err(stopped_at_once()),
        };
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Failure::Runtime(format!("a worker ended badly: {error}"))),
            Err(error) => Err(Failure::Runtime(format!(
                "the workers ended badly: {error}"
            ))),
        }
    }
}

fn stopped_at_once() -> Failure {
    Failure::Runtime(
        "stopped at once by a second signal; the leases of running jobs will expire".to_owned(),
    )
}

/// A name for this process that no other has: host, pid, and a random part, as pids come again.
fn process_name(entropy: &dyn Entropy) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned());
    format!(
        "{host}:{}:{:04x}",
        std::process::id(),
        entropy.bits() & 0xffff
    )
}
