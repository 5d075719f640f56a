//! How the Redis is set up: what it would lose, and when it would be full.

use moodwire_model::Remark;

use super::RedisStore;
use crate::Result;

/// The oldest that has what the scripts use (`LPOP` with a count).
const OLDEST: (u32, u32) = (6, 2);

impl RedisStore {
    pub(super) async fn look(&self) -> Result<Vec<Remark>> {
        let told: String = self.link.ask(&redis::cmd("INFO")).await?;
        Ok(remarks(&told))
    }
}

fn remarks(told: &str) -> Vec<Remark> {
    let value = |name: &str| {
        told.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    let mut remarks = vec![version(value("redis_version").unwrap_or("unknown"))];
    remarks.push(match value("aof_enabled") {
        Some("1") if value("aof_last_write_status").unwrap_or("ok") != "ok" => Remark::doubtful(
            "persistence",
            "the append-only file could not be written",
            "look at the disk of the Redis, and at its log",
        ),
        Some("1") => Remark::well("persistence", "append-only file"),
        _ => Remark::doubtful(
            "persistence",
            "no append-only file: when it ends, jobs since its last snapshot are lost, and history with them",
            "run CONFIG SET appendonly yes on it, and write the same into its configuration",
        ),
    });
    let number = |name| {
        value(name)
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let (used, most) = (number("used_memory"), number("maxmemory"));
    remarks.push(if most > 0 && used / 9 >= most / 10 {
        Remark::doubtful(
            "memory",
            format!("{used} of {most} bytes are used; when all are, jobs are refused"),
            "give it more memory, or lower [retention]",
        )
    } else {
        Remark::well("memory", format!("{} MB used", used / 1_000_000))
    });
    if let Some(policy) = value("maxmemory_policy").filter(|policy| *policy != "noeviction") {
        remarks.push(Remark::doubtful(
            "eviction",
            format!("maxmemory-policy is {policy}: jobs may be dropped when it is full"),
            "run CONFIG SET maxmemory-policy noeviction on it",
        ));
    }
    remarks
}

fn version(version: &str) -> Remark {
    let mut numbers = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let known = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if known >= OLDEST {
        Remark::well("version", format!("Redis {version}"))
    } else {
        Remark::doubtful(
            "version",
            format!("Redis {version}"),
            format!("use {}.{} or newer", OLDEST.0, OLDEST.1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mends(told: &str) -> Vec<&'static str> {
        let doubtful = remarks(told).into_iter().filter(|one| one.mend.is_some());
        doubtful.map(|one| one.about).collect()
    }

    #[test]
    fn a_redis_that_keeps_everything_needs_no_mend() {
        let told = "redis_version:7.0.15\r\naof_enabled:1\r\naof_last_write_status:ok\r\nused_memory:10\r\n\
                    maxmemory:1000\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(mends(told), Vec::<&str>::new());
    }

    #[test]
    fn what_would_be_lost_is_told_with_its_mend() {
        let told = "redis_version:6.0.16\r\naof_enabled:0\r\nused_memory:950\r\nmaxmemory:1000\r\n\
                    maxmemory_policy:allkeys-lru\r\n";
        assert_eq!(
            mends(told),
            ["version", "persistence", "memory", "eviction"]
        );
    }

    #[test]
    fn an_append_only_file_that_cannot_be_written_is_told() {
        let told = "redis_version:8.0.0\r\naof_enabled:1\r\naof_last_write_status:err\r\n";
        assert_eq!(mends(told), ["persistence"]);
    }
}
