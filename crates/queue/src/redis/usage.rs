//! What the server spends, for benchmarks, and the removal of a kind whole.

use std::time::Duration;

use super::{RedisStore, keys};
use crate::Result;

/// What a Redis server has spent since it was started; differences of two readings are of interest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of its process, all threads.
    pub cpu: Duration,
    /// Memory that its data takes up now, bytes.
    pub memory: u64,
    /// Scripts and blocking pops that it was asked for.
    pub round_trips: u64,
    /// Bytes read from and written to all connections.
    pub bytes: u64,
}

impl RedisStore {
    /// Reads what the server has spent, all its clients together.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when it does not answer.
    pub async fn usage(&self) -> Result<Usage> {
        let mut command = redis::cmd("INFO");
        command.arg("everything");
        let told: String = self.link.ask(&command).await?;
        let value = |name: &str| {
            told.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let seconds = |name| {
            value(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(0.0)
        };
        let number = |name| value(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let calls = |name: &str| -> u64 {
            value(&format!("cmdstat_{name}"))
                .and_then(|stats| {
                    stats
                        .strip_prefix("calls=")?
                        .split(',')
                        .next()?
                        .parse()
                        .ok()
                })
                .unwrap_or(0)
        };
        Ok(Usage {
            cpu: Duration::from_secs_f64(seconds("used_cpu_user") + seconds("used_cpu_sys")),
            memory: number("used_memory"),
            round_trips: ["evalsha", "eval", "blpop"].into_iter().map(calls).sum(),
            bytes: number("total_net_input_bytes") + number("total_net_output_bytes"),
        })
    }

    /// Removes a kind with all its jobs, running ones included, and its name. Redis frees the memory beside its work.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] for what is no kind, [`crate::Error::Unavailable`] when Redis does not answer.
    pub async fn remove_kind(&self, kind: &str) -> Result<()> {
        let keys = self.keys(kind)?;
        let mut unlink = redis::cmd("UNLINK");
        unlink.arg(&keys.all[..]);
        self.link.ask::<()>(&unlink).await?;
        let mut leave = redis::cmd("SREM");
        leave.arg(keys::kinds(&self.prefix)).arg(kind);
        self.link.ask(&leave).await
    }
}
