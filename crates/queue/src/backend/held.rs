//! The leases that this worker holds, and their renewal.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::WorkerOptions;
use crate::{Lease, Store};

/// The leases held, by job id and token, with what tells a job that its lease is lost.
type Table = Mutex<HashMap<(String, u64), CancellationToken>>;

/// The table of held leases.
#[derive(Clone, Default)]
pub(super) struct Held(Arc<Table>);

impl Held {
    /// Takes charge of a lease; it is renewed until the last clone of what comes back is dropped.
    pub(super) fn take(&self, lease: Lease, permit: OwnedSemaphorePermit) -> HeldLease {
        let lost = CancellationToken::new();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((lease.id.clone(), lease.token), lost.clone());
        HeldLease(Arc::new(Inner {
            lease,
            taken: Instant::now(),
            lost,
            table: Arc::clone(&self.0),
            _permit: permit,
        }))
    }
}

/// A lease in this worker's care. While it lives it is renewed and takes up one of the worker's places.
#[derive(Clone)]
pub(super) struct HeldLease(Arc<Inner>);

struct Inner {
    lease: Lease,
    taken: Instant,
    lost: CancellationToken,
    table: Arc<Table>,
    _permit: OwnedSemaphorePermit,
}

impl HeldLease {
    pub(super) fn lease(&self) -> &Lease {
        &self.0.lease
    }

    /// The store's present time, as far as it can be told from when it gave out the lease: never behind by more than the
    /// answer took to come.
    pub(super) fn store_now(&self) -> DateTime<Utc> {
        self.0.lease.started_at + self.0.taken.elapsed()
    }

    /// Resolves when the store says that another worker may hold the job now.
    pub(super) fn lost(&self) -> &CancellationToken {
        &self.0.lost
    }
}

impl fmt::Debug for HeldLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HeldLease").field(&self.0.lease.id).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.table
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&(self.lease.id.clone(), self.lease.token));
    }
}

/// Renews whatever is held, until `alive` is cancelled.
pub(super) async fn renew(
    held: &Held,
    store: &dyn Store,
    options: &WorkerOptions,
    alive: &CancellationToken,
) {
    let table = &held.0;
    let mut ticks = tokio::time::interval(options.lease / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = alive.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let leases: Vec<(String, u64)> = table
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect();
        if leases.is_empty() {
            continue;
        }
        match store.renew(&options.kind, &leases, options.lease).await {
            Ok(renewed) => {
                let table = table.lock().unwrap_or_else(PoisonError::into_inner);
                for (lease, _) in leases.iter().zip(renewed).filter(|(_, renewed)| !renewed) {
                    // One that is no longer in the table was settled while the renewal was under way.
                    if let Some(lost) = table.get(lease) {
                        tracing::warn!(job.id = %lease.0, "the lease was lost; the attempt is stopped");
                        lost.cancel();
                    }
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
