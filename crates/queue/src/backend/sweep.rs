//! Upkeep of one kind's jobs: workers that were lost, rows that retention no longer keeps, and tasks to be adopted.

use std::time::Duration;

use moodwire_model::Entropy;
use tokio::{sync::Notify, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::WorkerOptions;
use crate::{
    Attempt, CHUNK, Lease, Outcome, Result, Settlement, Store, VerdictWord, backoff, meters::Meters,
};

/// How often expired leases are looked for: three looks within the 15 s in which one must be noticed.
const EXPIRED_EVERY: Duration = Duration::from_secs(5);

/// Looks for expired leases between two looks for rows to drop: about a minute.
const PRUNE_EVERY: u32 = 12;

/// How often tasks to be adopted are looked for: a task starts within the second in which it was pushed, which leaves
/// 100 ms to fetch it.
const ADOPT_EVERY: Duration = Duration::from_millis(900);

/// Keeps the kind in order until `closing` is cancelled. `ended` is told whenever many jobs have ended, so that what a
/// busy worker leaves behind is dropped as fast as it comes.
pub(super) async fn run(
    store: &dyn Store,
    options: &WorkerOptions,
    entropy: &dyn Entropy,
    meters: &Meters,
    ended: &Notify,
    closing: &CancellationToken,
) {
    let mut ticks = tokio::time::interval(EXPIRED_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = 0_u32;
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            () = ended.notified() => {
                prune(store, options).await;
                continue;
            }
            _ = ticks.tick() => {}
        }
        if let Err(error) = settle_lost(store, options, entropy, meters).await {
            tracing::debug!(kind = %options.kind, %error, "expired leases could not be looked for");
        }
        if round.is_multiple_of(PRUNE_EVERY) {
            prune(store, options).await;
        }
        round = round.wrapping_add(1);
    }
}

/// Adopts tasks until `closing` is cancelled: beside [`run`], since a backlog to be adopted must not delay the look for
/// workers that were lost, nor the other way.
pub(super) async fn adopt(store: &dyn Store, options: &WorkerOptions, closing: &CancellationToken) {
    let mut ticks = tokio::time::interval(ADOPT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closing.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // A call is bounded; while it brings any, more may be left.
        while !closing.is_cancelled() {
            match store.adopt(&options.kind, options.retry.max_attempts).await {
                Ok(0) => break,
                Ok(adopted) => {
                    tracing::debug!(kind = %options.kind, adopted, "tasks were adopted");
                }
                Err(error) => {
                    tracing::debug!(kind = %options.kind, %error, "tasks could not be adopted");
                    break;
                }
            }
        }
    }
}

/// Counts each expired lease as a failed attempt, so that a job that kills its worker ends as a dead letter.
async fn settle_lost(
    store: &dyn Store,
    options: &WorkerOptions,
    entropy: &dyn Entropy,
    meters: &Meters,
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
    let settled = store.settle(&options.kind, &settlements).await?;
    for (settlement, settled) in settlements.iter().zip(settled) {
        meters.settled(settlement, settled);
    }
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
