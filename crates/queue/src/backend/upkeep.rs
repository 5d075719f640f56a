//! The thread on which a worker keeps its leases alive and its kind in order.
//!
//! It has a runtime and, where the store needs that, a connection of its own: a handler that blocks every thread of the
//! process's runtime holds up neither the renewal of its lease nor that of its neighbours'.

use std::sync::Arc;

use moodwire_model::Entropy;
use tokio_util::sync::CancellationToken;

use super::{
    WorkerOptions,
    held::{self, Held},
    settle::Settler,
    sweep,
};
use crate::{Store, meters::Meters};

/// What the thread needs.
pub(super) struct Upkeep {
    pub(super) store: Arc<dyn Store>,
    pub(super) options: Arc<WorkerOptions>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) settler: Settler,
    pub(super) meters: Meters,
    /// Cancelled when the worker takes no more jobs.
    pub(super) closing: CancellationToken,
}

/// Starts the thread, which ends when nothing can be held any more, and returns the leases that it will renew.
pub(super) fn start(upkeep: Upkeep) -> Held {
    let held = Held::default();
    let Upkeep {
        store,
        options,
        entropy,
        settler,
        meters,
        closing,
    } = upkeep;
    let (alive, ended) = (settler.alive(), settler.ended());
    let work = {
        let held = held.clone();
        async move {
            let store = store.reopened().await.unwrap_or(store);
            tokio::join!(
                held::renew(&held, &*store, &options, &alive),
                sweep::run(&*store, &options, &*entropy, &meters, &ended, &closing),
                sweep::adopt(&*store, &options, &closing),
            );
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let thread = std::thread::Builder::new().name("queue-upkeep".to_owned());
            if let Err(error) = thread.spawn(move || runtime.block_on(work)) {
                tracing::error!(%error, "no thread for the upkeep of the queue: leases will expire");
            }
        }
        Err(error) => {
            tracing::warn!(%error, "no runtime for the upkeep of the queue; it shares the workers'");
            tokio::spawn(work);
        }
    }
    held
}
