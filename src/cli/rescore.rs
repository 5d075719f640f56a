//! `rescore`: what another scorer would make of history, and jobs that put its scores in place.

use moodwire_model::{Hour, slot};
use moodwire_queue::Enqueued;
use moodwire_workers::{
    payload,
    rescore::{Preview, preview},
    score::Scorer,
};
use serde_json::json;

use super::args::Rescore;
use crate::{audit, config::Config, environment, failure::Failure, operations::asked::job, output};

/// How `--scorer` names VADER without an overlay.
const PLAIN: &str = "vader";

/// Runs the command.
pub(super) async fn run(config: &Config, args: &Rescore, json: bool) -> Result<(), Failure> {
    if args.from >= args.to {
        let (from, to) = (args.from, args.to);
        return Err(Failure::Usage(format!(
            "--from {from} is not before --to {to}, which is no longer rescored"
        )));
    }
    let named = args
        .scorer
        .clone()
        .or_else(|| config.scorer.overlay.clone());
    let overlay = named.filter(|name| name != PLAIN && name != moodwire_sentiment::Scorer::VADER);
    let scorer = Scorer::named(overlay.as_deref()).map_err(Failure::Usage)?;
    let warehouse = environment::prepared_warehouse(config).await?;
    let hours = warehouse.hours_with_posts(Some(args.from), args.to).await?;
    let mut previews = Vec::with_capacity(hours.len());
    for hour in &hours {
        previews.push(preview(&warehouse, &scorer, *hour).await?);
    }
    let enqueued = if args.dry_run {
        Vec::new()
    } else {
        enqueue(config, &hours, &scorer, overlay).await?
    };
    if !enqueued.is_empty() {
        let target = format!("{} to {}", args.from, args.to);
        let detail = format!("{} jobs enqueued, by {}", enqueued.len(), scorer.version());
        audit::note(config, "rescore", &target, Some(detail)).await;
    }
    show(&previews, &enqueued, &scorer, args.dry_run, json)
}

/// Enqueues a job an hour.
async fn enqueue(
    config: &Config,
    hours: &[Hour],
    scorer: &Scorer,
    overlay: Option<String>,
) -> Result<Vec<Enqueued>, Failure> {
    let jobs = hours.iter().map(|hour| {
        let payload = payload::Rescore::of(*hour, scorer.version(), overlay.clone());
        job(config, slot::RESCORE, &slot::rescore(*hour), &payload)
    });
    let jobs: Vec<_> = jobs.collect::<Result<_, _>>()?;
    let queue = environment::open_queue(config).await?;
    Ok(queue.enqueue(&jobs).await?)
}

fn show(
    previews: &[Preview],
    enqueued: &[Enqueued],
    scorer: &Scorer,
    dry_run: bool,
    json: bool,
) -> Result<(), Failure> {
    let posts: usize = previews.iter().map(|preview| preview.posts).sum();
    let changed: usize = previews.iter().map(|preview| preview.changed).sum();
    let other: Vec<&Preview> = previews
        .iter()
        .filter(|preview| preview.changes_ends())
        .collect();
    if json {
        return output::json(&json!({
            "scorer": scorer.version(),
            "dry_run": dry_run,
            "hours": previews.len(),
            "posts": posts,
            "changed": changed,
            "hours_changed": other,
            "jobs": enqueued,
        }));
    }
    for preview in &other {
        output::line(&preview.hour.to_string())?;
        ends("best ", &preview.best, &preview.new_best)?;
        ends("worst", &preview.worst, &preview.new_worst)?;
    }
    let will = if dry_run {
        "would change"
    } else {
        "will change"
    };
    output::line(&format!(
        "{}: {changed} of {posts} compounds {will} in {} hours, the best or worst post in {}",
        scorer.version(),
        previews.len(),
        other.len()
    ))?;
    match dry_run {
        true => Ok(()),
        false => output::line(&format!("{} jobs enqueued", enqueued.len())),
    }
}

fn ends(name: &str, old: &Option<String>, new: &Option<String>) -> Result<(), Failure> {
    let (Some(old), Some(new)) = (old, new) else {
        return Ok(());
    };
    match old == new {
        true => Ok(()),
        false => output::line(&format!("  {name} {old} -> {new}")),
    }
}
