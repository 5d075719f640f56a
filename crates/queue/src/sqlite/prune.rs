//! Retention: dropping ended jobs by age and by count.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::{SqliteStore, dead::remove, lease::bounded, rows};
use crate::{CHUNK, Pruned, Retention, State};

/// The most transactions that one call spends on a state; the next call goes on.
const CHUNKS: usize = 4;

/// What retention keeps of one state.
#[derive(Debug, Clone, Copy)]
struct Keep {
    state: State,
    time: Duration,
    count: u64,
}

impl SqliteStore {
    pub(super) async fn prune_ended(
        &self,
        kind: &str,
        retention: &Retention,
    ) -> sqlx::Result<Pruned> {
        let done = Keep {
            state: State::Done,
            time: retention.done_for,
            count: retention.done_count,
        };
        let dead = Keep {
            state: State::Dead,
            time: retention.dead_for,
            count: retention.dead_count,
        };
        Ok(Pruned {
            done: self.drop_beyond(kind, done).await?,
            dead: self.drop_beyond(kind, dead).await?,
        })
    }

    async fn drop_beyond(&self, kind: &str, keep: Keep) -> sqlx::Result<u64> {
        let mut dropped = 0;
        for _ in 0..CHUNKS {
            // Most calls find nothing: these take no write lock.
            let now = self.time().await?;
            let mut reading = self.database.reader().acquire().await?;
            if doomed(&mut reading, kind, keep, now).await?.is_empty() {
                break;
            }
            drop(reading);
            let mut write = self.begin().await?;
            let now = write.now();
            let doomed = doomed(write.connection(), kind, keep, now).await?;
            remove(&mut write, &doomed).await?;
            write.moved(kind, Some(keep.state), None, doomed.len());
            if keep.state == State::Dead {
                write.dropped(kind, doomed.len());
            }
            write.commit().await?;
            dropped += u64::try_from(doomed.len()).unwrap_or(0);
        }
        Ok(dropped)
    }
}

/// The oldest [`CHUNK`] jobs of the state at most, as far as they are too old or too many.
async fn doomed(
    connection: &mut SqliteConnection,
    kind: &str,
    keep: Keep,
    now: i64,
) -> sqlx::Result<Vec<i64>> {
    let counts: Option<(i64, i64)> =
        sqlx::query_as("SELECT done, dead FROM queue_kinds WHERE kind = ?")
            .bind(kind)
            .fetch_optional(&mut *connection)
            .await?;
    let (done, dead) = counts.unwrap_or_default();
    let kept = if keep.state == State::Done {
        done
    } else {
        dead
    };
    let excess = usize::try_from(kept)
        .unwrap_or(0)
        .saturating_sub(usize::try_from(keep.count).unwrap_or(usize::MAX));
    let eldest: Vec<(i64, i64)> = sqlx::query_as(ELDEST)
        .bind(kind)
        .bind(keep.state.as_str())
        .bind(bounded(CHUNK))
        .fetch_all(connection)
        .await?;
    Ok(eldest
        .into_iter()
        .enumerate()
        .filter(|(index, (_, ended_at))| {
            *index < excess || rows::after(*ended_at, keep.time) <= now
        })
        .map(|(_, (seq, _))| seq)
        .collect())
}

/// An ended job's last change is its end.
pub(super) const ELDEST: &str = "
    SELECT seq, changed_at FROM queue_jobs WHERE kind = ? AND state = ? ORDER BY change LIMIT ?";
