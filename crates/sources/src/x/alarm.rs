//! The alarm for fields that X no longer gives: it does not complain of a name that it does not know, and leaves it out.

use std::collections::BTreeMap;

/// In so many posts a field that none lacks is missing before that is told.
const ENOUGH: u32 = 100;

/// Counts a post in which a field is missing, or not. Told once, until the field is seen again.
pub(super) fn note(unseen: &mut BTreeMap<String, u32>, source: &str, field: &str, seen: bool) {
    if seen {
        unseen.remove(field);
        return;
    }
    let missing = unseen.entry(field.to_owned()).or_default();
    if *missing == ENOUGH {
        return;
    }
    *missing += 1;
    if *missing == ENOUGH {
        tracing::warn!(
            source,
            field,
            posts = ENOUGH,
            "X was asked for a field and gave it with none of the last posts: its names may have changed; try the other dialect of the source"
        );
    }
}
