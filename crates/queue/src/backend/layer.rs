//! The layer around every handler: runs it on a task of its own, under timeout, lease and shutdown, and settles it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use apalis_core::{error::BoxDynError, task::Task};
use chrono::TimeDelta;
use futures::future::BoxFuture;
use moodwire_model::{Clock, Entropy};
use tokio::task::{JoinHandle, unconstrained};
use tower::{Layer, Service};
use tracing::Instrument;

use super::{
    WorkerOptions,
    held::{HeldLease, Interruption},
    panic::caught,
    settle::Settler,
};
use crate::{
    Attempt, Lease, Outcome, Settlement, Verdict, VerdictWord, backoff, meters::Meters, record,
};

/// Stores keep whole milliseconds and cut off the rest: without this a job could come back just before its time.
const ROUNDED_UP: TimeDelta = TimeDelta::milliseconds(1);

/// Wraps a handler, whose `Ok` value is its verdict, so that its attempt is settled before its place is given free.
#[derive(Clone, Debug)]
pub struct LeaseLayer {
    settler: Settler,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    options: Arc<WorkerOptions>,
    meters: Meters,
}

impl LeaseLayer {
    pub(super) fn new(
        settler: Settler,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        options: Arc<WorkerOptions>,
        meters: Meters,
    ) -> Self {
        Self {
            settler,
            clock,
            entropy,
            options,
            meters,
        }
    }
}

impl<S> Layer<S> for LeaseLayer {
    type Service = LeaseService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LeaseService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A handler in its layer.
#[derive(Clone, Debug)]
pub struct LeaseService<S> {
    inner: S,
    layer: LeaseLayer,
}

impl<S> Service<Task<Vec<u8>>> for LeaseService<S>
where
    S: Service<Task<Vec<u8>>, Response = Verdict>,
    S::Error: Into<BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, task: Task<Vec<u8>>) -> Self::Future {
        let Some(held) = task.data().get::<HeldLease>().cloned() else {
            return Box::pin(async { Err("the job came without a lease".into()) });
        };
        let lease = held.lease();
        let span = tracing::info_span!("job", job.id = %lease.id, attempt = lease.attempt);
        let handler = self.inner.call(task);
        let run = caught(async move {
            handler.await.unwrap_or_else(|error| Verdict::Retry {
                error: error.into().to_string(),
            })
        })
        .instrument(span.clone());
        let layer = self.layer.clone();
        let run = async move { layer.run(held, tokio::spawn(run)).instrument(span).await };
        // All attempts of a kind are polled by apalis's one task, whose budget lasts for some thirty: those that end
        // together would be settled in so many pieces.
        Box::pin(unconstrained(run))
    }
}

/// How an attempt came to its end.
enum End {
    Verdict(Verdict),
    Interrupted(Interruption),
}

impl LeaseLayer {
    async fn run(
        self,
        held: HeldLease,
        mut handler: JoinHandle<Result<Verdict, String>>,
    ) -> Result<(), BoxDynError> {
        let begun = held.begin();
        let waited = held.store_now() - held.lease().due_at;
        self.meters.begun(waited.to_std().unwrap_or_default());
        if self.options.hand_back.is_cancelled() {
            held.interrupt(Interruption::HandedBack);
        }
        let end = tokio::select! {
            biased;
            ended = &mut handler => End::Verdict(verdict(ended)),
            why = poll_fn(|cx| held.poll_interrupted(cx)) => End::Interrupted(why),
        };
        match end {
            End::Verdict(_) => held.over(),
            // Ends at the handler's next await; one that never awaits cannot be ended, only outlived.
            End::Interrupted(_) => handler.abort(),
        }
        let took = begun.elapsed();
        self.meters.ran(took);
        if matches!(end, End::Interrupted(Interruption::LeaseLost)) {
            self.meters.lease_lost();
        } else {
            let settlement = self.settlement(&held, end, took);
            record::tell(held.lease(), &settlement, held.store_now(), took);
            self.settler.settle(settlement).await;
        }
        Ok(())
    }

    fn settlement(&self, held: &HeldLease, end: End, took: Duration) -> Settlement {
        let lease = held.lease();
        let verdict = match end {
            End::Verdict(verdict) => Some(verdict),
            End::Interrupted(Interruption::TimedOut) => Some(Verdict::Retry {
                error: format!(
                    "ran longer than its timeout of {} s",
                    self.options.timeout.as_secs_f64()
                ),
            }),
            End::Interrupted(Interruption::LeaseLost | Interruption::HandedBack) => None,
        };
        log(lease, verdict.as_ref(), took);
        let (outcome, word, error) = match verdict {
            None => (Outcome::HandBack, VerdictWord::Later, None),
            Some(Verdict::Done) => (Outcome::Done, VerdictWord::Done, None),
            Some(Verdict::Retry { error }) => {
                let outcome = Outcome::Retry {
                    error: error.clone(),
                    delay: backoff(&self.options.retry, lease.attempt, &*self.entropy),
                };
                (outcome, VerdictWord::Retry, Some(error))
            }
            Some(Verdict::Later { until, reason }) => {
                // The job waits until a moment of its process's clock, the store judges by its own: what is carried over
                // is how long from now. Else a job of a process whose clock is behind would come back at once, over
                // and over.
                let outcome = Outcome::Later {
                    until: held.store_now() + (until - self.clock.now()) + ROUNDED_UP,
                    reason: reason.clone(),
                };
                (outcome, VerdictWord::Later, Some(reason))
            }
            Some(Verdict::Dead { reason, error }) => {
                let outcome = Outcome::Dead {
                    reason,
                    error: error.clone(),
                };
                (outcome, VerdictWord::Dead, Some(error))
            }
        };
        Settlement {
            id: lease.id.clone(),
            token: lease.token,
            outcome,
            record: Attempt {
                attempt: lease.attempt,
                started_at: lease.started_at,
                duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                worker: self.options.worker.clone(),
                verdict: word,
                error,
            },
            only_if_expired: false,
        }
    }
}

fn verdict(ended: Result<Result<Verdict, String>, tokio::task::JoinError>) -> Verdict {
    match ended {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(panic)) => Verdict::Retry { error: panic },
        Err(error) => Verdict::Retry {
            error: format!("the job's task ended: {error}"),
        },
    }
}

/// A failure is logged once, here, where it becomes the job's fate.
fn log(lease: &Lease, verdict: Option<&Verdict>, took: Duration) {
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match verdict {
        Some(Verdict::Retry { error }) => {
            tracing::warn!(job.id = %lease.id, attempt = lease.attempt, duration_ms, %error, "attempt failed");
        }
        Some(Verdict::Dead { reason, .. }) => {
            tracing::error!(job.id = %lease.id, attempt = lease.attempt, duration_ms, %reason, "dead letter");
        }
        Some(Verdict::Done) => tracing::debug!(job.id = %lease.id, duration_ms, "done"),
        Some(Verdict::Later { reason, .. }) => {
            tracing::debug!(job.id = %lease.id, duration_ms, %reason, "later");
        }
        None => tracing::info!(job.id = %lease.id, duration_ms, "handed back"),
    }
}
