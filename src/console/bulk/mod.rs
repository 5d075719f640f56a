//! Operations on many jobs: under way beside the pages, with their progress, and an undo while nothing has happened yet.
//!
//! A discard waits ten seconds before it begins, which is its undo: should the console end meanwhile, nothing was discarded.

mod shown;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use moodwire_workers::Deps;
use tokio_util::sync::CancellationToken;

pub(super) use self::shown::{Shown, Stage, Verb, Which};
use crate::{
    audit,
    config::Config,
    environment,
    failure::Failure,
    operations::{dead, domain::Domain, listing::every},
};

/// How long a discard waits to be undone.
pub(super) const UNDO: Duration = Duration::from_secs(10);

/// How long an operation that has ended is still shown.
const SHOWN_AFTER: TimeDelta = TimeDelta::seconds(60);

/// How many operations are remembered.
const KEPT: usize = 100;

#[derive(Debug)]
struct Operation {
    shown: Shown,
    undo: CancellationToken,
}

/// The operations of this process.
#[derive(Debug)]
pub(super) struct Bulk {
    deps: Arc<Deps>,
    config: Config,
    operations: Mutex<(u64, VecDeque<Operation>)>,
}

impl Bulk {
    pub(super) fn new(deps: Arc<Deps>, config: Config) -> Self {
        Self {
            deps,
            config,
            operations: Mutex::default(),
        }
    }

    /// Begins an operation, after `hold`; what it is known by.
    pub(super) fn begin(
        self: &Arc<Self>,
        verb: Verb,
        which: Which,
        what: String,
        who: &str,
        hold: Duration,
    ) -> u64 {
        let now = environment::clock().now();
        let undo = CancellationToken::new();
        let id = self.with(|(last, operations)| {
            *last += 1;
            operations.push_back(Operation {
                shown: Shown {
                    id: *last,
                    verb,
                    what,
                    who: who.to_owned(),
                    state: match hold {
                        Duration::ZERO => Stage::Running { done: 0, total: 0 },
                        hold => Stage::Waiting { until: now + hold },
                    },
                    changed_at: now,
                },
                undo: undo.clone(),
            });
            if operations.len() > KEPT
                && let Some(over) = operations.iter().position(|one| one.shown.state.is_over())
            {
                operations.remove(over);
            }
            *last
        });
        let bulk = Arc::clone(self);
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(hold) => bulk.carry_out(id, verb, which).await,
                () = undo.cancelled() => {}
            }
        });
        id
    }

    /// Undoes an operation that has not begun; false where it has.
    pub(super) fn undo(&self, id: u64) -> bool {
        self.with(|(_, operations)| {
            let waiting = operations
                .iter_mut()
                .find(|one| one.shown.id == id && one.shown.can_be_undone());
            waiting.is_some_and(|operation| {
                operation.undo.cancel();
                operation.shown.state = Stage::Undone;
                operation.shown.changed_at = environment::clock().now();
                true
            })
        })
    }

    /// Those that are under way, and those that have just ended.
    pub(super) fn shown(&self) -> Vec<Shown> {
        let since = environment::clock().now() - SHOWN_AFTER;
        self.with(|(_, operations)| {
            let shown = operations.iter().map(|operation| &operation.shown);
            shown
                .filter(|shown| !shown.state.is_over() || shown.changed_at > since)
                .cloned()
                .collect()
        })
    }

    /// One of them.
    pub(super) fn get(&self, id: u64) -> Option<Shown> {
        self.with(|(_, operations)| {
            let found = operations.iter().find(|one| one.shown.id == id)?;
            Some(found.shown.clone())
        })
    }

    async fn carry_out(&self, id: u64, verb: Verb, which: Which) {
        if !self.starts(id) {
            return;
        }
        let ended = match self.work(id, verb, which).await {
            Ok((matched, changed)) => Stage::Done { matched, changed },
            Err(failure) => Stage::Failed(failure.to_string()),
        };
        let Some(shown) = self.get(id) else { return };
        let detail = match &ended {
            Stage::Done { matched, changed } => format!("{matched} matched, {changed} changed"),
            other => format!("{other:?}"),
        };
        self.set(id, ended);
        let entry = super::deed(&shown.who, verb.name(), &shown.what, Some(detail));
        audit::record(&self.deps.warehouse, &entry).await;
    }

    /// From here on it cannot be undone; false where it was.
    fn starts(&self, id: u64) -> bool {
        self.with(|(_, operations)| {
            let found = operations.iter_mut().find(|one| one.shown.id == id);
            found.is_some_and(|operation| {
                let undone = operation.shown.state.is_over();
                if !undone {
                    operation.shown.state = Stage::Running { done: 0, total: 0 };
                }
                !undone
            })
        })
    }

    /// How many were meant, and how many changed.
    async fn work(&self, id: u64, verb: Verb, which: Which) -> Result<(u64, u64), Failure> {
        let queue = &*self.deps.queue;
        let (ids, payload) = match which {
            Which::Ids(ids, payload) => (ids, payload),
            Which::All(filter) => (every(queue, &filter).await?.0, None),
        };
        let total = ids.len() as u64;
        let (mut done, mut changed) = (0, 0);
        self.set(id, Stage::Running { done, total });
        let told = |looked: usize, more: usize| {
            done += looked as u64;
            changed += more as u64;
            self.set(id, Stage::Running { done, total });
        };
        match verb {
            Verb::Retry(spread) => {
                dead::retry(queue, &ids, spread, payload.as_deref(), told).await?;
            }
            Verb::Discard => {
                let (lake, warehouse) = (Arc::clone(&self.deps.lake), self.deps.warehouse.clone());
                let domain = Domain::opened(&self.config, lake, warehouse);
                dead::discard(&domain, queue, &ids, told).await?;
            }
        }
        Ok((total, changed))
    }

    fn set(&self, id: u64, state: Stage) {
        self.with(|(_, operations)| {
            let found = operations.iter_mut().find(|one| one.shown.id == id);
            if let Some(operation) = found {
                operation.shown.state = state;
                operation.shown.changed_at = environment::clock().now();
            }
        });
    }

    fn with<T>(&self, then: impl FnOnce(&mut (u64, VecDeque<Operation>)) -> T) -> T {
        then(
            &mut self
                .operations
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}
