//! Upkeep: brings back what a crash left behind. Runs at start and every minute; running it twice is safe.
//!
//! The lake and the ledger are the truth and the queue is only how it is acted on: even a queue that lost everything
//! is filled again from them.

use chrono::TimeDelta;
use moodwire_model::{Batch, BatchState, slot};
use moodwire_queue::{NewJob, State, Verdict};

use crate::{Deps, again, collect::is_running, due, payload::Transform};

/// Batches looked at in one go.
const PAGE: usize = 500;

/// How long the audit log keeps a deed: a year, so that whoever asks once a year finds the whole of it.
const AUDIT_KEPT: TimeDelta = TimeDelta::days(366);

/// What upkeep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upkept {
    /// Batches closed because the collect that filled them is gone.
    pub closed: u64,
    /// Transforms enqueued for batches that had none.
    pub transforms: u64,
    /// Publications enqueued.
    pub publications: u64,
}

/// Closes orphaned batches, enqueues transforms that are missing, and publications that are due; drops old deeds from the
/// audit log.
pub async fn run(deps: &Deps) -> Result<Upkept, Verdict> {
    let mut upkept = Upkept::default();
    let mut after: Option<String> = None;
    loop {
        let batches = deps
            .lake
            .batches(
                &[BatchState::Open, BatchState::Queued],
                after.as_deref(),
                PAGE,
            )
            .await
            .map_err(deps.store_failed())?;
        let mut queued = Vec::with_capacity(batches.len());
        for batch in &batches {
            if batch.state == BatchState::Open {
                if is_running(deps, &batch.job).await? {
                    continue;
                }
                upkept.closed += u64::from(close(deps, batch).await?);
            }
            queued.push(batch);
        }
        upkept.transforms += enqueue_transforms(deps, &queued).await?;
        match batches.last() {
            Some(last) if batches.len() == PAGE => after = Some(last.id.clone()),
            _ => break,
        }
    }
    let publications = due::enqueue(deps).await?;
    upkept.publications = u64::try_from(publications).unwrap_or(u64::MAX);
    deps.warehouse
        .prune_audit(deps.now() - AUDIT_KEPT)
        .await
        .map_err(deps.store_failed())?;
    Ok(upkept)
}

/// Closes a batch whose collect holds no live lease. A compare-and-set: a collect that lives after all loses it, and has
/// its batch scored once more.
async fn close(deps: &Deps, batch: &Batch) -> Result<bool, Verdict> {
    deps.lake
        .move_batch(
            &batch.id,
            &[BatchState::Open],
            BatchState::Queued,
            deps.now(),
        )
        .await
        .map_err(deps.store_failed())
}

/// Enqueues the transforms of queued batches unless they are on the queue already, or dead letters. How many were new.
async fn enqueue_transforms(deps: &Deps, batches: &[&Batch]) -> Result<u64, Verdict> {
    let jobs: Vec<NewJob> = batches
        .iter()
        .map(|batch| transform_of(deps, batch))
        .collect();
    let enqueued = deps
        .queue
        .enqueue(&jobs)
        .await
        .map_err(deps.store_failed())?;
    let mut new = 0;
    for ((batch, job), enqueued) in batches.iter().zip(jobs).zip(enqueued) {
        new += u64::from(!enqueued.duplicate || revive(deps, batch, job).await?);
    }
    Ok(new)
}

fn transform_of(deps: &Deps, batch: &Batch) -> NewJob {
    let mut job = deps.job(
        slot::TRANSFORM,
        slot::transform(&batch.id),
        &Transform::of(&batch.id),
    );
    job.parent = Some(batch.job.clone());
    job.root = Some(batch.job.clone());
    job
}

/// A transform whose kept row says done, while its batch says that it is not scored: the batch is right, unless it was
/// scored since it was listed, and then the transform has nothing to do.
async fn revive(deps: &Deps, batch: &Batch, job: NewJob) -> Result<bool, Verdict> {
    let row = deps.queue.get(&job.id).await.map_err(deps.store_failed())?;
    if row.is_none_or(|row| row.state != State::Done) {
        return Ok(false);
    }
    let still_queued = deps
        .lake
        .batch(&batch.id)
        .await
        .map_err(deps.store_failed())?
        .is_some_and(|batch| batch.state == BatchState::Queued);
    if !still_queued {
        return Ok(false);
    }
    again::once_more(deps, &job).await
}
