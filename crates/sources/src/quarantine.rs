//! What cannot be read as a post, under an id that is the same however often it is read.

use moodwire_model::{Quarantined, Timestamp};
use sha2::{Digest, Sha256};

use crate::text::clean;

/// The input with where it came from and why it was refused.
pub(crate) fn quarantine(
    source: &str,
    place: String,
    input: &str,
    reason: String,
    now: Timestamp,
) -> Quarantined {
    let hash = Sha256::digest(input);
    let bytes = hash.iter().take(8);
    let short: String = bytes.map(|byte| format!("{byte:02x}")).collect();
    let end = input.floor_char_boundary(Quarantined::MAX_SAMPLE);
    Quarantined {
        id: format!("{source}:{short}"),
        source: source.to_owned(),
        place,
        reason,
        sample: clean(input.get(..end).unwrap_or_default()),
        at: now,
    }
}
