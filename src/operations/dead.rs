//! Dead letters: run again, or given up.

use std::time::Duration;

use chrono::TimeDelta;
use moodwire_queue::{CHUNK, Revival, State, Store};

use super::{count, domain::Domain};
use crate::failure::Failure;

/// Makes them run again, at once or evenly spread over a time. After each chunk it is told how many were looked at, and how
/// many of these changed.
pub(crate) async fn retry(
    queue: &dyn Store,
    ids: &[String],
    spread: Option<Duration>,
    payload: Option<&[u8]>,
    mut told: impl FnMut(usize, usize),
) -> Result<(), Failure> {
    let now = queue.now().await?;
    let of = u32::try_from(ids.len()).unwrap_or(u32::MAX).max(1);
    for (place, chunk) in ids.chunks(CHUNK).enumerate() {
        let jobs: Vec<Revival> = (place * CHUNK..)
            .zip(chunk)
            .map(|(index, id)| {
                let run_at = spread.map(|spread| {
                    let share = u32::try_from(index).unwrap_or(u32::MAX);
                    let after = spread.mul_f64(f64::from(share) / f64::from(of));
                    now + TimeDelta::from_std(after).unwrap_or_default()
                });
                (id.clone(), run_at, payload.map(<[u8]>::to_vec))
            })
            .collect();
        told(chunk.len(), count(&queue.retry(&jobs).await?));
    }
    Ok(())
}

/// Gives them up: in the domain first, so that upkeep brings nothing back, then on the queue. It is told as [`retry`] tells.
pub(crate) async fn discard(
    domain: &Domain<'_>,
    queue: &dyn Store,
    ids: &[String],
    mut told: impl FnMut(usize, usize),
) -> Result<(), Failure> {
    for chunk in ids.chunks(CHUNK) {
        for id in chunk {
            // One that somebody has retried meanwhile lives, and so does its batch.
            if let Some(job) = queue.get(id).await?
                && job.state == State::Dead
            {
                domain.discard(&job.kind, job.payload.as_bytes()).await?;
            }
        }
        told(chunk.len(), count(&queue.discard(chunk).await?));
    }
    Ok(())
}
