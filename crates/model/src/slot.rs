//! Slots: the deterministic job ids that make enqueueing idempotent.
//!
//! A slot is `{kind}:{what}[:{when}]`, for example `collect:x-main:2026-11-23T17:05:00Z`,
//! `transform:01J…`, `publish:discord-main:2026-11-23T17`. What a person asks for gets a suffix
//! `#{ulid}` and so always runs.

use chrono::{DateTime, Utc};

use crate::Hour;

/// The kinds of job, as stored.
pub const KINDS: [&str; 4] = [COLLECT, TRANSFORM, PUBLISH, RESCORE];
/// One pass over a source.
pub const COLLECT: &str = "collect";
/// One batch into the warehouse.
pub const TRANSFORM: &str = "transform";
/// One hour to one channel.
pub const PUBLISH: &str = "publish";
/// One hour with another scorer.
pub const RESCORE: &str = "rescore";

/// The collect of `source` at the schedule's tick `at` (whole seconds).
pub fn collect(source: &str, at: DateTime<Utc>) -> String {
    format!("{COLLECT}:{source}:{}", at.format("%Y-%m-%dT%H:%M:%SZ"))
}

/// The collect that goes on where `slot` stopped: `…~2`, then `…~3`.
pub fn continuation(slot: &str) -> String {
    match slot.rsplit_once('~') {
        Some((stem, n)) if n.parse::<u64>().is_ok() => {
            format!("{stem}~{}", n.parse::<u64>().unwrap_or(1) + 1)
        }
        _ => format!("{slot}~2"),
    }
}

/// The transform of a batch.
pub fn transform(batch: &str) -> String {
    format!("{TRANSFORM}:{batch}")
}

/// The publication of an hour to a channel.
pub fn publish(channel: &str, hour: Hour) -> String {
    format!("{PUBLISH}:{channel}:{}", hour.short())
}

/// The rescoring of an hour.
pub fn rescore(hour: Hour) -> String {
    format!("{RESCORE}:{}", hour.short())
}

/// The same work asked for by a person, under an id of its own.
pub fn by_hand(slot: &str, ulid: &str) -> String {
    format!("{slot}#{ulid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_read_as_the_design_writes_them() {
        let at = "2026-11-23T17:05:00Z".parse().unwrap();
        assert_eq!(collect("x-main", at), "collect:x-main:2026-11-23T17:05:00Z");
        assert_eq!(
            publish("discord-main", Hour::of(at)),
            "publish:discord-main:2026-11-23T17"
        );
        assert_eq!(by_hand(&transform("01J"), "01K"), "transform:01J#01K");
    }

    #[test]
    fn continuations_count_up() {
        assert_eq!(continuation("collect:a:t"), "collect:a:t~2");
        assert_eq!(continuation("collect:a:t~2"), "collect:a:t~3");
        assert_eq!(continuation("collect:a~b:t"), "collect:a~b:t~2");
    }
}
