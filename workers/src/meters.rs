//! What the jobs count, through the `metrics` facade: in a process without a recorder it costs a branch.
//!
//! Counted a page and a batch at a time, by the source's name.

use metrics::{Unit, counter, describe_counter};
use moodwire_lake::Inserted;

/// Posts that were new to the lake.
pub const COLLECTED: &str = "moodwire_posts_collected_total";

/// Posts that were there already.
pub const DUPLICATE: &str = "moodwire_posts_duplicate_total";

/// Inputs and posts that were refused.
pub const QUARANTINED: &str = "moodwire_posts_quarantined_total";

/// Posts that were scored into the warehouse.
pub const SCORED: &str = "moodwire_posts_scored_total";

/// Tells the recorder what the numbers mean, and begins each of these sources' at zero, so that the first post is seen as a
/// growth and a source without any is seen at all.
pub fn describe<'a>(sources: impl Iterator<Item = &'a str>) {
    let all = [
        (COLLECTED, "Posts that this process stored in the lake."),
        (
            DUPLICATE,
            "Posts that this process read and the lake had already.",
        ),
        (
            QUARANTINED,
            "Inputs and posts that this process put into quarantine.",
        ),
        (
            SCORED,
            "Posts that this process scored into the warehouse; one that is scored again counts again.",
        ),
    ];
    for (name, what) in all {
        describe_counter!(name, Unit::Count, what);
    }
    for source in sources {
        for (name, _) in all {
            add(name, source, 0);
        }
    }
}

/// A page of the source was stored.
pub(crate) fn collected(source: &str, stored: Inserted, quarantined: u64) {
    add(COLLECTED, source, stored.inserted);
    add(DUPLICATE, source, stored.duplicates);
    add(QUARANTINED, source, quarantined);
}

/// A batch of the source was scored.
pub(crate) fn scored(source: &str, posts: usize, quarantined: u64) {
    add(SCORED, source, u64::try_from(posts).unwrap_or(u64::MAX));
    add(QUARANTINED, source, quarantined);
}

fn add(name: &'static str, source: &str, count: u64) {
    counter!(name, "source" => source.to_owned()).increment(count);
}
