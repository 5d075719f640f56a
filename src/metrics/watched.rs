//! What is watched: the stores, and of what is in them, the sources and channels that are configured.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use moodwire_lake::Lake;
use moodwire_model::Clock;
use moodwire_queue::Store;
use moodwire_sources::Allowance;
use moodwire_warehouse::Warehouse;
use moodwire_workers::Deps;

/// What a role's metrics are read from.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) queue: Arc<dyn Store>,
    pub(crate) lake: Arc<dyn Lake>,
    pub(crate) warehouse: Warehouse,
    /// The configured sources, with what they may read where that is bounded.
    pub(crate) sources: BTreeMap<String, Option<Allowance>>,
    /// The configured channels.
    pub(crate) channels: Vec<String>,
    /// When the process began.
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Watched {
    /// What the jobs of this process work with.
    pub(crate) fn of(deps: &Deps) -> Self {
        Self {
            queue: Arc::clone(&deps.queue),
            lake: Arc::clone(&deps.lake),
            warehouse: deps.warehouse.clone(),
            sources: deps
                .sources
                .iter()
                .map(|(name, source)| (name.clone(), source.allowance().cloned()))
                .collect(),
            channels: deps.channels.keys().cloned().collect(),
            started_at: deps.started_at,
            clock: Arc::clone(&deps.clock),
        }
    }
}
