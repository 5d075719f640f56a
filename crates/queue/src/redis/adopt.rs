//! Adoption: tasks that a stock `apalis_redis::RedisStorage` pushed to a queue named as one of our kinds become jobs.
//!
//! The stock keys carry no hash tag and lie in other cluster slots than ours, so no script of ours may touch both. A task
//! goes in three steps: read, enqueue under an id made of the task's own, remove. A crash in between leaves it in both
//! places; whoever comes next enqueues a duplicate, which does nothing, and removes the rest. Two processes at once are
//! the same case.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use redis::Cmd;

use super::RedisStore;
use crate::{CHUNK, NewJob, Result};

const READ: &str = include_str!("scripts/stock_read.lua");
const REMOVE: &str = include_str!("scripts/stock_remove.lua");

/// The most payload that is read at a time, bytes: as much as is enqueued at a time.
const READ_BYTES: usize = 8 << 20;

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write: later times, which only mean "never", become it.
const LATEST_SECOND: i64 = 253_402_300_799;

impl RedisStore {
    /// Takes over one chunk of the stock queue named `kind`; see [`crate::Store::adopt`].
    pub(super) async fn adopt_chunk(&self, kind: &str, default_max_attempts: u32) -> Result<u64> {
        self.keys(kind)?;
        let stock = StockQueue { name: kind };
        // Redis keeps no empty set or list: on an idle system this one question is all that adoption costs.
        if self.link.ask::<u64>(&stock.any()).await? == 0 {
            return Ok(0);
        }
        let tasks: Vec<StockTask> = self.link.ask(&stock.read()).await?;
        let jobs: Vec<NewJob> = tasks
            .iter()
            .filter_map(|task| task.job(kind, default_max_attempts))
            .collect();
        self.add(&jobs).await?;
        let removed: Vec<bool> = self.link.ask(&stock.remove(&tasks)).await?;
        let gone: Vec<&StockTask> = tasks
            .iter()
            .zip(removed)
            .filter_map(|(task, removed)| removed.then_some(task))
            .collect();
        // One whose payload went because another process has just adopted it was not ours to remove.
        let mut empty = gone.iter().filter(|task| task.payload.is_none());
        if let Some(first) = empty.next() {
            tracing::warn!(
                kind, task.id = %first.name(), tasks = 1 + empty.count(),
                "tasks of a stock queue had no payload; they were dropped"
            );
        }
        Ok(gone.len() as u64)
    }
}

/// The keys of a stock queue, as `apalis_redis::Config` names them.
struct StockQueue<'a> {
    name: &'a str,
}

impl StockQueue<'_> {
    /// Every stock push goes here, its time being now or later …
    fn scheduled(&self) -> String {
        format!("{}:scheduled", self.name)
    }

    /// … and a stock worker moves it here once it is due.
    fn active(&self) -> String {
        format!("{}:active", self.name)
    }

    fn any(&self) -> Cmd {
        let mut command = redis::cmd("EXISTS");
        command.arg(self.scheduled()).arg(self.active());
        command
    }

    fn read(&self) -> Cmd {
        let mut command = self.script(READ);
        command.arg(CHUNK).arg(READ_BYTES);
        command
    }

    fn remove(&self, tasks: &[StockTask]) -> Cmd {
        let mut command = self.script(REMOVE);
        for task in tasks {
            command.arg(u8::from(task.listed)).arg(&task.id);
        }
        command
    }

    fn script(&self, code: &str) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command
            .arg(code)
            .arg(3)
            .arg(self.scheduled())
            .arg(self.active())
            .arg(format!("{}:data", self.name))
            .arg(format!("{}:meta:", self.name));
        command
    }
}

/// A task as the stock crate keeps it.
#[derive(Debug, Clone, Default, PartialEq)]
struct StockTask {
    /// True when it is in the list of active tasks.
    listed: bool,
    id: Vec<u8>,
    /// Unix seconds; empty when it is in the list.
    run_at: String,
    payload: Option<Vec<u8>>,
    attempts: Option<String>,
    max_attempts: Option<String>,
}

impl redis::FromRedisValue for StockTask {
    fn from_redis_value(value: redis::Value) -> Result<Self, redis::ParsingError> {
        let (listed, id, run_at, payload, attempts, max_attempts) =
            redis::FromRedisValue::from_redis_value(value)?;
        Ok(Self {
            listed,
            id,
            run_at,
            payload,
            attempts,
            max_attempts,
        })
    }
}

impl StockTask {
    fn name(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.id)
    }

    /// The job that it becomes; none without a payload.
    fn job(&self, kind: &str, default_max_attempts: u32) -> Option<NewJob> {
        Some(NewJob {
            id: format!("{kind}:{}", self.name()),
            kind: kind.to_owned(),
            payload: self.payload.clone()?,
            run_at: moment(&self.run_at),
            max_attempts: self.attempts_left(default_max_attempts),
            parent: None,
            root: None,
        })
    }

    /// What a stock worker burned already stays burned.
    fn attempts_left(&self, default_max_attempts: u32) -> u32 {
        let number = |text: &Option<String>| text.as_deref()?.parse::<u32>().ok();
        let max = number(&self.max_attempts)
            .filter(|max| *max > 0)
            .unwrap_or(default_max_attempts);
        let burned = number(&self.attempts).unwrap_or(0);
        max.saturating_sub(burned).max(1)
    }
}

/// The moment of a sorted set's score in seconds; none for one that is no time or before 1970, which is due at once.
fn moment(score: &str) -> Option<DateTime<Utc>> {
    let seconds = score
        .parse::<f64>()
        .ok()
        .filter(|seconds| *seconds >= 0.0)?;
    let latest = DateTime::from_timestamp(LATEST_SECOND, 0);
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|since| TimeDelta::from_std(since).ok())
        .and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since))
        .filter(|moment| Some(*moment) <= latest)
        .or(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(attempts: Option<&str>, max_attempts: Option<&str>) -> StockTask {
        StockTask {
            id: b"7".to_vec(),
            payload: Some(Vec::new()),
            attempts: attempts.map(str::to_owned),
            max_attempts: max_attempts.map(str::to_owned),
            ..StockTask::default()
        }
    }

    #[test]
    fn attempts_already_burned_are_taken_off() {
        for (attempts, max_attempts, left) in [
            (Some("0"), Some("25"), 25),
            (Some("3"), Some("5"), 2),
            (Some("9"), Some("5"), 1),
            (None, Some("5"), 5),
            (Some("1"), None, 14),
            (Some("1"), Some("0"), 14),
            (Some("many"), Some("-1"), 15),
        ] {
            let task = task(attempts, max_attempts);
            assert_eq!(task.attempts_left(15), left, "{task:?}");
        }
    }

    #[test]
    fn a_score_is_a_moment_that_can_be_written() {
        let written = |score| moment(score).map(|moment| moment.to_rfc3339());
        assert_eq!(
            written("1700000000").as_deref(),
            Some("2023-11-14T22:13:20+00:00")
        );
        let never = Some("9999-12-31T23:59:59+00:00");
        for score in ["1.8446744073709552e+19", "253402300800", "inf"] {
            assert_eq!(written(score).as_deref(), never, "{score}");
        }
        for score in ["", "-1", "-inf", "nan"] {
            assert_eq!(written(score), None, "{score}");
        }
    }

    #[test]
    fn a_task_without_a_payload_becomes_no_job() {
        let whole = task(None, None);
        assert_eq!(whole.job("transform", 15).unwrap().id, "transform:7");
        let empty = StockTask {
            payload: None,
            ..whole
        };
        assert_eq!(empty.job("transform", 15), None);
    }
}
