//! Settling: one call in flight, and what ends meanwhile goes with the next.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{WorkerOptions, held::HeldLease};
use crate::{Attempt, CHUNK, Outcome, Settled, Settlement, Store, VerdictWord, meters::Meters};

/// Settlements that go in one call.
const MOST: usize = CHUNK;

/// How many ended jobs call for a look at retention.
const MANY: usize = 5_000;

/// Waits between tries while the store is away: 100 ms, 200 ms, … 3.2 s, 5 s, 5 s, ….
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

type Request = (Settlement, oneshot::Sender<Settled>);

/// Writes how attempts ended. Clones share one call in flight.
#[derive(Clone, Debug)]
pub(super) struct Settler {
    requests: mpsc::Sender<Request>,
    worker: Arc<WorkerOptions>,
    alive: CancellationToken,
    ended: Arc<Notify>,
    _guard: Arc<DropGuard>,
}

impl Settler {
    pub(super) fn start(
        store: Arc<dyn Store>,
        options: Arc<WorkerOptions>,
        meters: Meters,
    ) -> Self {
        let (requests, inbox) = mpsc::channel(MOST);
        let ended = Arc::new(Notify::new());
        tokio::spawn(write(
            inbox,
            store,
            Arc::clone(&options),
            Arc::clone(&ended),
            meters,
        ));
        let alive = CancellationToken::new();
        Self {
            requests,
            worker: options,
            ended,
            _guard: Arc::new(alive.clone().drop_guard()),
            alive,
        }
    }

    /// Cancelled when the last clone is gone: nothing is left that could be held.
    pub(super) fn alive(&self) -> CancellationToken {
        self.alive.clone()
    }

    /// Told whenever [`MANY`] more jobs have ended.
    pub(super) fn ended(&self) -> Arc<Notify> {
        Arc::clone(&self.ended)
    }

    /// Writes one settlement, through outages of the store: returns when it is written or known to be stale.
    pub(super) async fn settle(&self, settlement: Settlement) -> Settled {
        let (answer, written) = oneshot::channel();
        if self.requests.send((settlement, answer)).await.is_err() {
            return Settled::Stale;
        }
        written.await.unwrap_or(Settled::Stale)
    }

    /// Gives jobs that were not begun back to the queue, with no attempt burned.
    pub(super) async fn hand_back(&self, leases: Vec<HeldLease>) {
        let all = leases.iter().map(|held| {
            held.over();
            self.settle(self.handing_back(held))
        });
        futures::future::join_all(all).await;
    }

    fn handing_back(&self, held: &HeldLease) -> Settlement {
        let lease = held.lease();
        Settlement {
            id: lease.id.clone(),
            token: lease.token,
            outcome: Outcome::HandBack,
            record: Attempt {
                attempt: lease.attempt,
                started_at: lease.started_at,
                duration_ms: 0,
                worker: self.worker.worker.clone(),
                verdict: VerdictWord::Later,
                error: None,
            },
            only_if_expired: false,
        }
    }
}

async fn write(
    mut inbox: mpsc::Receiver<Request>,
    store: Arc<dyn Store>,
    options: Arc<WorkerOptions>,
    ended: Arc<Notify>,
    meters: Meters,
) {
    let mut batch = Vec::with_capacity(MOST);
    let mut count = 0;
    while inbox.recv_many(&mut batch, MOST).await > 0 {
        // What ends in the same turn of the runtime goes along.
        tokio::task::yield_now().await;
        while batch.len() < MOST
            && let Ok(more) = inbox.try_recv()
        {
            batch.push(more);
        }
        let (settlements, answers): (Vec<Settlement>, Vec<oneshot::Sender<Settled>>) =
            batch.drain(..).unzip();
        let settled = through_outages(&*store, &options, &settlements).await;
        count += settlements.len();
        if count >= MANY {
            count = 0;
            ended.notify_one();
        }
        for ((settlement, answer), settled) in settlements.iter().zip(answers).zip(settled) {
            meters.settled(settlement, settled);
            if settled == Settled::Stale {
                tracing::warn!(job.id = %settlement.id, "the lease was lost before the attempt could be settled");
            }
            // The job's own task may be gone with the process's grace period; the settlement is written all the same.
            let _gone = answer.send(settled);
        }
    }
}

async fn through_outages(
    store: &dyn Store,
    options: &WorkerOptions,
    settlements: &[Settlement],
) -> Vec<Settled> {
    let mut wait = FIRST_WAIT;
    loop {
        match store.settle(&options.kind, settlements).await {
            Ok(settled) => return settled,
            Err(error) if error.is_unavailable() => {
                tracing::warn!(kind = %options.kind, %error, "attempts could not be settled; trying again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            Err(error) => {
                // The leases expire and the jobs run again, which at-least-once allows; blocking every other job of the
                // kind behind a settlement that the store refuses would not be allowed.
                tracing::error!(kind = %options.kind, %error, "attempts cannot be settled");
                return vec![Settled::Stale; settlements.len()];
            }
        }
    }
}
