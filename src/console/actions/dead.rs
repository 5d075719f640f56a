//! Dead letters: one, a selection, a group, or all that match, run again or given up.

use std::time::Duration;

use moodwire_queue::State;
use serde_json::{Value, json};

use super::{Body, Doing, Done};
use crate::{
    console::{
        bulk::{Shown, Stage, UNDO, Verb, Which},
        parts::number,
        refusal::Refusal,
    },
    operations::{check, listing::every},
};

/// How long an answer waits for the operation's end: what is quick is told as done.
const WAITED: Duration = Duration::from_millis(1500);

/// How often it looks.
const LOOKS: Duration = Duration::from_millis(20);

/// Makes them run again.
pub(super) async fn retry(doing: Doing<'_>) -> Result<Done, Refusal> {
    let spread = doing.body.spread()?;
    begin(doing, Verb::Retry(spread), Duration::ZERO).await
}

/// Gives them up; from a page, after there was time to undo it.
pub(super) async fn discard(doing: Doing<'_>) -> Result<Done, Refusal> {
    let hold = match doing.from_page {
        true => UNDO,
        false => Duration::ZERO,
    };
    begin(doing, Verb::Discard, hold).await
}

/// Undoes an operation that has not begun.
pub(super) fn undo(doing: &Doing<'_>) -> Result<Done, Refusal> {
    let id = doing
        .body
        .id
        .and_then(|id| u64::try_from(id).ok())
        .ok_or_else(|| Refusal::bad("id is missing: of which operation?"))?;
    match doing.console.bulk.undo(id) {
        true => Ok(Done::new(
            "Undone: nothing was changed",
            json!({ "undone": true }),
        )),
        false => Err(Refusal::new(
            axum::http::StatusCode::CONFLICT,
            "it is too late: the operation has begun, or there is none of this number".to_owned(),
        )),
    }
}

async fn begin(doing: Doing<'_>, verb: Verb, hold: Duration) -> Result<Done, Refusal> {
    let body = &doing.body;
    if body.dry_run {
        let matched = matched(&doing).await?;
        return Ok(Done::new(
            format!("{} dead letters match", number(matched as u64)),
            json!({ "matched": matched, "changed": 0 }),
        ));
    }
    let (which, what) = which(&doing).await?;
    let bulk = &doing.console.bulk;
    let id = bulk.begin(verb, which, what, &doing.viewer.name, hold);
    if hold.is_zero() {
        wait(&doing, id).await;
    }
    let shown = bulk
        .get(id)
        .ok_or_else(|| Refusal::not_found("the operation is over and forgotten"))?;
    let mut done = Done::new(shown.sentence(), data(&shown));
    // The job, or the confirmation, that it was asked for on is over.
    done.to =
        (doing.from_page && (doing.body.all || verb == Verb::Discard)).then(|| "/dead".to_owned());
    Ok(done)
}

async fn wait(doing: &Doing<'_>, id: u64) {
    let over = async {
        while doing
            .console
            .bulk
            .get(id)
            .is_some_and(|shown| !matches!(shown.state, Stage::Done { .. } | Stage::Failed(_)))
        {
            tokio::time::sleep(LOOKS).await;
        }
    };
    // What takes longer is shown with its progress.
    let _in_time = tokio::time::timeout(WAITED, over).await;
}

fn data(shown: &Shown) -> Value {
    let mut data = json!({ "operation": shown });
    if let Stage::Done { matched, changed } = shown.state {
        data["matched"] = matched.into();
        data["changed"] = changed.into();
    }
    data
}

async fn matched(doing: &Doing<'_>) -> Result<usize, Refusal> {
    match doing.body.all {
        true => {
            let filter = doing.body.filter()?;
            Ok(every(&*doing.console.deps.queue, &filter).await?.0.len())
        }
        false => Ok(doing.body.ids.len()),
    }
}

/// Which are meant, and in words.
async fn which(doing: &Doing<'_>) -> Result<(Which, String), Refusal> {
    let body = &doing.body;
    if body.all {
        if !body.ids.is_empty() {
            return Err(Refusal::bad("either ids, or all that match: not both"));
        }
        return Ok((Which::All(body.filter()?), words(body)));
    }
    let mut ids = body.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let payload = match (&*ids, &body.payload) {
        ([], _) => return Err(Refusal::bad("no job was selected")),
        (_, None) => None,
        ([id], Some(payload)) => Some(edited(doing, id, payload).await?),
        (_, Some(_)) => return Err(Refusal::bad("a payload is for exactly one job")),
    };
    let what = match &*ids {
        [one] => one.clone(),
        many => format!("{} selected jobs", number(many.len() as u64)),
    };
    Ok((Which::Ids(ids, payload), what))
}

/// The new payload of a dead letter, checked.
async fn edited(doing: &Doing<'_>, id: &str, payload: &str) -> Result<Vec<u8>, Refusal> {
    let job = doing.console.deps.queue.get(id).await?;
    let job = job
        .filter(|job| job.state == State::Dead)
        .ok_or_else(|| Refusal::not_found(format!("{id} is no dead letter (any more)")))?;
    let payload = payload.trim();
    // An untouched one is kept to the byte, even where it could not be written anew.
    if payload != job.payload.trim() {
        check::payload_of(&job.kind, payload).map_err(|wrong| {
            Refusal::bad(format!("this is no payload of kind {}: {wrong}", job.kind))
        })?;
        return Ok(payload.as_bytes().to_vec());
    }
    Ok(job.payload.into_bytes())
}

/// The filter in words.
fn words(body: &Body) -> String {
    let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
    let mut words = vec!["all dead letters".to_owned()];
    if let Some(kind) = given(&body.kind) {
        words.push(format!("of kind {kind}"));
    }
    if let Some(fingerprint) = given(&body.fingerprint) {
        words.push(format!("that failed as {fingerprint}"));
    }
    if let Some(search) = given(&body.search) {
        words.push(format!("with \"{search}\""));
    }
    if let Some(since) = given(&body.since) {
        words.push(format!("since {since}"));
    }
    words.join(" ")
}
