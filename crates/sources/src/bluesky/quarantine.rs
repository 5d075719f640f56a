//! What cannot be read as a post, under an id that is the same however often it is read.

use moodwire_model::{Quarantined, Timestamp};

use super::recent::fingerprint;

/// The input with where it came from and why it was refused.
pub(super) fn quarantine(
    source: &str,
    place: String,
    input: &str,
    reason: String,
    now: Timestamp,
) -> Quarantined {
    let end = input.floor_char_boundary(Quarantined::MAX_SAMPLE);
    Quarantined {
        id: format!("{source}:{}", fingerprint(&[input])),
        source: source.to_owned(),
        place,
        reason,
        sample: input
            .get(..end)
            .unwrap_or_default()
            .replace('\0', "\u{fffd}"),
        at: now,
    }
}
