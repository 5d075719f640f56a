//! Clearing a kind: removing what waits, and leaving what runs or has ended.

use sqlx::Row;

use super::{SqliteStore, dead::remove, lease::bounded};
use crate::{CHUNK, State};

impl SqliteStore {
    pub(super) async fn clear_waiting(
        &self,
        kind: &str,
        n: usize,
    ) -> sqlx::Result<Vec<(String, Vec<u8>)>> {
        let mut write = self.begin().await?;
        let waiting = sqlx::query(WAITING)
            .bind(kind)
            .bind(bounded(n.min(CHUNK)))
            .fetch_all(write.connection())
            .await?;
        let mut seqs = Vec::with_capacity(waiting.len());
        let mut ready = 0;
        let mut cleared = Vec::with_capacity(waiting.len());
        for row in &waiting {
            seqs.push(row.try_get("seq")?);
            ready += usize::from(row.try_get::<&str, _>("state")? == State::Ready.as_str());
            cleared.push((row.try_get("id")?, row.try_get("payload")?));
        }
        remove(&mut write, &seqs).await?;
        write.moved(kind, Some(State::Ready), None, ready);
        write.moved(kind, Some(State::Scheduled), None, seqs.len() - ready);
        write.commit().await?;
        Ok(cleared)
    }
}

/// Ready ones in two walks, since those that were handed back stand before the others in the index.
pub(super) const WAITING: &str = "
    SELECT run_at, seq, id, state, payload FROM queue_jobs
    WHERE kind = ?1 AND state = 'ready' AND front = 1
    UNION ALL
    SELECT run_at, seq, id, state, payload FROM queue_jobs
    WHERE kind = ?1 AND state = 'ready' AND front = 0
    UNION ALL
    SELECT run_at, seq, id, state, payload FROM queue_jobs
    WHERE kind = ?1 AND state = 'scheduled'
    ORDER BY run_at, seq LIMIT ?2";
