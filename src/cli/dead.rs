//! `dead`: dead letters in a list or one whole, run again or given up.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use moodwire_lake::Lake;
use moodwire_model::{BatchState, slot};
use moodwire_queue::{CHUNK, JobFilter, JobRow, Revival, State, Store};
use moodwire_warehouse::Warehouse;
use moodwire_workers::payload::{Publish, Transform};
use serde_json::{Value, json};

use super::{
    args::{DeadCommand, Which},
    jobs::{collect, find, ids, job_filter, print},
};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, command: &DeadCommand, json: bool) -> Result<(), Failure> {
    let queue = environment::open_queue(config).await?;
    match command {
        DeadCommand::List { filter, limit } => {
            let filter = job_filter(filter, Some(State::Dead), &*environment::clock());
            let jobs = collect(&*queue, &filter, *limit).await?;
            list(&jobs, json)
        }
        DeadCommand::Show { id } => {
            let job = dead(&*queue, id).await?;
            if json {
                output::json(&document(&job))
            } else {
                print(&job)
            }
        }
        DeadCommand::Retry { which, spread } => {
            let ids = matching(&*queue, which).await?;
            let changed = if which.dry_run {
                0
            } else {
                retry(&*queue, &ids, *spread).await?
            };
            changed_of(ids.len(), changed, json)
        }
        DeadCommand::Discard { which } => {
            let ids = matching(&*queue, which).await?;
            let changed = if which.dry_run {
                0
            } else {
                discard(config, &*queue, &ids).await?
            };
            changed_of(ids.len(), changed, json)
        }
    }
}

/// A job that must be a dead letter.
async fn dead(queue: &dyn Store, id: &str) -> Result<JobRow, Failure> {
    let job = find(queue, id).await?;
    if job.state == State::Dead {
        return Ok(job);
    }
    Err(Failure::Usage(format!(
        "{id} is no dead letter: it is {}",
        job.state.as_str()
    )))
}

/// The ids that are meant, all checked before anything changes.
async fn matching(queue: &dyn Store, which: &Which) -> Result<Vec<String>, Failure> {
    if !which.all {
        if !which.filter.is_empty() {
            return Err(Failure::Usage(
                "a filter goes with --all, not with ids".to_owned(),
            ));
        }
        for id in &which.ids {
            dead(queue, id).await?;
        }
        return Ok(which.ids.clone());
    }
    if which.filter.is_empty() && !which.yes && !which.dry_run {
        return Err(Failure::Usage(
            "--all without a filter means every dead letter: say so with --yes, or count them with --dry-run".to_owned(),
        ));
    }
    let filter = JobFilter {
        state: Some(State::Dead),
        ..job_filter(&which.filter, Some(State::Dead), &*environment::clock())
    };
    ids(queue, &filter).await
}

/// Makes them run again, at once or evenly spread over a time.
async fn retry(
    queue: &dyn Store,
    ids: &[String],
    spread: Option<Duration>,
) -> Result<usize, Failure> {
    let now = queue.now().await?;
    let jobs: Vec<Revival> = ids
        .iter()
        .enumerate()
        .map(|(index, id)| {
            let run_at = spread.map(|spread| {
                let share = u32::try_from(index).unwrap_or(u32::MAX);
                let of = u32::try_from(ids.len()).unwrap_or(u32::MAX).max(1);
                now + TimeDelta::from_std(spread.mul_f64(f64::from(share) / f64::from(of)))
                    .unwrap_or_default()
            });
            (id.clone(), run_at, None)
        })
        .collect();
    let mut changed = 0;
    for chunk in jobs.chunks(CHUNK) {
        changed += count(&queue.retry(chunk).await?);
    }
    Ok(changed)
}

/// Gives them up: in the domain first, so that upkeep brings nothing back, then on the queue.
async fn discard(config: &Config, queue: &dyn Store, ids: &[String]) -> Result<usize, Failure> {
    let mut domain = Domain {
        config,
        lake: None,
        warehouse: None,
    };
    let mut changed = 0;
    for chunk in ids.chunks(CHUNK) {
        for id in chunk {
            // One that somebody has retried meanwhile lives, and so does its batch.
            if let Some(job) = queue.get(id).await?
                && job.state == State::Dead
            {
                domain.discard(&job).await?;
            }
        }
        changed += count(&queue.discard(chunk).await?);
    }
    Ok(changed)
}

/// What a discard touches beside the queue, opened when it is needed.
struct Domain<'a> {
    config: &'a Config,
    lake: Option<Arc<dyn Lake>>,
    warehouse: Option<Warehouse>,
}

impl Domain<'_> {
    /// A transform's batch is discarded, a publication skipped. What cannot be decoded stands for nothing in the domain.
    async fn discard(&mut self, job: &JobRow) -> Result<(), Failure> {
        let now = environment::clock().now();
        match job.kind.as_str() {
            slot::TRANSFORM => {
                let Ok(payload) = serde_json::from_str::<Transform>(&job.payload) else {
                    return Ok(());
                };
                let lake = match self.lake.take() {
                    Some(lake) => lake,
                    None => environment::open_lake(self.config).await?,
                };
                let from = [BatchState::Open, BatchState::Queued];
                let batch = &payload.batch;
                lake.move_batch(batch, &from, BatchState::Discarded, now)
                    .await?;
                self.lake = Some(lake);
            }
            slot::PUBLISH => {
                let Ok(payload) = serde_json::from_str::<Publish>(&job.payload) else {
                    return Ok(());
                };
                let warehouse = match self.warehouse.take() {
                    Some(warehouse) => warehouse,
                    None => environment::prepared_warehouse(self.config).await?,
                };
                let reason = "discarded by a person";
                warehouse
                    .skip(payload.hour, &payload.channel, reason, now)
                    .await?;
                self.warehouse = Some(warehouse);
            }
            _ => {}
        }
        Ok(())
    }
}

fn count(changed: &[bool]) -> usize {
    changed.iter().filter(|changed| **changed).count()
}

fn changed_of(matched: usize, changed: usize, json: bool) -> Result<(), Failure> {
    if json {
        output::json(&json!({ "matched": matched, "changed": changed }))
    } else {
        output::line(&format!("{matched} matched, {changed} changed"))
    }
}

fn list(jobs: &[JobRow], json: bool) -> Result<(), Failure> {
    if json {
        let documents: Vec<Value> = jobs.iter().map(document).collect();
        return output::json(&documents);
    }
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            let reason = job.reason.clone().unwrap_or_default();
            vec![
                job.id.clone(),
                format!("{}/{}", job.attempts, job.max_attempts),
                job.finished_at.map_or_else(String::new, |at| {
                    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
                }),
                reason.lines().next().unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    output::table(&["ID", "ATTEMPTS", "DIED AT", "REASON"], &rows)
}

fn document(job: &JobRow) -> Value {
    json!({
        "id": job.id,
        "kind": job.kind,
        "payload": serde_json::from_str::<Value>(&job.payload)
            .unwrap_or_else(|_| Value::String(job.payload.clone())),
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "died_at": job.finished_at,
        "reason": job.reason,
        "error": job.error,
        "history": job.history,
    })
}
