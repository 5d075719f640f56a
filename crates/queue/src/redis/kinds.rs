//! What is known of whole kinds and of the server: counts, pauses, the clock, fitness to serve.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{RedisStore, failure::corrupt, keys, number, scripts::SCRIPTS};
use crate::{Error, KindStats, Result};

impl RedisStore {
    pub(super) async fn every_kind(&self) -> Result<Vec<String>> {
        let mut command = redis::cmd("SMEMBERS");
        command.arg(keys::kinds(&self.prefix));
        let mut kinds: Vec<String> = self.link.ask(&command).await?;
        kinds.sort_unstable();
        Ok(kinds)
    }

    pub(super) async fn counts(&self) -> Result<BTreeMap<String, KindStats>> {
        let mut counts = BTreeMap::new();
        for kind in self.every_kind().await? {
            let stats = self.count_kind(&kind).await?;
            counts.insert(kind, stats);
        }
        Ok(counts)
    }

    async fn count_kind(&self, kind: &str) -> Result<KindStats> {
        let keys = self.keys(kind)?;
        let mut reply = self.run(&SCRIPTS.stats, &keys, &self.arguments()).await?;
        Ok(KindStats {
            scheduled: reply.count()?,
            ready: reply.count()?,
            running: reply.count()?,
            done: reply.count()?,
            dead: reply.count()?,
            done_total: reply.count()?,
            dead_total: reply.count()?,
            dropped_total: reply.count()?,
            paused: reply.number()? == 1,
            oldest_ready_seconds: match reply.number()? {
                -1 => None,
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "an age of 2^53 ms is 285,000 years"
                )]
                age => Some(age as f64 / 1_000.0),
            },
        })
    }

    pub(super) async fn pause(&self, kind: &str, paused: bool) -> Result<()> {
        let keys = self.keys(kind)?;
        if paused && !self.has_entered(kind) {
            // So that the pause is seen also of a kind that never had a job.
            self.enter(kind).await?;
        }
        let mut arguments = self.arguments();
        arguments.push(number(u8::from(paused)));
        self.link.run(&SCRIPTS.pause, &keys, &arguments).await
    }

    pub(super) async fn clock(&self) -> Result<DateTime<Utc>> {
        let (seconds, micros): (i64, i64) = self.link.ask(&redis::cmd("TIME")).await?;
        DateTime::from_timestamp_millis(seconds * 1_000 + micros / 1_000)
            .and_then(|now| now.checked_add_signed(TimeDelta::milliseconds(self.offset.millis())))
            .ok_or_else(|| corrupt(self.link.place(), format!("{seconds} s for the time")))
    }

    /// Refuses a Redis that may drop keys of its own accord when its memory is full. INFO says so too where CONFIG
    /// is not allowed, as with most Redis that are rented.
    pub(super) async fn refuse_eviction(&self) -> Result<()> {
        let mut command = redis::cmd("INFO");
        command.arg("memory");
        let told: String = self.link.ask(&command).await?;
        let policy = told
            .lines()
            .find_map(|line| line.strip_prefix("maxmemory_policy:"))
            .map_or("unknown", str::trim);
        if policy == "noeviction" {
            return Ok(());
        }
        Err(Error::Refused(format!(
            "the Redis at {} may drop jobs when its memory is full (maxmemory-policy is {policy}): run CONFIG SET \
             maxmemory-policy noeviction on it, or set [queue] allow_eviction = true to take the risk",
            self.link.place()
        )))
    }
}
