//! Hours: the ledger as a grid, a row an hour, from collected to published on each channel.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use moodwire_model::{BatchState, Hour};
use moodwire_warehouse::{MoodFilter, Publication, PublicationState};
use moodwire_workers::due;
use serde::{Deserialize, Deserializer, Serialize};

use super::jobs::{address, word};
use crate::{
    console::{
        Console,
        access::Viewer,
        parts::{badge, empty, moment_or_dash, mood, number, part, proof},
        refusal::Refusal,
    },
    environment,
};

/// How many rows are shown at once: two days.
const ROWS: i64 = 48;

/// How many unscored batches are looked at.
const BATCHES: usize = 500;

/// The most publications in a list of one state.
const LISTED: usize = 500;

/// Which.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    /// The first hour that is left out, going back; the next one when none.
    before: Option<Hour>,
    /// Only publications in this state, in a list.
    #[serde(deserialize_with = "state")]
    state: Option<PublicationState>,
}

fn state<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PublicationState>, D::Error> {
    let Some(text) = word(deserializer)? else {
        return Ok(None);
    };
    PublicationState::parse(&text).map(Some).ok_or_else(|| {
        let states = PublicationState::ALL
            .map(PublicationState::as_str)
            .join(", ");
        serde::de::Error::custom(format!("the states are {states}, and \"{text}\" is none"))
    })
}

/// An hour's place in the ledger.
#[derive(Debug, Serialize)]
struct Row {
    hour: Hour,
    posts: u64,
    mean_compound: Option<f64>,
    /// Sources whose watermark has not passed the hour's end.
    waits_for: Vec<String>,
    /// Batches with posts of the hour that are not scored.
    unscored: u64,
    sealed_at: Option<DateTime<Utc>>,
    /// By channel; none where there is none yet.
    publications: BTreeMap<String, Option<Publication>>,
    /// Channels that are to get it, once it is ready.
    due: Vec<String>,
}

/// What the ledger says.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    state: Option<PublicationState>,
    channels: Vec<String>,
    /// Newest first.
    hours: Vec<Row>,
    /// Publications of the state that was asked for.
    publications: Vec<Publication>,
    /// Pass it as `before` to go on.
    next: Option<Hour>,
}

pub(in crate::console) async fn load(console: &Console, asked: &Asked) -> Result<View, Refusal> {
    let channels: Vec<String> = console.deps.channels.keys().cloned().collect();
    let now = environment::clock().now();
    let this = Hour::of(now);
    if let Some(state) = asked.state {
        let warehouse = &console.deps.warehouse;
        let mut publications = warehouse
            .publications(Some(&[state]), None, this.next())
            .await?;
        publications.reverse();
        publications.truncate(LISTED);
        return Ok(View {
            state: Some(state),
            channels,
            hours: Vec::new(),
            publications,
            next: None,
        });
    }
    let before = asked.before.unwrap_or(this.next()).min(this.next());
    let from = Hour::of(before.start() - TimeDelta::hours(ROWS));
    let hours = rows(console, &channels, from, before).await?;
    let earliest = hours
        .last()
        .is_some_and(|row| row.posts > 0 || row.sealed_at.is_some());
    Ok(View {
        state: None,
        channels,
        next: (earliest || asked.before.is_none()).then_some(from),
        hours,
        publications: Vec::new(),
    })
}

async fn rows(
    console: &Console,
    channels: &[String],
    from: Hour,
    before: Hour,
) -> Result<Vec<Row>, Refusal> {
    let deps = &console.deps;
    let filter = MoodFilter::default();
    let (moods, sealed, publications) = tokio::try_join!(
        deps.warehouse.mood(from, before, &filter),
        deps.warehouse.summaries(Some(from), before),
        deps.warehouse.publications(None, Some(from), before),
    )?;
    let open = [BatchState::Open, BatchState::Queued];
    let (batches, cursors) =
        tokio::try_join!(deps.lake.batches(&open, None, BATCHES), deps.lake.cursors())?;
    let due = due::unpublished_within(deps, Some(from), before).await?;
    let watermark = |source: &str| {
        let cursor = cursors.iter().find(|cursor| cursor.source == source);
        cursor.and_then(|cursor| cursor.watermark)
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut hour = from;
    while hour < before {
        let mood = moods.iter().find(|mood| mood.hour == hour);
        let waits_for = deps.sources.keys();
        let published = channels.iter().map(|channel| {
            let found = publications
                .iter()
                .find(|one| one.hour == hour && one.channel == *channel);
            (channel.clone(), found.cloned())
        });
        rows.push(Row {
            hour,
            posts: mood.map_or(0, |mood| mood.posts),
            mean_compound: mood.and_then(|mood| mood.mean_compound),
            waits_for: waits_for
                .filter(|source| watermark(source).is_none_or(|mark| mark < hour.end()))
                .cloned()
                .collect(),
            unscored: batches
                .iter()
                .filter(|batch| batch.hours.contains(&hour))
                .count() as u64,
            sealed_at: sealed
                .iter()
                .find(|summary| summary.hour == hour)
                .and_then(|summary| summary.sealed_at),
            publications: published.collect(),
            due: due
                .iter()
                .filter(|(due, _)| *due == hour)
                .map(|(_, channel)| channel.clone())
                .collect(),
        });
        hour = hour.next();
    }
    rows.reverse();
    Ok(rows)
}

pub(in crate::console) fn render(view: &View, viewer: &Viewer) -> Markup {
    html! {
        h1 { "Hours" }
        nav class="tabs" aria-label="States" {
            a href="/hours" aria-current=[view.state.is_none().then_some("true")] { "ledger" }
            @for state in PublicationState::ALL { a href={ "/hours?state=" (state.as_str()) } aria-current=[(view.state == Some(state)).then_some("true")] { (state.as_str()) } }
        }
        @match view.state {
            Some(_) => (list(&view.publications)),
            None => {
                (grid(view))
                @if let Some(next) = view.next { p class="more" { a rel="next" href=(address("/hours", &[("before", Some(&next.to_string()))])) { "Earlier →" } } }
                (backfill(view, viewer))
            },
        }
    }
}

fn grid(view: &View) -> Markup {
    html! {
        @if view.hours.is_empty() { (empty("No hour yet.")) }
        @else { div class="scroll" { table class="list grid" {
            thead { tr { th class="tick" {} th { "Hour (UTC)" } th class="number" { "Posts" } th class="number" { "Mean" } th { "Collected" } th { "Scored" } @for channel in &view.channels { th { (channel) } } } }
            tbody { @for row in &view.hours { tr id={ "hour-" (row.hour.short()) } data-row {
                td class="tick" { input type="checkbox" data-hour=(row.hour.start().timestamp()) aria-label={ "Mark " (row.hour.short()) }; }
                td { a href={ "/hours/" (part(&row.hour.to_string())) } { (row.hour.start().format("%d %b %H:00")) } }
                td class="number" { (number(row.posts)) }
                td class="number" { @if let Some(mean) = row.mean_compound { span class={ "score " (mood(mean)) } { (format!("{mean:+.3}")) } } }
                td { @if row.waits_for.is_empty() { (badge("good", "all")) } @else { span title=(row.waits_for.join(", ")) { (badge("even", &format!("{} open", row.waits_for.len()))) } } }
                td { @if row.unscored > 0 { (badge("running", &format!("{} to go", row.unscored))) } @else if row.sealed_at.is_some() { (badge("good", "sealed")) } @else if row.posts > 0 { (badge("even", "scored")) } @else { span class="dim" { "–" } } }
                @for (channel, publication) in &row.publications { td { (cell(publication.as_ref(), row.due.contains(channel), row.hour)) } }
            } } }
        } } }
    }
}

fn cell(publication: Option<&Publication>, due: bool, hour: Hour) -> Markup {
    html! {
        a class="cell" href={ "/hours/" (part(&hour.to_string())) } {
            @match publication {
                Some(publication) => span title=[publication.error.as_deref()] { (badge(publication.state.as_str(), publication.state.as_str())) },
                None if due => span title="goes out once the hour is collected and scored" { (badge("even", "due")) },
                None => span class="dim" { "–" },
            }
        }
    }
}

fn list(publications: &[Publication]) -> Markup {
    html! {
        @if publications.is_empty() { (empty("No publication is in this state.")) }
        @else { div class="scroll" { table class="list" {
            thead { tr { th { "Hour" } th { "Channel" } th { "State" } th { "Sent" } th class="wide" { "Why" } } }
            tbody { @for one in publications { tr data-row {
                td { a href={ "/hours/" (part(&one.hour.to_string())) } { (one.hour.short()) } }
                td { (one.channel) } td { (badge(one.state.as_str(), one.state.as_str())) }
                td { (moment_or_dash(one.sent_at)) } td class="wide why" { (one.error.as_deref().unwrap_or_default()) }
            } } }
        } } }
    }
}

fn backfill(view: &View, viewer: &Viewer) -> Markup {
    let (from, to) = match (view.hours.last(), view.hours.first()) {
        (Some(last), Some(first)) => (last.hour, first.hour),
        _ => return html! {},
    };
    html! { @if viewer.is_admin() { section class="tool" {
        h2 { "Backfill" }
        p class="dim" { "Enqueues what is missing of a range: sources that were not read to its end, batches to be scored again, or hours that were not published. Marking rows sets the range." }
        form method="post" action="/do/hours/backfill" class="filter" {
            (proof(viewer))
            label { "What " select name="what" { @for what in ["publish", "transform", "collect"] { option { (what) } } } }
            label { "From " input type="datetime-local" name="from" step="3600" required data-from value=(from.start().format("%Y-%m-%dT%H:%M")); }
            label { "to " input type="datetime-local" name="to" step="3600" required data-to value=(to.start().format("%Y-%m-%dT%H:%M")); }
            input type="hidden" name="dry_run" value="on";
            button { "See what would be enqueued" }
        }
    } } }
}
