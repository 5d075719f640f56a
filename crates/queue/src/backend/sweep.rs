//! Upkeep of one kind's jobs: workers that were lost, and rows that retention no longer keeps.

use std::{sync::Arc, time::Duration};

use moodwire_model::Entropy;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::WorkerOptions;
use crate::{Attempt, CHUNK, Lease, Outcome, Result, Settlement, Store, VerdictWord, backoff};

/// How often expired leases are looked for: three looks within the 15 s in which one must be noticed.
const EXPIRED_EVERY: Duration = Duration::from_secs(5);

/// Looks for expired leases between two looks for rows to drop: about a minute.
const PRUNE_EVERY: u32 = 12;

pub(super) fn start(
    store: Arc<dyn Store>,
    options: Arc<WorkerOptions>,
    entropy: Arc<dyn Entropy>,
    closing: CancellationToken,
) {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EXPIRED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut round = 0_u32;
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = settle_lost(&*store, &options, &*entropy).await {
                tracing::debug!(kind = %options.kind, %error, "expired leases could not be looked for");
            }
            if round.is_multiple_of(PRUNE_EVERY) {
                prune(&*store, &options).await;
            }
            round = round.wrapping_add(1);
        }
    });
}

/// Counts each expired lease as a failed attempt, so that a job that kills its worker ends as a dead letter.
async fn settle_lost(
    store: &dyn Store,
    options: &WorkerOptions,
    entropy: &dyn Entropy,
) -> Result<()> {
    let expired = store.expired(&options.kind).await?;
    if expired.is_empty() {
        return Ok(());
    }
    let now = store.now().await?;
    let settlements: Vec<Settlement> = expired
        .into_iter()
        .map(|(lease, worker)| {
            tracing::warn!(job.id = %lease.id, attempt = lease.attempt, %worker, "the worker was lost");
            lost(lease, worker, now, options, entropy)
        })
        .collect();
    store.settle(&options.kind, &settlements).await?;
    Ok(())
}

fn lost(
    lease: Lease,
    worker: String,
    now: chrono::DateTime<chrono::Utc>,
    options: &WorkerOptions,
    entropy: &dyn Entropy,
) -> Settlement {
    let error = format!("worker lost: {worker} stopped renewing its lease");
    Settlement {
        outcome: Outcome::Retry {
            error: error.clone(),
            delay: backoff(&options.retry, lease.attempt, entropy),
        },
        record: Attempt {
            attempt: lease.attempt,
            started_at: lease.started_at,
            duration_ms: u64::try_from((now - lease.started_at).num_milliseconds()).unwrap_or(0),
            worker,
            verdict: VerdictWord::WorkerLost,
            error: Some(error),
        },
        id: lease.id,
        token: lease.token,
        only_if_expired: true,
    }
}

async fn prune(store: &dyn Store, options: &WorkerOptions) {
    loop {
        match store.prune(&options.kind, &options.retention).await {
            Ok(pruned) => {
                if pruned.dead > 0 {
                    tracing::warn!(kind = %options.kind, dead = pruned.dead, "retention dropped dead letters");
                }
                // A call is bounded; while it comes back full, more is left.
                if pruned.done + pruned.dead < CHUNK as u64 {
                    return;
                }
            }
            Err(error) => {
                tracing::debug!(kind = %options.kind, %error, "ended jobs could not be dropped");
                return;
            }
        }
    }
}
