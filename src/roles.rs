//! The long-running roles of a process: workers and scheduler, from start to a stop that loses nothing.

use std::{sync::Arc, time::Duration};

use moodwire_model::Entropy;
use moodwire_workers::{Deps, Grace, register_all};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};

use crate::{environment, failure::Failure};

/// How much longer than the grace period a stop may take: for handing back what did not finish.
const HAND_BACK_TIME: Duration = Duration::from_secs(5);

/// Workers under way.
pub(crate) struct Workers {
    grace: Grace,
    period: Duration,
    monitor: JoinHandle<Result<(), apalis::prelude::MonitorError>>,
}

impl Workers {
    /// Starts a worker for each kind.
    pub(crate) fn start(deps: &Arc<Deps>, kinds: &[String], period: Duration) -> Self {
        let grace = Grace::default();
        let process = process_name(&*environment::entropy());
        let monitor = register_all(deps, kinds, &process, &grace);
        let stop = grace.stop.clone();
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
            period,
            monitor,
        }
    }

    /// Stops fetching, lets jobs finish for the grace period, hands the rest back. A second signal ends at once.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        let Self {
            grace,
            period,
            mut monitor,
        } = self;
        grace.stop.cancel();
        let ended = tokio::select! {
            ended = &mut monitor => ended,
            () = tokio::time::sleep(period) => {
                tracing::info!("the grace period is over: jobs that still run are handed back");
                grace.hand_back.cancel();
                tokio::time::timeout(HAND_BACK_TIME, monitor).await.map_err(|_| {
                    Failure::Runtime(
                        "some jobs could be neither finished nor handed back; their leases will expire".to_owned(),
                    )
                })?
            }
            () = asked_to_stop() => {
                return Err(Failure::Runtime(
                    "stopped at once by a second signal; the leases of running jobs will expire".to_owned(),
                ));
            }
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

/// Resolves at SIGTERM or SIGINT.
pub(crate) async fn asked_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        // Without handlers the signals end the process by themselves.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
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
