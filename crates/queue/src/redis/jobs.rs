//! A job as the scripts keep it: see `scripts/prelude.lua`.

use chrono::{DateTime, Utc};

use crate::NewJob;

/// A job but for the moment it was enqueued, which the script puts before it.
pub(super) fn pack_job(job: &NewJob) -> Vec<u8> {
    let (parent, root) = (job.parent.as_deref(), job.root.as_deref());
    let names = parent.map_or(0, str::len) + root.map_or(0, str::len);
    let mut packed = Vec::with_capacity(8 + names + job.payload.len());
    packed.extend(job.max_attempts.to_be_bytes());
    for name in [parent, root] {
        packed.extend(name.map_or(0, |name| length(name) + 1).to_be_bytes());
    }
    for name in [parent, root].into_iter().flatten() {
        packed.extend(&name.as_bytes()[..usize::from(length(name))]);
    }
    packed.extend(&job.payload);
    packed
}

/// A name's length as it is kept; one that is longer than an id can be was refused before.
fn length(name: &str) -> u16 {
    u16::try_from(name.len()).unwrap_or(u16::MAX - 1)
}

/// A job as it was enqueued.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) enqueued_at: DateTime<Utc>,
    pub(super) max_attempts: u32,
    pub(super) parent: Option<String>,
    pub(super) root: Option<String>,
    pub(super) payload: Vec<u8>,
}

/// Reads a job; none when the bytes are not of that shape.
pub(super) fn unpack_job(value: &[u8]) -> Option<Stored> {
    let (moment, rest) = value.split_first_chunk::<6>()?;
    let (attempts, rest) = rest.split_first_chunk::<4>()?;
    let (parent, rest) = rest.split_first_chunk::<2>()?;
    let (root, rest) = rest.split_first_chunk::<2>()?;
    let (parent, rest) = name(u16::from_be_bytes(*parent), rest)?;
    let (root, payload) = name(u16::from_be_bytes(*root), rest)?;
    let [a, b, c, d, e, f] = *moment;
    Some(Stored {
        enqueued_at: DateTime::from_timestamp_millis(i64::from_be_bytes([0, 0, a, b, c, d, e, f]))?,
        max_attempts: u32::from_be_bytes(*attempts),
        parent,
        root,
        payload: payload.to_vec(),
    })
}

/// The name at the front, whose length plus one is given, and what follows it.
fn name(length: u16, bytes: &[u8]) -> Option<(Option<String>, &[u8])> {
    let Some(length) = length.checked_sub(1) else {
        return Some((None, bytes));
    };
    let (name, rest) = bytes.split_at_checked(usize::from(length))?;
    Some((Some(String::from_utf8(name.to_vec()).ok()?), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_job_comes_back_as_it_was_packed(
            max_attempts in 1_u32.., parent: Option<String>, root: Option<String>, payload: Vec<u8>,
            millis in 0_i64..4_000_000_000_000,
        ) {
            let job = NewJob {
                id: "collect:a".to_owned(),
                kind: "collect".to_owned(),
                payload,
                run_at: None,
                max_attempts,
                parent,
                root,
            };
            let mut value = millis.to_be_bytes()[2..].to_vec();
            value.extend(pack_job(&job));
            let stored = unpack_job(&value).unwrap();
            prop_assert_eq!(stored.enqueued_at.timestamp_millis(), millis);
            prop_assert_eq!(stored.max_attempts, job.max_attempts);
            prop_assert_eq!(stored.parent, job.parent);
            prop_assert_eq!(stored.root, job.root);
            prop_assert_eq!(stored.payload, job.payload);
        }

        #[test]
        fn foreign_bytes_are_no_job_or_some_job(bytes: Vec<u8>) {
            unpack_job(&bytes);
        }
    }
}
