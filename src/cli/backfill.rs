//! `backfill`: what is missing of a range of hours, as jobs.

use chrono::TimeDelta;
use moodwire_model::{BatchState, Hour, slot};
use moodwire_queue::NewJob;
use moodwire_warehouse::PublicationState;
use moodwire_workers::payload::{Collect, Publish, Transform};
use serde_json::json;

use super::{
    args::{Backfill, BackfillWhat},
    enqueue::job,
};
use crate::{config::Config, environment, failure::Failure, output};

/// Hours that one backfill may span: a year's, whose jobs a person can still look over.
const MOST_HOURS: i64 = 366 * 24;

/// Batches read in one go.
const PAGE: usize = 500;

/// What was found.
#[derive(Default)]
struct Plan {
    jobs: Vec<NewJob>,
    /// How many need no job.
    complete: u64,
}

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Backfill, json: bool) -> Result<(), Failure> {
    let (from, to) = (args.from, args.to);
    if from >= to {
        return Err(Failure::Usage(format!(
            "--from {from} is not before --to {to}, the first hour that is left out"
        )));
    }
    if to.start() - from.start() > TimeDelta::hours(MOST_HOURS) {
        return Err(Failure::Usage(format!(
            "from {from} to {to} are more than {MOST_HOURS} hours: backfill them in parts"
        )));
    }
    let plan = match args.what {
        BackfillWhat::Collect => collect(config, to).await?,
        BackfillWhat::Transform => transform(config, from, to).await?,
        BackfillWhat::Publish => publish(config, from, to).await?,
    };
    if !args.dry_run {
        let queue = environment::open_queue(config).await?;
        queue.enqueue(&plan.jobs).await?;
    }
    show(&plan, args.dry_run, json)
}

/// A source goes on from its cursor, so that what is missing is what lies behind its watermark.
async fn collect(config: &Config, to: Hour) -> Result<Plan, Failure> {
    let lake = environment::open_lake(config).await?;
    let now = environment::clock().now();
    let mut plan = Plan::default();
    for source in &config.source {
        let name = &source.name;
        let cursor = lake.cursor(name).await?;
        if cursor.watermark.is_some_and(|mark| mark >= to.start()) {
            plan.complete += 1;
            continue;
        }
        let slot = slot::collect(name, now);
        plan.jobs
            .push(job(config, slot::COLLECT, &slot, &Collect::asked(name))?);
    }
    Ok(plan)
}

/// Every batch with posts of these hours is scored again, but those that a person has discarded.
async fn transform(config: &Config, from: Hour, to: Hour) -> Result<Plan, Failure> {
    let lake = environment::open_lake(config).await?;
    let mut plan = Plan::default();
    let mut after: Option<String> = None;
    loop {
        let states = [BatchState::Queued, BatchState::Scored];
        let batches = lake.batches(&states, after.as_deref(), PAGE).await?;
        for batch in &batches {
            if batch.hours.range(from..to).next().is_some() {
                let slot = slot::transform(&batch.id);
                let payload = Transform::of(&batch.id);
                plan.jobs
                    .push(job(config, slot::TRANSFORM, &slot, &payload)?);
            }
        }
        match batches.last() {
            Some(last) if batches.len() == PAGE => after = Some(last.id.clone()),
            _ => return Ok(plan),
        }
    }
}

/// Every hour with posts that is over and was not published to a channel, however long ago.
async fn publish(config: &Config, from: Hour, to: Hour) -> Result<Plan, Failure> {
    let warehouse = environment::prepared_warehouse(config).await?;
    let now = Hour::of(environment::clock().now());
    let mut plan = Plan::default();
    let hours = warehouse.hours_with_posts(Some(from), to.min(now)).await?;
    for hour in hours {
        for channel in &config.channel {
            let name = &channel.name;
            let publication = warehouse.publication(hour, name).await?;
            let settled = publication.is_some_and(|publication| {
                matches!(
                    publication.state,
                    PublicationState::Sent
                        | PublicationState::Skipped
                        | PublicationState::Uncertain
                )
            });
            if settled {
                plan.complete += 1;
                continue;
            }
            let slot = slot::publish(name, hour);
            let payload = Publish::of(name, hour);
            plan.jobs.push(job(config, slot::PUBLISH, &slot, &payload)?);
        }
    }
    Ok(plan)
}

fn show(plan: &Plan, dry_run: bool, json: bool) -> Result<(), Failure> {
    let ids: Vec<&str> = plan.jobs.iter().map(|job| &*job.id).collect();
    if json {
        return output::json(&json!({
            "dry_run": dry_run,
            "matched": ids.len(),
            "enqueued": if dry_run { 0 } else { ids.len() },
            "complete": plan.complete,
            "jobs": ids,
        }));
    }
    for id in &ids {
        // The suffix is drawn anew each time, and says nothing before the job is there.
        let stem = id.split_once('#').map_or(*id, |(slot, _)| slot);
        output::line(if dry_run { stem } else { id })?;
    }
    let done = if dry_run {
        "would be enqueued"
    } else {
        "enqueued"
    };
    output::line(&format!(
        "{} jobs {done}; {} need none",
        ids.len(),
        plan.complete
    ))
}
