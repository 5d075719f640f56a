//! The queue: kinds stopped and resumed, and jobs that wait run at once or given up.

use moodwire_model::slot;
use serde_json::json;

use super::{Body, Doing, Done};
use crate::{
    console::{parts::number, refusal::Refusal},
    operations::waiting,
};

/// The most jobs at once.
const MOST: usize = moodwire_queue::CHUNK;

/// Stops or resumes the hand-out of a kind.
pub(super) async fn pause(doing: Doing<'_>, paused: bool) -> Result<Done, Refusal> {
    let kind = Body::named(&doing.body.kind, "kind")?;
    if !slot::KINDS.contains(&kind) {
        return Err(Refusal::bad(format!(
            "the kinds are {}",
            slot::KINDS.join(", ")
        )));
    }
    doing.console.deps.queue.set_paused(kind, paused).await?;
    let (action, sentence) = match paused {
        true => (
            "queue pause",
            format!("{kind} is paused: no more of its jobs are handed out"),
        ),
        false => ("queue resume", format!("{kind} goes on")),
    };
    doing.record(action, kind, None).await;
    Ok(Done::new(
        sentence,
        json!({ "kind": kind, "paused": paused }),
    ))
}

/// Has scheduled jobs run at once.
pub(super) async fn run_now(doing: Doing<'_>) -> Result<Done, Refusal> {
    let ids = ids(&doing)?;
    let changed = waiting::run_now(&*doing.console.deps.queue, ids).await?;
    told(&doing, "jobs run-now", changed, "made to run now").await
}

async fn told(
    doing: &Doing<'_>,
    action: &str,
    changed: usize,
    past: &str,
) -> Result<Done, Refusal> {
    let matched = doing.body.ids.len();
    let target = match &*doing.body.ids {
        [one] => one.clone(),
        many => format!("{} jobs", many.len()),
    };
    doing
        .record(action, &target, Some(&format!("{changed} changed")))
        .await;
    let sentence = match matched == changed {
        true => format!("{past}: {target}"),
        false => format!(
            "{past}: {} of {}; the others no longer wait",
            number(changed as u64),
            number(matched as u64)
        ),
    };
    Ok(Done::new(
        sentence,
        json!({ "matched": matched, "changed": changed }),
    ))
}

fn ids<'a>(doing: &'a Doing<'_>) -> Result<&'a [String], Refusal> {
    match &*doing.body.ids {
        [] => Err(Refusal::bad("no job was selected")),
        ids if ids.len() > MOST => Err(Refusal::bad(format!("at most {MOST} jobs at once"))),
        ids => Ok(ids),
    }
}

/// Gives up jobs that wait: in the domain first, so that upkeep brings nothing back.
pub(super) async fn discard(doing: Doing<'_>) -> Result<Done, Refusal> {
    let ids = ids(&doing)?;
    let console = doing.console;
    let domain = console.domain();
    let changed = waiting::discard(&domain, &*console.deps.queue, ids).await?;
    told(&doing, "jobs discard", changed, "given up").await
}
