//! What giving up a job means beside the queue: a transform's batch is discarded, a publication is skipped.
//!
//! Upkeep fills the queue from the lake and the ledger, so a job that is removed from the queue alone comes back.

use std::sync::Arc;

use moodwire_lake::Lake;
use moodwire_model::{BatchState, slot};
use moodwire_warehouse::Warehouse;
use moodwire_workers::payload::{Publish, Transform};
use tokio::sync::OnceCell;

use crate::{config::Config, environment, failure::Failure};

/// The lake and the warehouse, each opened when a job stands for something in it.
pub(crate) struct Domain<'a> {
    config: &'a Config,
    lake: OnceCell<Arc<dyn Lake>>,
    warehouse: OnceCell<Warehouse>,
}

impl<'a> Domain<'a> {
    /// The domain as configured; nothing is opened yet.
    pub(crate) fn of(config: &'a Config) -> Self {
        Self {
            config,
            lake: OnceCell::new(),
            warehouse: OnceCell::new(),
        }
    }

    /// The domain on stores that are open.
    pub(crate) fn opened(config: &'a Config, lake: Arc<dyn Lake>, warehouse: Warehouse) -> Self {
        Self {
            config,
            lake: OnceCell::new_with(Some(lake)),
            warehouse: OnceCell::new_with(Some(warehouse)),
        }
    }

    /// Whether jobs of the kind stand for anything beside the queue.
    pub(crate) fn knows(kind: &str) -> bool {
        matches!(kind, slot::TRANSFORM | slot::PUBLISH)
    }

    /// Opens what the kind's jobs stand for, so that a store that is away or behind is told before anything changes.
    pub(crate) async fn prepare(&self, kind: &str) -> Result<(), Failure> {
        match kind {
            slot::TRANSFORM => self.lake().await.map(|_| ()),
            slot::PUBLISH => self.warehouse().await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Gives up what the job stands for; doing it twice is safe. What cannot be decoded stands for nothing. A batch
    /// that is scored and a publication that was sent stay so.
    pub(crate) async fn discard(&self, kind: &str, payload: &[u8]) -> Result<(), Failure> {
        let now = environment::clock().now();
        match kind {
            slot::TRANSFORM => {
                let Ok(payload) = serde_json::from_slice::<Transform>(payload) else {
                    return Ok(());
                };
                let from = [BatchState::Open, BatchState::Queued];
                self.lake()
                    .await?
                    .move_batch(&payload.batch, &from, BatchState::Discarded, now)
                    .await?;
            }
            slot::PUBLISH => {
                let Ok(payload) = serde_json::from_slice::<Publish>(payload) else {
                    return Ok(());
                };
                let reason = "discarded by a person";
                self.warehouse()
                    .await?
                    .skip(payload.hour, &payload.channel, reason, now)
                    .await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn lake(&self) -> Result<&Arc<dyn Lake>, Failure> {
        self.lake
            .get_or_try_init(|| environment::open_lake(self.config))
            .await
    }

    async fn warehouse(&self) -> Result<&Warehouse, Failure> {
        self.warehouse
            .get_or_try_init(|| environment::prepared_warehouse(self.config))
            .await
    }
}
