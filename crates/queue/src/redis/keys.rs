//! The keys of a kind. The braces around the kind are Redis Cluster's hash tag: all keys of a kind live on one node,
//! so that one script may touch them all.

use crate::{Error, Result};

/// What follows `{prefix}:{kind}:` in the keys of a kind, in the order of `scripts/prelude.lua`. The hashes by id: `jobs`
/// (the job as enqueued), `leases` (token, attempt, due time, whether it has a past, begin, worker), `told` (what became
/// of it so far), `tries` (attempts behind a scheduled job). `ids`, a sorted set of one score, finds ids by how they
/// begin. Where a job is: the list `ready` (due since it was enqueued; a list takes a third of a sorted set's memory),
/// the sorted sets `scheduled` (by due time; those whose time has come stay there until they are fetched), `running`
/// (by expiry) and `dead` (by end), the list `done`. `faults` orders the dead by fingerprint and end. `meta`: counters,
/// fencing token and the paused flag; `wake`: the list that idle processes pop from.
const NAMES: [&str; 13] = [
    "jobs",
    "ids",
    "ready",
    "scheduled",
    "leases",
    "running",
    "told",
    "tries",
    "done",
    "dead",
    "faults",
    "meta",
    "wake",
];

/// The keys of one kind.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// In the order of [`NAMES`].
    pub(super) all: [String; NAMES.len()],
}

impl Keys {
    /// The keys of `kind` under `prefix`.
    ///
    /// # Errors
    /// [`Error::Refused`] for a kind of other letters than `a-z`, `0-9` and `-`.
    pub(super) fn of(prefix: &str, kind: &str) -> Result<Self> {
        if !is_kind(kind) {
            return Err(Error::Refused(format!(
                "\"{}\" is no kind of job: use lowercase letters, digits and \"-\"",
                kind.escape_debug()
            )));
        }
        Ok(Self {
            all: NAMES.map(|name| format!("{prefix}:{{{kind}}}:{name}")),
        })
    }

    /// The list that idle processes pop from.
    pub(super) fn wake(&self) -> &str {
        &self.all[NAMES.len() - 1]
    }
}

impl AsRef<[String]> for Keys {
    fn as_ref(&self) -> &[String] {
        &self.all
    }
}

/// The keys of the processes: the sorted set `until` (when each is forgotten) and the hash `told` (what each tells).
/// Their hash tag is of upper case, as no kind is.
pub(super) fn processes(prefix: &str) -> [String; 2] {
    ["until", "told"].map(|name| format!("{prefix}:{{PROCESSES}}:{name}"))
}

/// The key of the set of kinds, which belongs to no kind.
pub(super) fn kinds(prefix: &str) -> String {
    format!("{prefix}:kinds")
}

/// The kind that an id begins with, when it is one.
pub(super) fn kind_of(id: &str) -> Option<&str> {
    id.split_once(':')
        .map(|(kind, _)| kind)
        .filter(|kind| is_kind(kind))
}

/// An id as the keys of its kind hold it: without the kind, which would cost its length three times a job. Empty, which
/// no job has, for an id of another kind.
pub(super) fn short<'a>(kind: &str, id: &'a str) -> &'a str {
    id.strip_prefix(kind)
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or_default()
}

/// An id as everybody else knows it.
pub(super) fn long(kind: &str, short: &str) -> String {
    format!("{kind}:{short}")
}

fn is_kind(kind: &str) -> bool {
    !kind.is_empty()
        && kind
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_kind_carries_its_hash_tag() {
        let keys = Keys::of("moodwire", "collect").unwrap();
        assert_eq!(keys.all[0], "moodwire:{collect}:jobs");
        assert_eq!(keys.wake(), "moodwire:{collect}:wake");
        assert!(keys.all.iter().all(|key| key.contains(":{collect}:")));
    }

    #[test]
    fn an_id_tells_its_kind() {
        assert_eq!(
            kind_of("collect:x-main:2026-03-01T00:00:00Z"),
            Some("collect")
        );
        assert_eq!(kind_of("collect"), None);
        assert_eq!(kind_of("Collect:a"), None);
    }
}
