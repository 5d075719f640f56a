//! `backfill`: what is missing of a range of hours, as jobs.

use serde_json::json;

use super::args::{Backfill, BackfillWhat};
use crate::{
    audit,
    config::Config,
    environment,
    failure::Failure,
    operations::backfill::{self, Plan},
    output,
};

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Backfill, json: bool) -> Result<(), Failure> {
    let (from, to) = (args.from, args.to);
    backfill::check(from, to)?;
    let plan = match args.what {
        BackfillWhat::Collect => {
            let lake = environment::open_lake(config).await?;
            backfill::collect(config, &*lake, to).await?
        }
        BackfillWhat::Transform => {
            let lake = environment::open_lake(config).await?;
            backfill::transform(config, &*lake, from, to).await?
        }
        BackfillWhat::Publish => {
            let warehouse = environment::prepared_warehouse(config).await?;
            backfill::publish(config, &warehouse, from, to).await?
        }
    };
    if !args.dry_run {
        let queue = environment::open_queue(config).await?;
        queue.enqueue(&plan.jobs).await?;
        if let Some(job) = plan.jobs.first() {
            let (action, jobs) = (format!("backfill {}", job.kind), plan.jobs.len());
            let detail = Some(format!("{jobs} jobs enqueued"));
            audit::note(config, &action, &format!("{from} to {to}"), detail).await;
        }
    }
    show(&plan, args.dry_run, json)
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
