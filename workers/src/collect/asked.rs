//! The collects of a drain: one a source, and another each minute to a source that is not read as far as the drain
//! publishes.

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::{Hour, slot};
use moodwire_queue::{NewJob, State, Verdict};

use crate::{Deps, payload::Collect};

/// How long after a source was asked it is asked again.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(1);

/// What a drain has asked of each source.
#[derive(Debug)]
pub struct Asked {
    /// The end of the last hour that is due.
    until: DateTime<Utc>,
    last: Vec<(String, DateTime<Utc>, NewJob)>,
}

impl Asked {
    /// One collect of every source.
    pub fn of_all(deps: &Deps) -> Self {
        let now = deps.now();
        let last = deps.sources.keys();
        Self {
            until: Hour::of(deps.publish.horizon.unwrap_or(now)).start(),
            last: last
                .map(|source| (source.clone(), now, job(deps, source, now)))
                .collect(),
        }
    }

    /// Enqueues what the queue does not have. Where a pass is over and its source may still have posts of an hour that is
    /// due, as a network gives them late, another pass is asked for once a minute has gone by: no scheduler does.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn enqueue(&mut self, deps: &Deps) -> Result<(), Verdict> {
        let now = deps.now();
        for (source, asked_at, asked) in &mut self.last {
            if now - *asked_at >= AGAIN_AFTER && is_behind(deps, source, asked, self.until).await? {
                *asked_at = now;
                *asked = job(deps, source, now);
            }
        }
        let jobs: Vec<NewJob> = self.last.iter().map(|(.., job)| job.clone()).collect();
        let enqueued = deps.queue.enqueue(&jobs).await;
        enqueued.map(drop).map_err(deps.store_failed())
    }
}

fn job(deps: &Deps, source: &str, now: DateTime<Utc>) -> NewJob {
    let id = deps.by_hand(&slot::collect(source, now));
    deps.job(slot::COLLECT, id, &Collect::asked(source))
}

/// Whether the pass is over, no other is under way, and posts before `until` may be missing. A dead pass is for a person.
async fn is_behind(
    deps: &Deps,
    source: &str,
    asked: &NewJob,
    until: DateTime<Utc>,
) -> Result<bool, Verdict> {
    let cursor = deps
        .lake
        .cursor(source)
        .await
        .map_err(deps.store_failed())?;
    if cursor.holder.is_some() || cursor.watermark.is_some_and(|mark| mark >= until) {
        return Ok(false);
    }
    let row = deps.queue.get(&asked.id).await;
    let row = row.map_err(deps.store_failed())?;
    Ok(row.is_some_and(|row| row.state == State::Done))
}
