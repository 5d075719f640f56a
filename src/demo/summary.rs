//! The demo's last word: what was done, the day's best and worst, and what to try next.

use std::{path::Path, time::Duration};

use moodwire_channels::one_line;
use moodwire_model::{DigestPost, Hour};
use moodwire_workers::Deps;

use crate::{drain::Report, failure::Failure, output};

/// Prints the summary.
pub(super) async fn print(
    deps: &Deps,
    report: &Report,
    took: Duration,
    folder: &Path,
) -> Result<(), Failure> {
    let now = Hour::of(deps.now());
    let (mut best, mut worst): (Option<DigestPost>, Option<DigestPost>) = (None, None);
    let mut hours = 0;
    for summary in deps.warehouse.summaries(None, now).await? {
        let digest = deps.warehouse.digest(summary.hour).await?;
        hours += u32::from(summary.posts > 0);
        best = extreme(best, digest.best, |new, old| new > old);
        worst = extreme(worst, digest.worst, |new, old| new < old);
    }
    output::line(&format!(
        "Done in {:.1} s: {} posts in {hours} hours, {} digests published ({} posts came more than once, {} lines in quarantine).",
        took.as_secs_f64(),
        report.posts,
        report.sent,
        report.duplicates,
        report.quarantined
    ))?;
    for (word, post) in [("Best", &best), ("Worst", &worst)] {
        if let Some(post) = post {
            output::line(&format!(
                "{word} of all: {:+.4} @{}: {}",
                post.compound,
                one_line(&post.author),
                one_line(&post.text)
            ))?;
        }
    }
    output::line(&format!("The data is in {}/moodwire.db", folder.display()))
}

/// The new post where it is further out; the old one at a tie, which is the earlier.
fn extreme(
    old: Option<DigestPost>,
    new: Option<DigestPost>,
    further: impl Fn(f64, f64) -> bool,
) -> Option<DigestPost> {
    match (old, new) {
        (Some(old), Some(new)) if further(new.compound, old.compound) => Some(new),
        (None, new) => new,
        (old, _) => old,
    }
}

/// What to try while the demo stays up.
pub(super) fn try_next(folder: &Path) -> String {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "moodwire".to_owned());
    let config = folder.join("moodwire.toml");
    let with = format!("{program} -c {}", config.display());
    format!(
        "\nStill running; stop with Ctrl-C. In another terminal, try:\n  \
         {with} queue stats\n  \
         {with} jobs list --kind publish\n  \
         sqlite3 {}/moodwire.db 'select hour, posts, mean_compound from hours order by hour'\n\
         Add lines to {}/posts.jsonl and they are collected within five minutes.",
        folder.display(),
        folder.display()
    )
}
