//! Trace and span ids, made of what a job carries.

use sha2::{Digest, Sha256};

/// The trace of a run, 16 bytes in hexadecimal: the same wherever its slot is known.
pub(super) fn trace(root: &str) -> String {
    hexadecimal(&hash("run", root)[..16])
}

/// The span of a job that is done, 8 bytes in hexadecimal: the parent of what it enqueued.
pub(super) fn job(id: &str) -> String {
    hexadecimal(&hash("job", id)[..8])
}

/// The span of an attempt that did not end its job.
pub(super) fn attempt(id: &str, token: u64) -> String {
    hexadecimal(&hash("attempt", &format!("{id} {token}"))[..8])
}

fn hash(what: &str, of: &str) -> [u8; 32] {
    Sha256::digest(format!("moodwire {what} {of}")).into()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_as_long_as_they_must_be_and_the_same_everywhere() {
        let slot = "collect:history:2026-03-01T00:00:00Z";
        assert_eq!((trace(slot).len(), job(slot).len()), (32, 16));
        assert_eq!(trace(slot), trace(slot));
        assert_ne!(trace(slot)[..16], job(slot));
        assert_ne!(attempt(slot, 1), attempt(slot, 2));
    }
}
