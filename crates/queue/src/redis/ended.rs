//! Jobs that end otherwise than by an attempt: dead letters retried or discarded by a person, waiting jobs that are
//! cleared, and what retention drops.

use std::time::Duration;

use super::{
    RedisStore,
    keys::{long, short},
    millis, number,
    scripts::SCRIPTS,
};
use crate::{CHUNK, Pruned, Result, Retention, Revival};

/// The most chunks of one state that one call of prune drops; who calls it goes on as long as it drops any.
const CHUNKS: usize = 20;

impl RedisStore {
    pub(super) async fn revive(&self, jobs: &[Revival]) -> Result<Vec<bool>> {
        let ids: Vec<&str> = jobs.iter().map(|(id, ..)| &**id).collect();
        self.run_on_each(&SCRIPTS.retry, &ids, |kind, index| {
            let (id, run_at, payload) = &jobs[index];
            [
                short(kind, id).into(),
                run_at.map_or_else(Vec::new, |at| number(at.timestamp_millis())),
                number(u8::from(payload.is_some())),
                payload.clone().unwrap_or_default(),
            ]
        })
        .await
    }

    pub(super) async fn remove(&self, ids: &[String]) -> Result<Vec<bool>> {
        let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
        let of = |kind: &str, index: usize| [short(kind, ids[index]).into()];
        self.run_on_each(&SCRIPTS.discard, &ids, of).await
    }

    pub(super) async fn drop_waiting(
        &self,
        kind: &str,
        n: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let mut arguments = self.arguments();
        arguments.push(number(n));
        let keys = self.keys(kind)?;
        let mut reply = self.run(&SCRIPTS.clear, &keys, &arguments).await?;
        let mut dropped = Vec::with_capacity(reply.len() / 2);
        while !reply.is_empty() {
            let id = long(kind, &reply.text()?);
            let payload = self.unpack_job(&id, &reply.bytes()?)?.payload;
            dropped.push((id, payload));
        }
        Ok(dropped)
    }

    pub(super) async fn drop_old(&self, kind: &str, retention: &Retention) -> Result<Pruned> {
        let Retention {
            done_for,
            done_count,
            dead_for,
            dead_count,
        } = *retention;
        Ok(Pruned {
            done: self.drop_state(kind, "done", done_for, done_count).await?,
            dead: self.drop_state(kind, "dead", dead_for, dead_count).await?,
        })
    }

    async fn drop_state(&self, kind: &str, state: &str, kept: Duration, most: u64) -> Result<u64> {
        let keys = self.keys(kind)?;
        let mut arguments = self.arguments();
        arguments.extend([
            state.into(),
            number(millis(kept)),
            number(most),
            number(CHUNK),
        ]);
        let mut dropped = 0;
        for _ in 0..CHUNKS {
            let count: u64 = self.link.run(&SCRIPTS.prune, &keys, &arguments).await?;
            dropped += count;
            if count < CHUNK as u64 {
                break;
            }
        }
        Ok(dropped)
    }
}
