//! `queue`: counts by kind and state, and the pause of a kind.

use moodwire_model::slot;

use super::args::QueueCommand;
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &QueueCommand,
    json: bool,
) -> Result<(), Failure> {
    let queue = environment::open_queue(config).await?;
    match command {
        QueueCommand::Pause { kind } => queue.set_paused(kind, true).await?,
        QueueCommand::Resume { kind } => queue.set_paused(kind, false).await?,
        QueueCommand::Stats => {}
    }
    let mut stats = queue.stats().await?;
    for kind in slot::KINDS {
        stats.entry(kind.to_owned()).or_default();
    }
    if json {
        return output::json(&stats);
    }
    let rows: Vec<Vec<String>> = stats
        .iter()
        .map(|(name, kind)| {
            let oldest = kind
                .oldest_ready_seconds
                .map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.1} s"));
            let mut row = vec![name.clone()];
            row.extend(
                [
                    kind.scheduled,
                    kind.ready,
                    kind.running,
                    kind.done,
                    kind.dead,
                ]
                .map(|count| count.to_string()),
            );
            row.extend([oldest, if kind.paused { "paused" } else { "" }.to_owned()]);
            row
        })
        .collect();
    output::table(
        &[
            "KIND",
            "SCHEDULED",
            "READY",
            "RUNNING",
            "DONE",
            "DEAD",
            "OLDEST READY",
            "",
        ],
        &rows,
    )
}
