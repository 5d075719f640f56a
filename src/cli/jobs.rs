//! `jobs`: jobs in a list or one whole, those that wait run now or given up.

use moodwire_queue::{JobRow, Store};
use serde_json::json;

use super::{
    args::JobsCommand,
    listing::{job_filter, listing, say_how_to_go_on},
    waiting,
};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, command: &JobsCommand, json: bool) -> Result<(), Failure> {
    let queue = environment::open_queue(config).await?;
    match command {
        JobsCommand::Show { id } => show(&*queue, id, json).await,
        JobsCommand::RunNow { ids } => waiting::run_now(config, &*queue, ids, json).await,
        JobsCommand::Discard { ids } => waiting::discard(config, &*queue, ids, json).await,
        JobsCommand::List {
            filter,
            state,
            paging,
        } => {
            let filter = job_filter(filter, *state, &*environment::clock());
            let listing = listing(&*queue, &filter, paging).await?;
            if json {
                let rows: Vec<_> = listing.jobs.iter().map(row).collect();
                output::json(&rows)?;
            } else {
                list(&listing.jobs)?;
            }
            say_how_to_go_on(&listing, &filter);
            Ok(())
        }
    }
}

/// One job whole, or the word that there is none.
pub(super) async fn find(queue: &dyn Store, id: &str) -> Result<JobRow, Failure> {
    queue.get(id).await?.ok_or_else(|| {
        Failure::Usage(format!(
            "no job has the id \"{id}\": `moodwire jobs list` shows those that are kept"
        ))
    })
}

async fn show(queue: &dyn Store, id: &str, json: bool) -> Result<(), Failure> {
    let job = find(queue, id).await?;
    if json {
        return output::json(&job);
    }
    print(&job)
}

/// Prints one job for people.
pub(super) fn print(job: &JobRow) -> Result<(), Failure> {
    let optional = |name: &str, value: Option<String>| match value {
        Some(value) => output::line(&format!("{name:<12} {value}")),
        None => Ok(()),
    };
    output::line(&format!("{:<12} {}", "id", job.id))?;
    output::line(&format!("{:<12} {}", "state", job.state.as_str()))?;
    output::line(&format!(
        "{:<12} {} of {}",
        "attempts", job.attempts, job.max_attempts
    ))?;
    output::line(&format!("{:<12} {}", "run at", stamp(job.run_at)))?;
    output::line(&format!("{:<12} {}", "enqueued at", stamp(job.enqueued_at)))?;
    optional("finished at", job.finished_at.map(stamp))?;
    optional("parent", job.parent.clone())?;
    optional("root", job.root.clone())?;
    optional("worker", job.worker.clone())?;
    optional("leased until", job.leased_until.map(stamp))?;
    optional("reason", job.reason.clone())?;
    optional("error", job.error.clone())?;
    optional("fingerprint", job.fingerprint.clone())?;
    output::line(&format!("{:<12} {}", "payload", job.payload))?;
    for attempt in &job.history {
        output::line(&format!(
            "  attempt {} at {}, {} ms on {}: {}{}",
            attempt.attempt,
            stamp(attempt.started_at),
            attempt.duration_ms,
            attempt.worker,
            json!(attempt.verdict).as_str().unwrap_or_default(),
            attempt
                .error
                .as_ref()
                .map_or_else(String::new, |error| format!(": {error}")),
        ))?;
    }
    Ok(())
}

fn list(jobs: &[JobRow]) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            vec![
                job.id.clone(),
                job.state.as_str().to_owned(),
                format!("{}/{}", job.attempts, job.max_attempts),
                stamp(job.run_at),
                job.error
                    .clone()
                    .or_else(|| job.reason.clone())
                    .map_or_else(String::new, |error| {
                        error.lines().next().unwrap_or_default().to_owned()
                    }),
            ]
        })
        .collect();
    output::table(&["ID", "STATE", "ATTEMPTS", "RUN AT", "WHY"], &rows)
}

fn row(job: &JobRow) -> serde_json::Value {
    json!({
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "attempts": job.attempts,
        "run_at": job.run_at,
        "parent": job.parent,
    })
}

/// A moment as listings print it.
pub(super) fn stamp(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
