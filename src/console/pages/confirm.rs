//! What many dead letters are about to undergo: how many they are, before anything changes.

use maud::{Markup, html};
use moodwire_queue::{JobFilter, JobRow, Store};
use serde::{Deserialize, Serialize};

use super::dead::{self, SPREADS};
use crate::{
    console::{
        Console,
        access::Viewer,
        parts::{self, number, proof},
        refusal::Refusal,
    },
    operations::listing::{every, listing},
};

/// How many are shown as examples.
const EXAMPLES: usize = 5;

/// What is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Retry,
    Discard,
}

/// To which.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::console) struct Asked {
    verb: Verb,
    #[serde(flatten)]
    which: dead::Asked,
}

/// What would change.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    which: dead::Asked,
    verb: Verb,
    matched: u64,
    examples: Vec<JobRow>,
}

pub(in crate::console) async fn load(console: &Console, asked: &Asked) -> Result<View, Refusal> {
    let queue = &*console.deps.queue;
    let matched = count(queue, &asked.which.filter()).await?;
    let examples = match matched {
        0 => Vec::new(),
        _ => {
            let filter = asked.which.filter();
            listing(queue, &filter, None, EXAMPLES).await?.jobs
        }
    };
    Ok(View {
        which: asked.which.clone(),
        verb: asked.verb,
        matched,
        examples,
    })
}

/// How many match. What the store counts anyway is not walked: only a text has to be looked for.
async fn count(queue: &dyn Store, filter: &JobFilter) -> Result<u64, Refusal> {
    let is_kind = |kind: &str| filter.kind.as_deref().is_none_or(|only| only == kind);
    if filter.search.is_some() {
        return Ok(every(queue, filter).await?.0.len() as u64);
    }
    if let Some(fingerprint) = &filter.fingerprint {
        let groups = queue.groups(filter.kind.as_deref()).await?;
        let alike = groups
            .iter()
            .filter(|group| group.fingerprint == *fingerprint && is_kind(&group.kind));
        return Ok(alike.map(|group| group.count).sum());
    }
    let stats = queue.stats().await?;
    let kinds = stats.iter().filter(|(kind, _)| is_kind(kind));
    Ok(kinds.map(|(_, stats)| stats.dead).sum())
}

pub(in crate::console) fn render(view: &View, viewer: &Viewer) -> Markup {
    let (verb, word, action, class) = match view.verb {
        Verb::Retry => ("run again", "Retry", "/do/dead/retry", "primary"),
        Verb::Discard => (
            "be given up for good",
            "Discard",
            "/do/dead/discard",
            "danger",
        ),
    };
    html! {
        h1 { (word) " " (number(view.matched)) " dead letters?" }
        @if view.matched == 0 { p { "None matches (any more)." } }
        @else {
            p { strong { (number(view.matched)) } " dead letters would " (verb) ". Nothing has changed yet." }
            @if view.verb == Verb::Discard { p { "Their batches are discarded and their publications skipped, so that nothing brings them back. There are ten seconds to undo it." } }
            @if viewer.is_admin() { form method="post" action=(action) class="actions" {
                (proof(viewer))
                input type="hidden" name="all" value="on";
                @for (name, value) in view.which.fields() { @if let Some(value) = value { input type="hidden" name=(name) value=(value); } }
                @if view.verb == Verb::Retry { label { "Run them " select name="spread" { @for (value, name) in SPREADS { option value=(value) { (name) } } } } }
                button class=(class) { (word) " " (number(view.matched)) }
            } }
            h2 { "Such as" }
            (parts::jobs(&view.examples, false))
        }
        p { a href="/dead" { "Back to the dead letters" } }
    }
}
