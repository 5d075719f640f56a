//! `queue`: counts by kind and state, the processes, the pause of a kind, and the end of all that waits.

use std::collections::HashSet;

use moodwire_model::slot;
use moodwire_queue::{CHUNK, JobFilter, State, Store};
use serde_json::json;

use super::{args::QueueCommand, source, workers};
use crate::{
    audit, config::Config, environment, failure::Failure, operations::domain::Domain, output,
};

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &QueueCommand,
    json: bool,
) -> Result<(), Failure> {
    let queue = environment::open_queue(config).await?;
    match command {
        QueueCommand::Stats => {}
        QueueCommand::Workers => return workers::run(&*queue, json).await,
        QueueCommand::Pause { kind } => {
            queue.set_paused(kind, true).await?;
            audit::note(config, "queue pause", kind, None).await;
        }
        QueueCommand::Resume { kind } => {
            queue.set_paused(kind, false).await?;
            audit::note(config, "queue resume", kind, None).await;
        }
        QueueCommand::Clear { kind, yes } => {
            let waiting = waiting(&*queue, kind).await?;
            if !yes {
                return Err(Failure::Usage(format!(
                    "clearing {kind} would give up {waiting} jobs that wait, for good: say so with --yes"
                )));
            }
            let mut cleared = 0;
            let outcome = clear(config, &*queue, kind, waiting, &mut cleared).await;
            if cleared > 0 {
                let detail = Some(format!("{cleared} jobs"));
                audit::note(config, "queue clear", kind, detail).await;
            }
            outcome?;
            return if json {
                output::json(&json!({ "kind": kind, "cleared": cleared }))
            } else {
                output::line(&format!("{cleared} jobs of kind {kind} cleared"))
            };
        }
    }
    stats(config, &*queue, json).await
}

async fn waiting(queue: &dyn Store, kind: &str) -> Result<u64, Failure> {
    let stats = queue.stats().await?;
    Ok(stats
        .get(kind)
        .map_or(0, |kind| kind.scheduled + kind.ready))
}

/// Removes jobs of the kind that wait, in steps, as many as waited when it began: with producers that go on it would
/// find no end otherwise. How many were removed is counted in `cleared`, also when it fails on the way.
///
/// The domain is told before the queue. In between, a worker that takes such a job finds its batch discarded or its
/// publication skipped and does nothing, and so does every job that a clear cut short leaves behind. The other way
/// round, upkeep (or the next transform, for its hours) would enqueue a removed job again before the domain says no, and
/// a worker could send the digest that was given up.
async fn clear(
    config: &Config,
    queue: &dyn Store,
    kind: &str,
    waiting: u64,
    cleared: &mut u64,
) -> Result<(), Failure> {
    let domain = Domain::of(config);
    let mut told = tell(&domain, queue, kind).await?;
    while *cleared < waiting {
        let step = usize::try_from(waiting - *cleared).map_or(CHUNK, |left| left.min(CHUNK));
        let removed = queue.clear(kind, step).await?;
        if removed.is_empty() {
            break;
        }
        for (id, payload) in &removed {
            *cleared += 1;
            // One that came after the domain was told. Until it is told of this one too, upkeep may bring it back: as
            // if it had come after the clear.
            if !told.remove(id) {
                domain.discard(kind, payload).await?;
            }
        }
    }
    Ok(())
}

/// Tells the domain of all jobs of the kind that wait; their ids.
async fn tell(
    domain: &Domain<'_>,
    queue: &dyn Store,
    kind: &str,
) -> Result<HashSet<String>, Failure> {
    let mut told = HashSet::new();
    if !Domain::knows(kind) {
        return Ok(told);
    }
    domain.prepare(kind).await?;
    // In the order in which a job lives, so that one that becomes due in between is met in its new state.
    for state in [State::Scheduled, State::Ready] {
        let filter = JobFilter {
            kind: Some(kind.to_owned()),
            state: Some(state),
            ..JobFilter::default()
        };
        let mut after: Option<String> = None;
        loop {
            let page = queue.list(&filter, after.as_deref(), CHUNK).await?;
            for job in page.jobs {
                domain.discard(kind, job.payload.as_bytes()).await?;
                told.insert(job.id);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(told)
}

async fn stats(config: &Config, queue: &dyn Store, json: bool) -> Result<(), Failure> {
    // The queue's counts are told also where the lake does not answer.
    let limited = source::limited(config).await.unwrap_or_default();
    let mut stats = queue.stats().await?;
    for kind in slot::KINDS {
        stats.entry(kind.to_owned()).or_default();
    }
    if json {
        let mut document = serde_json::to_value(&stats)?;
        if !limited.is_empty() {
            document[slot::COLLECT]["limited"] = json!(limited);
        }
        return output::json(&document);
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
                    kind.dropped_total,
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
            "DROPPED",
            "OLDEST READY",
            "",
        ],
        &rows,
    )?;
    for (source, why) in limited {
        output::line(&format!("{source} is limited and {why}"))?;
    }
    Ok(())
}
