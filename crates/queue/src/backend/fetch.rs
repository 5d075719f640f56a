//! The fetcher: takes as many due jobs as there are free places, and waits when there are none.

use std::{sync::Arc, time::Duration};

use moodwire_model::Entropy;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    WorkerOptions,
    held::{Held, HeldLease},
    settle::Settler,
};
use crate::{Fetched, Store};

/// The longest wait without a look: bounds what a lost wake-up can cost.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Upper end of the jittered wait after a store that does not answer.
const OUTAGE_WAIT: Duration = Duration::from_secs(2);

pub(super) struct Fetcher {
    store: Arc<dyn Store>,
    options: Arc<WorkerOptions>,
    entropy: Arc<dyn Entropy>,
    held: Held,
    settler: Settler,
    closing: CancellationToken,
    places: Arc<Semaphore>,
    leased: mpsc::Sender<HeldLease>,
}

impl Fetcher {
    pub(super) fn new(
        store: Arc<dyn Store>,
        options: Arc<WorkerOptions>,
        entropy: Arc<dyn Entropy>,
        held: Held,
        settler: Settler,
        closing: CancellationToken,
    ) -> (Self, mpsc::Receiver<HeldLease>) {
        let places = options.concurrency.max(1);
        // As many places as permits: a send never waits.
        let (leased, receiver) = mpsc::channel(places);
        let fetcher = Self {
            store,
            options,
            entropy,
            held,
            settler,
            closing,
            places: Arc::new(Semaphore::new(places)),
            leased,
        };
        (fetcher, receiver)
    }

    /// Fetches until closing. A fetch that is under way is never dropped, since it may have claimed jobs.
    pub(super) async fn run(self) {
        let mut outage = false;
        while let Some(places) = self.free_places().await {
            let fetched = self
                .store
                .fetch(
                    &self.options.kind,
                    places.len(),
                    &self.options.worker,
                    self.options.lease,
                )
                .await;
            match fetched {
                Ok(fetched) => {
                    if std::mem::take(&mut outage) {
                        tracing::info!(kind = %self.options.kind, "the queue answers again");
                    }
                    self.deliver_or_wait(fetched, places).await;
                }
                Err(error) => {
                    if !std::mem::replace(&mut outage, true) {
                        tracing::warn!(kind = %self.options.kind, %error, "no jobs can be fetched; trying again");
                    }
                    drop(places);
                    let wait = OUTAGE_WAIT.mul_f64(self.entropy.unit());
                    self.unless_closing(tokio::time::sleep(wait)).await;
                }
            }
        }
    }

    /// Waits for a free place and takes all that are free; none when closing.
    async fn free_places(&self) -> Option<Vec<OwnedSemaphorePermit>> {
        let first = tokio::select! {
            biased;
            () = self.closing.cancelled() => return None,
            place = Arc::clone(&self.places).acquire_owned() => place.ok()?,
        };
        // Places that come free in the same turn of the runtime are filled by the same call.
        tokio::task::yield_now().await;
        let mut places = vec![first];
        while let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            places.push(place);
        }
        Some(places)
    }

    async fn deliver_or_wait(&self, fetched: Fetched, places: Vec<OwnedSemaphorePermit>) {
        if fetched.leases.is_empty() {
            drop(places);
            let at_most = fetched.next_due.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
            let waited = self
                .unless_closing(self.store.wait(&self.options.kind, at_most))
                .await;
            if let Some(Err(error)) = waited {
                tracing::debug!(kind = %self.options.kind, %error, "waiting for jobs failed");
                let wait = OUTAGE_WAIT.mul_f64(self.entropy.unit());
                self.unless_closing(tokio::time::sleep(wait)).await;
            }
            return;
        }
        let held: Vec<HeldLease> = fetched
            .leases
            .into_iter()
            .zip(places)
            .map(|(lease, place)| self.held.take(lease, place))
            .collect();
        if self.closing.is_cancelled() {
            self.settler.hand_back(held).await;
            return;
        }
        for lease in held {
            // There is room for as many as there are places: it fails only when the worker is gone, and the lease expires.
            let _gone = self.leased.try_send(lease);
        }
    }

    async fn unless_closing<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => None,
            output = future => Some(output),
        }
    }
}
