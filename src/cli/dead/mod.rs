//! `dead`: dead letters in a list, in groups or one whole, run again or given up.

mod show;

use std::collections::BTreeSet;

use moodwire_queue::{JobFilter, JobRow, State, Store};
use serde_json::json;

use super::{
    args::{DeadCommand, DeadFilter, Which},
    edit,
    jobs::{find, print},
    listing::{job_filter, listing, say_how_to_go_on},
};
use crate::{
    audit,
    config::Config,
    environment,
    failure::Failure,
    operations::{dead, domain::Domain, listing::every},
    output,
};

/// Runs the command.
pub(super) async fn run(config: &Config, command: &DeadCommand, json: bool) -> Result<(), Failure> {
    let queue = environment::open_queue(config).await?;
    match command {
        DeadCommand::List { filter, paging } => {
            let filter = dead_filter(filter);
            let listing = listing(&*queue, &filter, paging).await?;
            show::list(&listing.jobs, json)?;
            say_how_to_go_on(&listing, &filter);
            Ok(())
        }
        DeadCommand::Groups { kind } => {
            let groups = queue.groups(kind.as_deref()).await?;
            show::groups(&groups, json)
        }
        DeadCommand::Show { id } => {
            let job = letter(&*queue, id).await?;
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
            let mut changed = 0;
            if !which.dry_run {
                let payload = payload.as_deref();
                let told = |_, more| changed += more;
                let outcome = dead::retry(&*queue, &matched.ids, *spread, payload, told).await;
                note(config, "dead retry", which, &matched.ids, changed, payload).await;
                outcome?;
            }
            changed_of(matched.ids.len(), changed, json)
        }
        DeadCommand::Discard { which } => {
            let matched = matching(&*queue, which).await?;
            let mut changed = 0;
            if !which.dry_run {
                let domain = Domain::of(config);
                for kind in &matched.kinds {
                    domain.prepare(kind).await?;
                }
                let told = |_, more| changed += more;
                let outcome = dead::discard(&domain, &*queue, &matched.ids, told).await;
                note(config, "dead discard", which, &matched.ids, changed, None).await;
                outcome?;
            }
            changed_of(matched.ids.len(), changed, json)
        }
    }
}

/// Records what was changed, also of a command that failed on the way.
async fn note(
    config: &Config,
    action: &str,
    which: &Which,
    ids: &[String],
    changed: usize,
    payload: Option<&[u8]>,
) {
    if changed == 0 {
        return;
    }
    let target = match which.all {
        true => which.filter.to_string(),
        false => audit::list(ids.iter().map(String::as_str)),
    };
    let mut detail = format!("{changed} of {}", ids.len());
    if let Some(payload) = payload {
        detail.push_str(&format!(", with {}", String::from_utf8_lossy(payload)));
    }
    audit::note(config, action, &target, Some(detail)).await;
}

fn dead_filter(filter: &DeadFilter) -> JobFilter {
    JobFilter {
        fingerprint: filter.fingerprint.clone(),
        ..job_filter(&filter.jobs, Some(State::Dead), &*environment::clock())
    }
}

/// A job that must be a dead letter.
async fn letter(queue: &dyn Store, id: &str) -> Result<JobRow, Failure> {
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
            let job = letter(queue, id).await?;
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
        [id] if !which.all => edit::payload(&letter(queue, id).await?.kind, edit).await,
        _ => Err(Failure::Usage(
            "--edit is for exactly one id, whose payload it replaces".to_owned(),
        )),
    }
}

/// Says how many were meant, and how many changed.
pub(super) fn changed_of(matched: usize, changed: usize, json: bool) -> Result<(), Failure> {
    if json {
        output::json(&json!({ "matched": matched, "changed": changed }))
    } else {
        output::line(&format!("{matched} matched, {changed} changed"))
    }
}
