//! Jobs that wait: run at once, or given up.

use moodwire_queue::{CHUNK, State, Store};

use super::{count, domain::Domain};
use crate::failure::Failure;

/// The states of a job that waits.
pub(crate) const STATES: [State; 2] = [State::Scheduled, State::Ready];

/// Makes scheduled jobs ready; how many were scheduled.
pub(crate) async fn run_now(queue: &dyn Store, ids: &[String]) -> Result<usize, Failure> {
    let mut changed = 0;
    for chunk in ids.chunks(CHUNK) {
        changed += count(&queue.run_now(chunk).await?);
    }
    Ok(changed)
}

/// Gives up jobs that wait; how many did.
///
/// The domain is told before the queue: a worker that takes such a job in between finds its batch discarded or its
/// publication skipped and does nothing, while upkeep would bring a job back that is gone before the domain says no.
pub(crate) async fn discard(
    domain: &Domain<'_>,
    queue: &dyn Store,
    ids: &[String],
) -> Result<usize, Failure> {
    let mut changed = 0;
    for chunk in ids.chunks(CHUNK) {
        for id in chunk {
            // One that has begun to run meanwhile lives, and so does its batch.
            if let Some(job) = queue.get(id).await?
                && STATES.contains(&job.state)
            {
                domain.discard(&job.kind, job.payload.as_bytes()).await?;
            }
        }
        changed += count(&queue.remove_waiting(chunk).await?);
    }
    Ok(changed)
}
