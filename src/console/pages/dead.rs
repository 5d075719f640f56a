//! Dead letters: in groups that failed alike, and in a list to choose from.

use maud::{Markup, html};
use moodwire_queue::{Group, JobFilter, JobRow, State};
use serde::{Deserialize, Serialize};

use super::jobs::{address, kinds, word};
use crate::{
    console::{
        Console,
        access::Viewer,
        parts::{self, empty, moment, more, number, part, proof},
        refusal::Refusal,
    },
    operations::listing::listing,
};

/// How many are shown at once.
const SHOWN: usize = 50;

/// How many groups are shown.
const GROUPS: usize = 20;

/// Over how long what is retried may be spread.
pub(super) const SPREADS: [(&str, &str); 5] = [
    ("", "at once"),
    ("1m", "over 1 minute"),
    ("10m", "over 10 minutes"),
    ("1h", "over 1 hour"),
    ("6h", "over 6 hours"),
];

/// Which.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    #[serde(deserialize_with = "word")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "word")]
    pub(super) search: Option<String>,
    #[serde(deserialize_with = "word")]
    pub(super) fingerprint: Option<String>,
    #[serde(deserialize_with = "word")]
    after: Option<String>,
}

impl Asked {
    /// In the queue's terms.
    pub(super) fn filter(&self) -> JobFilter {
        JobFilter {
            kind: self.kind.clone(),
            state: Some(State::Dead),
            search: self.search.clone(),
            fingerprint: self.fingerprint.clone(),
            ..JobFilter::default()
        }
    }

    /// Its fields, for an address or a form.
    pub(super) fn fields(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("kind", self.kind.as_deref()),
            ("search", self.search.as_deref()),
            ("fingerprint", self.fingerprint.as_deref()),
        ]
    }
}

/// What was found.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    asked: Asked,
    groups: Vec<Group>,
    jobs: Vec<JobRow>,
    looked: usize,
    next: Option<String>,
}

pub(in crate::console) async fn load(console: &Console, asked: &Asked) -> Result<View, Refusal> {
    let queue = &*console.deps.queue;
    let groups = console.groups.of(queue, asked.kind.as_deref()).await?;
    let found = listing(queue, &asked.filter(), asked.after.as_deref(), SHOWN).await?;
    Ok(View {
        asked: asked.clone(),
        groups,
        jobs: found.jobs,
        looked: found.looked,
        next: found.next,
    })
}

pub(in crate::console) fn render(view: &View, viewer: &Viewer) -> Markup {
    let asked = &view.asked;
    let next = view.next.as_deref().map(|next| {
        let [kind, search, fingerprint] = asked.fields();
        address("/dead", &[kind, search, fingerprint, ("after", Some(next))])
    });
    html! {
        h1 { "Dead letters" }
        @if view.groups.is_empty() && view.jobs.is_empty() { (empty("None: every job that has ended ended well, or was dealt with.")) }
        @else {
            @if !view.groups.is_empty() { section aria-label="Groups" { (groups(&view.groups, asked, viewer)) } }
            section {
                h2 { "Letters" }
                form class="filter" {
                    @if let Some(fingerprint) = &asked.fingerprint { input type="hidden" name="fingerprint" value=(fingerprint); span { "of one group " a href="/dead" { "(all)" } } }
                    (kinds(asked.kind.as_deref()))
                    label { "Text " input type="search" name="search" value=[asked.search.as_deref()] placeholder="id, payload, error, worker"; }
                    button { "Show" }
                }
                @if view.jobs.is_empty() {
                    @if view.next.is_some() { p class="empty" { "None among the " (number(view.looked as u64)) " looked at so far." } }
                    @else { (empty("No dead letter is like that.")) }
                } @else { (letters(view, viewer)) }
                (more(next.as_deref(), "Go on →"))
            }
        }
    }
}

fn groups(groups: &[Group], asked: &Asked, viewer: &Viewer) -> Markup {
    html! {
        h2 { "What failed alike" }
        div class="scroll" { table class="list groups" {
            thead { tr { th class="number" { "Count" } th { "Kind" } th class="wide" { "Error" } th { "First" } th { "Last" } th {} } }
            tbody { @for group in groups.iter().take(GROUPS) {
                @let here = asked.fingerprint.as_deref() == Some(&*group.fingerprint);
                tr id={ "group-" (group.fingerprint) } class=[here.then_some("chosen")] data-row {
                    td class="number" { (number(group.count)) }
                    td { (group.kind) }
                    td class="wide why" { a href={ "/dead?fingerprint=" (part(&group.fingerprint)) } title=(group.error) { (group.error.lines().next().unwrap_or("(no error)")) } }
                    td { (moment(group.first)) } td { (moment(group.last)) }
                    td class="actions" { @if viewer.is_admin() {
                        a class="button" data-retry href={ "/dead/confirm?verb=retry&fingerprint=" (part(&group.fingerprint)) "&kind=" (group.kind) } { "Retry…" }
                        a class="button" href={ "/dead/confirm?verb=discard&fingerprint=" (part(&group.fingerprint)) "&kind=" (group.kind) } { "Discard…" }
                    } }
                }
            } }
        } }
        @if groups.len() > GROUPS { p class="dim" { "… and " (number((groups.len() - GROUPS) as u64)) " more groups" } }
    }
}

fn letters(view: &View, viewer: &Viewer) -> Markup {
    let confirm = |verb| {
        let [kind, search, fingerprint] = view.asked.fields();
        address(
            "/dead/confirm",
            &[("verb", Some(verb)), kind, search, fingerprint],
        )
    };
    html! { @if viewer.is_admin() {
        form #letters method="post" action="/do/dead/retry" {
            (proof(viewer))
            div class="actions sticky" {
                span data-selected {}
                button class="primary" { "Retry selected" }
                label { select name="spread" aria-label="Spread over" { @for (value, name) in SPREADS { option value=(value) { (name) } } } }
                button class="danger" formaction="/do/dead/discard" { "Discard selected" }
                span class="gap" {}
                a class="button" href=(confirm("retry")) { "Retry all that match…" }
                a class="button" href=(confirm("discard")) { "Discard all that match…" }
            }
            (parts::jobs(&view.jobs, true))
        }
    } @else { (parts::jobs(&view.jobs, false)) } }
}
