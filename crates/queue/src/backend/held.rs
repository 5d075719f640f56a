//! The leases that this worker holds: their renewal, and what interrupts their attempts.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::task::AtomicWaker;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::WorkerOptions;
use crate::{Lease, Store};

/// The table of held leases.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Table>);

#[derive(Default)]
struct Table {
    /// The leases held, by the number under which each was taken.
    leases: Mutex<HashMap<u64, Weak<Inner>>>,
    taken: AtomicU64,
}

impl Table {
    fn leases(&self) -> MutexGuard<'_, HashMap<u64, Weak<Inner>>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Takes charge of a lease; it is renewed until the last clone of what comes back is dropped.
    pub(super) fn take(&self, lease: Lease, permit: OwnedSemaphorePermit) -> HeldLease {
        let number = self.0.taken.fetch_add(1, Ordering::Relaxed);
        let inner = Arc::new(Inner {
            lease: Arc::new(lease),
            taken: Instant::now(),
            begun: OnceLock::new(),
            end: OnceLock::new(),
            waker: AtomicWaker::new(),
            number,
            table: Arc::clone(&self.0),
            _permit: permit,
        });
        self.0.leases().insert(number, Arc::downgrade(&inner));
        HeldLease(inner)
    }

    /// Those held now.
    fn all(&self) -> Vec<HeldLease> {
        let leases = self.0.leases();
        leases
            .values()
            .filter_map(Weak::upgrade)
            .map(HeldLease)
            .collect()
    }
}

/// Why an attempt is ended before its handler ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    /// It ran longer than it may.
    TimedOut,
    /// Another worker may hold the job now.
    LeaseLost,
    /// The process stops.
    HandedBack,
}

/// A lease in this worker's care. While it lives it is renewed and takes up one of the worker's places.
#[derive(Clone)]
pub(super) struct HeldLease(Arc<Inner>);

struct Inner {
    lease: Arc<Lease>,
    taken: Instant,
    begun: OnceLock<Instant>,
    /// Set once the attempt is over, with what interrupted it, if anything did: from then on it is only settled.
    end: OnceLock<Option<Interruption>>,
    waker: AtomicWaker,
    number: u64,
    table: Arc<Table>,
    _permit: OwnedSemaphorePermit,
}

impl HeldLease {
    pub(super) fn lease(&self) -> &Arc<Lease> {
        &self.0.lease
    }

    /// The store's present time, as far as it can be told from when it gave out the lease: never behind by more than the
    /// answer took to come.
    pub(super) fn store_now(&self) -> DateTime<Utc> {
        self.0.lease.started_at + self.0.taken.elapsed()
    }

    /// Begins the attempt: its timeout counts from here.
    pub(super) fn begin(&self) -> Instant {
        *self.0.begun.get_or_init(Instant::now)
    }

    /// Ends the attempt; false when it was over before.
    pub(super) fn interrupt(&self, why: Interruption) -> bool {
        let ended = self.0.end.set(Some(why)).is_ok();
        if ended {
            self.0.waker.wake();
        }
        ended
    }

    /// The attempt is over by itself. Its lease is kept until it is settled, but nothing can interrupt it any more.
    pub(super) fn over(&self) {
        let _interrupted_before = self.0.end.set(None);
    }

    /// Ready once the attempt is interrupted. Wakes the task that polled it last.
    pub(super) fn poll_interrupted(&self, cx: &mut Context<'_>) -> Poll<Interruption> {
        self.0.waker.register(cx.waker());
        match self.0.end.get() {
            Some(Some(why)) => Poll::Ready(*why),
            _ => Poll::Pending,
        }
    }
}

impl fmt::Debug for HeldLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HeldLease").field(&self.0.lease.id).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.table.leases().remove(&self.number);
    }
}

/// Interrupts attempts that run longer than they may and, once the process hands back, all; until `alive` is cancelled.
///
/// Every attempt of a kind may run equally long, so that none that begins later ends sooner: one timer serves them all.
pub(super) async fn watch(held: &Held, options: &WorkerOptions, alive: &CancellationToken) {
    loop {
        let next = interrupt_overdue(held, options.timeout);
        tokio::select! {
            () = alive.cancelled() => return,
            () = options.hand_back.cancelled() => break,
            () = tokio::time::sleep_until(next) => {}
        }
    }
    // One that begins from here on sees for itself that it is too late.
    for lease in held.all() {
        lease.interrupt(Interruption::HandedBack);
    }
}

/// Answers the earliest moment at which another may have run too long.
fn interrupt_overdue(held: &Held, timeout: Duration) -> Instant {
    let now = Instant::now();
    let mut next = now + timeout;
    for lease in held.all() {
        match lease.0.begun.get().map(|begun| *begun + timeout) {
            Some(end) if end <= now => {
                lease.interrupt(Interruption::TimedOut);
            }
            Some(end) => next = next.min(end),
            None => {}
        }
    }
    next
}

/// Stops an attempt whose lease the store no longer knows. One that is over, or gone, was settled while the renewal was
/// under way.
fn stop_lost(lease: &Weak<Inner>) {
    if let Some(held) = lease.upgrade().map(HeldLease)
        && held.interrupt(Interruption::LeaseLost)
    {
        tracing::warn!(job.id = %held.lease().id, "the lease was lost; the attempt is stopped");
    }
}

/// Renews whatever is held, until `alive` is cancelled.
pub(super) async fn renew(
    held: &Held,
    store: &dyn Store,
    options: &WorkerOptions,
    alive: &CancellationToken,
) {
    let mut ticks = tokio::time::interval(options.lease / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = alive.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // Not held on to: what is settled meanwhile gives its place free.
        let (leases, kept): (Vec<(String, u64)>, Vec<Weak<Inner>>) = held
            .all()
            .iter()
            .map(|held| {
                let lease = held.lease();
                ((lease.id.clone(), lease.token), Arc::downgrade(&held.0))
            })
            .unzip();
        if leases.is_empty() {
            continue;
        }
        match store.renew(&options.kind, &leases, options.lease).await {
            Ok(renewed) => {
                for (lease, _) in kept.iter().zip(renewed).filter(|(_, renewed)| !renewed) {
                    stop_lost(lease);
                }
            }
            // The jobs go on: when the store is back before the leases expire, nothing is lost, and when it is not,
            // the fencing token keeps a second worker's result apart from ours.
            Err(error) => {
                tracing::warn!(kind = %options.kind, %error, "leases could not be renewed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::sync::Semaphore;

    use super::*;

    async fn held() -> HeldLease {
        let lease = Lease {
            id: "collect:a".to_owned(),
            kind: "collect".to_owned(),
            token: 1,
            attempt: 1,
            max_attempts: 15,
            payload: Vec::new(),
            parent: None,
            root: None,
            due_at: DateTime::UNIX_EPOCH,
            started_at: DateTime::UNIX_EPOCH,
        };
        let places = Arc::new(Semaphore::new(1));
        let place = places.acquire_owned().await.unwrap();
        Held::default().take(lease, place)
    }

    #[tokio::test]
    async fn an_attempt_that_is_over_cannot_lose_its_lease() {
        let held = held().await;
        held.over();
        assert!(!held.interrupt(Interruption::LeaseLost));
        assert!(futures::poll!(poll_fn(|cx| held.poll_interrupted(cx))).is_pending());
    }

    #[tokio::test]
    async fn what_interrupts_first_counts() {
        let held = held().await;
        assert!(held.interrupt(Interruption::TimedOut));
        assert!(!held.interrupt(Interruption::LeaseLost));
        let why = poll_fn(|cx| held.poll_interrupted(cx)).await;
        assert_eq!(why, Interruption::TimedOut);
    }
}
