//! Jobs in a list: by state and kind, found by what their id, payload, error or worker holds.

use maud::{Markup, html};
use moodwire_model::slot;
use moodwire_queue::{JobFilter, JobRow, State};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    console::{
        Console,
        parts::{self, empty, more, number},
        refusal::Refusal,
    },
    operations::listing::listing,
};

/// How many are shown at once.
const SHOWN: usize = 50;

/// Which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    #[serde(deserialize_with = "word", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(deserialize_with = "state", skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(deserialize_with = "word", skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[serde(deserialize_with = "word", skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// A field of a form that was left empty asks for nothing.
pub(in crate::console) fn word<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|word| !word.is_empty()))
}

fn state<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<State>, D::Error> {
    let Some(text) = word(deserializer)? else {
        return Ok(None);
    };
    State::parse(&text).map(Some).ok_or_else(|| {
        let states = State::ALL.map(State::as_str).join(", ");
        serde::de::Error::custom(format!("the states are {states}, and \"{text}\" is none"))
    })
}

/// What was found.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    asked: Asked,
    jobs: Vec<JobRow>,
    /// How many jobs were looked at.
    looked: usize,
    /// Pass it as `after` to go on.
    next: Option<String>,
}

pub(in crate::console) async fn load(console: &Console, asked: &Asked) -> Result<View, Refusal> {
    let filter = JobFilter {
        kind: asked.kind.clone(),
        state: asked.state,
        search: asked.search.clone(),
        ..JobFilter::default()
    };
    let found = listing(&*console.deps.queue, &filter, asked.after.as_deref(), SHOWN).await?;
    Ok(View {
        asked: asked.clone(),
        jobs: found.jobs,
        looked: found.looked,
        next: found.next,
    })
}

pub(in crate::console) fn render(view: &View) -> Markup {
    let asked = &view.asked;
    let next = view
        .next
        .as_ref()
        .map(|next| path(asked, asked.state, Some(next)));
    html! {
        h1 { "Jobs" }
        nav class="tabs" aria-label="States" {
            a href=(path(asked, None, None)) aria-current=[asked.state.is_none().then_some("true")] { "all" }
            @for state in State::ALL { a href=(path(asked, Some(state), None)) aria-current=[(asked.state == Some(state)).then_some("true")] { (state.as_str()) } }
        }
        form class="filter" {
            @if let Some(state) = asked.state { input type="hidden" name="state" value=(state.as_str()); }
            (kinds(asked.kind.as_deref()))
            label { "Text " input type="search" name="search" value=[asked.search.as_deref()] placeholder="id, payload, error, worker"; }
            button { "Show" }
        }
        @if view.jobs.is_empty() {
            @if view.next.is_some() { p class="empty" { "None among the " (number(view.looked as u64)) " jobs looked at so far." } }
            @else { (empty("No job is like that.")) }
        } @else { (parts::jobs(&view.jobs, false)) }
        (more(next.as_deref(), "Go on →"))
    }
}

/// The choice of a kind.
pub(super) fn kinds(chosen: Option<&str>) -> Markup {
    html! { label { "Kind " select name="kind" {
        option value="" { "all" }
        @for kind in slot::KINDS { option value=(kind) selected[chosen == Some(kind)] { (kind) } }
    } } }
}

fn path(asked: &Asked, state: Option<State>, after: Option<&str>) -> String {
    let fields = [
        ("kind", asked.kind.as_deref()),
        ("state", state.map(State::as_str)),
        ("search", asked.search.as_deref()),
        ("after", after),
    ];
    address("/jobs", &fields)
}

/// An address with those of the fields that have a value.
pub(in crate::console) fn address(path: &str, fields: &[(&str, Option<&str>)]) -> String {
    let given = fields.iter().filter_map(|(name, value)| {
        let value = utf8_percent_encode((*value)?, NON_ALPHANUMERIC);
        Some(format!("{name}={value}"))
    });
    let query: Vec<String> = given.collect();
    match query.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", query.join("&")),
    }
}
