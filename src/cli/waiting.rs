//! `jobs run-now` and `jobs discard`: jobs that wait, run at once or given up.

use moodwire_queue::{JobRow, State, Store};

use super::{dead::changed_of, jobs::find};
use crate::{
    audit,
    config::Config,
    failure::Failure,
    operations::{domain::Domain, waiting},
};

/// Makes scheduled jobs ready.
pub(super) async fn run_now(
    config: &Config,
    queue: &dyn Store,
    ids: &[String],
    json: bool,
) -> Result<(), Failure> {
    let jobs = matching(queue, ids, &[State::Scheduled], "is not scheduled").await?;
    let ids: Vec<String> = jobs.into_iter().map(|job| job.id).collect();
    let changed = waiting::run_now(queue, &ids).await?;
    note(config, "jobs run-now", &ids, changed).await;
    changed_of(ids.len(), changed, json)
}

/// Gives up jobs that wait.
pub(super) async fn discard(
    config: &Config,
    queue: &dyn Store,
    ids: &[String],
    json: bool,
) -> Result<(), Failure> {
    let jobs = matching(queue, ids, &waiting::STATES, "does not wait").await?;
    let domain = Domain::of(config);
    for job in &jobs {
        domain.prepare(&job.kind).await?;
    }
    let ids: Vec<String> = jobs.into_iter().map(|job| job.id).collect();
    let changed = waiting::discard(&domain, queue, &ids).await?;
    note(config, "jobs discard", &ids, changed).await;
    changed_of(ids.len(), changed, json)
}

async fn note(config: &Config, action: &str, ids: &[String], changed: usize) {
    if changed > 0 {
        let target = audit::list(ids.iter().map(String::as_str));
        let detail = Some(format!("{changed} of {}", ids.len()));
        audit::note(config, action, &target, detail).await;
    }
}

/// The jobs that are meant, none twice, all checked before anything changes.
async fn matching(
    queue: &dyn Store,
    ids: &[String],
    states: &[State],
    otherwise: &str,
) -> Result<Vec<JobRow>, Failure> {
    let mut jobs: Vec<JobRow> = Vec::new();
    for id in ids {
        if jobs.iter().any(|job| job.id == *id) {
            continue;
        }
        let job = find(queue, id).await?;
        if !states.contains(&job.state) {
            let state = job.state.as_str();
            return Err(Failure::Usage(format!("{id} {otherwise}: it is {state}")));
        }
        jobs.push(job);
    }
    Ok(jobs)
}
