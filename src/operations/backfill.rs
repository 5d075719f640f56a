//! What is missing of a range of hours, as jobs.

use chrono::TimeDelta;
use moodwire_lake::Lake;
use moodwire_model::{BatchState, Hour, slot};
use moodwire_queue::NewJob;
use moodwire_warehouse::{PublicationState, Warehouse};
use moodwire_workers::payload::{Collect, Publish, Transform};

use super::asked::job;
use crate::{config::Config, environment, failure::Failure};

/// Hours that one backfill may span: a year's, whose jobs a person can still look over.
const MOST_HOURS: i64 = 366 * 24;

/// Batches read in one go.
const PAGE: usize = 500;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What is to be enqueued.
    pub(crate) jobs: Vec<NewJob>,
    /// How many need no job.
    pub(crate) complete: u64,
}

/// Refuses a range that is none, or too long.
pub(crate) fn check(from: Hour, to: Hour) -> Result<(), Failure> {
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
    Ok(())
}

/// A source goes on from its cursor, so that what is missing is what lies behind its watermark.
pub(crate) async fn collect(config: &Config, lake: &dyn Lake, to: Hour) -> Result<Plan, Failure> {
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
pub(crate) async fn transform(
    config: &Config,
    lake: &dyn Lake,
    from: Hour,
    to: Hour,
) -> Result<Plan, Failure> {
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
pub(crate) async fn publish(
    config: &Config,
    warehouse: &Warehouse,
    from: Hour,
    to: Hour,
) -> Result<Plan, Failure> {
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
