//! The long-running roles of a process: workers and scheduler, from start to a stop that loses nothing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use apalis::prelude::Event;
use moodwire_model::slot;
use moodwire_workers::{Deps, Grace, register_all};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    console::Served,
    environment,
    failure::Failure,
    presence::{Presence, process_name},
    scheduler::Scheduler,
};

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

/// The roles by which a process tells of itself.
const WORKER: &str = "worker";
const SCHEDULER: &str = "scheduler";
const CONSOLE: &str = "console";

/// What a process is there for.
#[derive(Default)]
pub(crate) struct Roles {
    pub(crate) workers: Option<Workers>,
    pub(crate) scheduler: Option<Scheduler>,
    pub(crate) console: Option<Served>,
}

/// Runs the roles until a signal comes, or one of them ends by itself, then stops them.
pub(crate) async fn stay(roles: Roles, signals: &mut Signals) -> Result<(), Failure> {
    let presence = presence(&roles);
    let Roles {
        workers,
        scheduler,
        mut console,
    } = roles;
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
    let served = async {
        match &mut console {
            Some(console) => console.ended().await,
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        () = signals.next() => Ok(()),
        failure = worker_died => Err(failure),
        failure = served => Err(failure),
        ended = scheduled => Err(Failure::Runtime(format!("the scheduler ended by itself: {ended:?}"))),
    };
    tracing::info!("stopping");
    // The scheduler stops wherever it is; nothing of it need be waited for.
    stop.cancel();
    if let Some(workers) = workers {
        workers.stop(signals).await?;
    }
    if let Some(console) = console {
        console.stop().await;
    }
    if let Some(presence) = presence {
        presence.end().await;
    }
    ended
}

/// Tells of the process once, however many roles it has: with its workers, which tell already, or by itself.
fn presence(roles: &Roles) -> Option<Presence> {
    let Roles {
        workers,
        scheduler,
        console,
    } = roles;
    let queue = scheduler.as_ref().map(Scheduler::queue);
    let queue = queue.or(console.as_ref().map(Served::queue));
    let others = [
        (scheduler.is_some(), SCHEDULER),
        (console.is_some(), CONSOLE),
    ];
    let mut others = others
        .into_iter()
        .filter_map(|(has, role)| has.then_some(role));
    let own = match workers {
        Some(_) => None,
        None => {
            let name = process_name(&*environment::entropy());
            Some(Presence::begin(
                queue?,
                name,
                others.next()?,
                BTreeMap::new(),
            ))
        }
    };
    let told = own
        .as_ref()
        .or(workers.as_ref().map(|workers| &workers.presence));
    for role in others {
        told?.also(role);
    }
    own
}

/// Workers under way.
pub(crate) struct Workers {
    grace: Grace,
    died: CancellationToken,
    period: Duration,
    presence: Presence,
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
        let concurrency = |kind: &String| (kind.clone(), deps.kind(kind).concurrency);
        let kinds = kinds.iter().map(concurrency).collect();
        Self {
            grace,
            died,
            period,
            presence: Presence::begin(&deps.queue, process, WORKER, kinds),
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
            presence,
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
            Ok(Ok(())) => {
                presence.end().await;
                Ok(())
            }
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
