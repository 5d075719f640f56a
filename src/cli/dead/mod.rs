//! `dead`: dead letters in a list, in groups or one whole, run again or given up.

mod show;

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use moodwire_queue::{CHUNK, JobFilter, JobRow, Revival, State, Store};
use serde_json::json;

use super::{
    args::{DeadCommand, DeadFilter, Which},
    domain::Domain,
    edit,
    jobs::{find, print},
    listing::{every, job_filter, listing},
};
use crate::{config::Config, environment, failure::Failure, output};

/// Runs the command.
pub(super) async fn run(config: &Config, command: &DeadCommand, json: bool) -> Result<(), Failure> {
    let queue = environment::open_queue(config).await?;
    match command {
        DeadCommand::List { filter, paging } => {
            let filter = dead_filter(filter);
            let listing = listing(&*queue, &filter, paging).await?;
            show::list(&listing.jobs, json)?;
            listing.say_how_to_go_on(&filter);
            Ok(())
        }
        DeadCommand::Groups { kind } => {
            let groups = queue.groups(kind.as_deref()).await?;
            show::groups(&groups, json)
        }
        DeadCommand::Show { id } => {
            let job = dead(&*queue, id).await?;
            if json {
                output::json(&show::document(&job))
            } else {
                print(&job)
            }
        }
        DeadCommand::Retry {
            which,
            spread,
            edit,
        } => {
            let matched = matching(&*queue, which).await?;
            let payload = match edit {
                Some(edit) => Some(edited(&*queue, which, &matched.ids, edit).await?),
                None => None,
            };
            let changed = if which.dry_run {
                0
            } else {
                retry(&*queue, &matched.ids, *spread, payload.as_deref()).await?
            };
            changed_of(matched.ids.len(), changed, json)
        }
        DeadCommand::Discard { which } => {
            let matched = matching(&*queue, which).await?;
            let changed = if which.dry_run {
                0
            } else {
                discard(config, &*queue, &matched).await?
            };
            changed_of(matched.ids.len(), changed, json)
        }
    }
}

fn dead_filter(filter: &DeadFilter) -> JobFilter {
    JobFilter {
        fingerprint: filter.fingerprint.clone(),
        ..job_filter(&filter.jobs, Some(State::Dead), &*environment::clock())
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

/// Dead letters that are meant.
#[derive(Debug, Default)]
struct Matched {
    /// None twice.
    ids: Vec<String>,
    kinds: BTreeSet<String>,
}

/// Those that are meant, all checked before anything changes.
async fn matching(queue: &dyn Store, which: &Which) -> Result<Matched, Failure> {
    if which.all {
        if which.filter.is_empty() && !which.yes && !which.dry_run {
            return Err(Failure::Usage(
                "--all without a filter means every dead letter: say so with --yes, or count them with --dry-run".to_owned(),
            ));
        }
        let (ids, kinds) = every(queue, &dead_filter(&which.filter)).await?;
        return Ok(Matched { ids, kinds });
    }
    if !which.filter.is_empty() {
        return Err(Failure::Usage(
            "a filter goes with --all, not with ids".to_owned(),
        ));
    }
    let mut matched = Matched::default();
    for id in &which.ids {
        if !matched.ids.contains(id) {
            let job = dead(queue, id).await?;
            matched.ids.push(job.id);
            matched.kinds.insert(job.kind);
        }
    }
    Ok(matched)
}

/// The payload that the one dead letter is to be run with.
async fn edited(
    queue: &dyn Store,
    which: &Which,
    ids: &[String],
    edit: &str,
) -> Result<Vec<u8>, Failure> {
    match ids {
        [id] if !which.all => edit::payload(&dead(queue, id).await?.kind, edit).await,
        _ => Err(Failure::Usage(
            "--edit is for exactly one id, whose payload it replaces".to_owned(),
        )),
    }
}

/// Makes them run again, at once or evenly spread over a time.
async fn retry(
    queue: &dyn Store,
    ids: &[String],
    spread: Option<Duration>,
    payload: Option<&[u8]>,
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
            (id.clone(), run_at, payload.map(<[u8]>::to_vec))
        })
        .collect();
    let mut changed = 0;
    for chunk in jobs.chunks(CHUNK) {
        changed += count(&queue.retry(chunk).await?);
    }
    Ok(changed)
}

/// Gives them up: in the domain first, so that upkeep brings nothing back, then on the queue.
async fn discard(config: &Config, queue: &dyn Store, matched: &Matched) -> Result<usize, Failure> {
    let domain = Domain::of(config);
    for kind in &matched.kinds {
        domain.prepare(kind).await?;
    }
    let mut changed = 0;
    for chunk in matched.ids.chunks(CHUNK) {
        for id in chunk {
            // One that somebody has retried meanwhile lives, and so does its batch.
            if let Some(job) = queue.get(id).await?
                && job.state == State::Dead
            {
                domain.discard(&job.kind, job.payload.as_bytes()).await?;
            }
        }
        changed += count(&queue.discard(chunk).await?);
    }
    Ok(changed)
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
