//! `queue workers`: the processes that are there, and what each runs.

use moodwire_queue::{CHUNK, JobFilter, JobRow, ProcessRow, State, Store};
use serde::Serialize;

use super::jobs::stamp;
use crate::{failure::Failure, output};

/// A process, and the ids of the jobs that it runs.
#[derive(Serialize)]
struct Worker {
    #[serde(flatten)]
    row: ProcessRow,
    running: Vec<String>,
}

/// Runs the command.
pub(super) async fn run(queue: &dyn Store, json: bool) -> Result<(), Failure> {
    // The jobs first: one that begins in between is missed, rather than shown beside no process.
    let jobs = running(queue).await?;
    let workers: Vec<Worker> = queue
        .processes()
        .await?
        .into_iter()
        .map(|row| Worker {
            running: jobs
                .iter()
                .filter(|job| row.process.runs(job))
                .map(|job| job.id.clone())
                .collect(),
            row,
        })
        .collect();
    if json {
        return output::json(&workers);
    }
    table(&workers)
}

async fn running(queue: &dyn Store) -> Result<Vec<JobRow>, Failure> {
    let filter = JobFilter {
        state: Some(State::Running),
        ..JobFilter::default()
    };
    let mut jobs = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = queue.list(&filter, after.as_deref(), CHUNK).await?;
        jobs.extend(page.jobs);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(jobs),
        }
    }
}

fn table(workers: &[Worker]) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = workers
        .iter()
        .map(|Worker { row, running }| {
            let process = &row.process;
            let kinds: Vec<String> = process
                .kinds
                .iter()
                .map(|(kind, concurrency)| format!("{kind}={concurrency}"))
                .collect();
            vec![
                process.name.clone(),
                process.roles.join(","),
                kinds.join(","),
                stamp(process.started_at),
                running.join(" "),
            ]
        })
        .collect();
    output::table(&["NAME", "ROLES", "KINDS", "SINCE", "RUNNING"], &rows)
}
