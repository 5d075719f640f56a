//! Work that a store says is not done, while the kept row of its job says that it is: a store was restored from a copy, or
//! a result undone. The store is right, and the work is done once more, under an id of its own.

use moodwire_model::slot;
use moodwire_queue::{NewJob, State, Verdict};

use crate::Deps;

/// How often at most, for as long as the rows are kept.
const MOST: u32 = 50;

/// Enqueues the job once more where its row, and those of all the times before, say done. Whether it did: asked every minute
/// meanwhile, it does not do so every minute.
pub(crate) async fn once_more(deps: &Deps, job: &NewJob) -> Result<bool, Verdict> {
    for time in 1..=MOST {
        let id = match time {
            1 => slot::by_hand(&job.id, "again"),
            time => slot::by_hand(&job.id, &format!("again-{time}")),
        };
        let row = deps.queue.get(&id).await.map_err(deps.store_failed())?;
        match row {
            Some(row) if row.state == State::Done => {}
            Some(_) => return Ok(false),
            None => {
                let again = NewJob { id, ..job.clone() };
                let enqueued = deps.queue.enqueue(&[again]).await;
                let enqueued = enqueued.map_err(deps.store_failed())?;
                return Ok(enqueued.first().is_some_and(|job| !job.duplicate));
            }
        }
    }
    Ok(false)
}
