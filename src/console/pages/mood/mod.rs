//! Mood: the mean and the volume of each hour, over a day, a week or a month, of all or of an actor or source.

mod chart;

use chrono::TimeDelta;
use maud::{Markup, html};
use moodwire_model::Hour;
use moodwire_warehouse::{MoodFilter, MoodHour};
use serde::{Deserialize, Serialize};

use super::jobs::{address, word};
use crate::{
    console::{
        Console,
        parts::{empty, mood, number, part},
        refusal::Refusal,
    },
    environment,
};

/// How far back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Range {
    #[default]
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "30d")]
    Month,
}

impl Range {
    const ALL: [(Self, &'static str, i64); 3] = [
        (Self::Day, "24h", 24),
        (Self::Week, "7d", 7 * 24),
        (Self::Month, "30d", 30 * 24),
    ];

    fn parts(self) -> (&'static str, i64) {
        let found = Self::ALL.iter().find(|(range, ..)| *range == self);
        found.map_or(("24h", 24), |(_, word, hours)| (word, *hours))
    }
}

/// Of what.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Asked {
    range: Range,
    #[serde(deserialize_with = "word")]
    actor: Option<String>,
    #[serde(deserialize_with = "word")]
    source: Option<String>,
}

/// The series.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    #[serde(skip)]
    asked: Asked,
    from: Hour,
    /// The first hour that is left out.
    before: Hour,
    /// Those with posts.
    hours: Vec<MoodHour>,
    actors: Vec<String>,
    sources: Vec<String>,
}

pub(in crate::console) async fn load(console: &Console, asked: &Asked) -> Result<View, Refusal> {
    let warehouse = &console.deps.warehouse;
    let before = Hour::of(environment::clock().now()).next();
    let (_, hours) = asked.range.parts();
    let from = Hour::of(before.start() - TimeDelta::hours(hours));
    let filter = MoodFilter {
        actor: asked.actor.clone(),
        source: asked.source.clone(),
    };
    let (hours, actors, sources) = tokio::try_join!(
        warehouse.mood(from, before, &filter),
        warehouse.actors(),
        warehouse.feeds(),
    )?;
    Ok(View {
        asked: asked.clone(),
        from,
        before,
        hours,
        actors,
        sources,
    })
}

pub(in crate::console) fn render(view: &View) -> Markup {
    let asked = &view.asked;
    let (range, _) = asked.range.parts();
    let posts: u64 = view.hours.iter().map(|hour| hour.posts).sum();
    html! {
        h1 { "Mood" }
        nav class="tabs" aria-label="Range" { @for (one, word, _) in Range::ALL { a href=(path("/mood", asked, Some(word))) aria-current=[(asked.range == one).then_some("true")] { (word) } } }
        form class="filter" {
            input type="hidden" name="range" value=(range);
            (choice("Actor", "actor", &view.actors, asked.actor.as_deref()))
            (choice("Source", "source", &view.sources, asked.source.as_deref()))
            button { "Show" }
        }
        @if view.hours.is_empty() { (empty("No post in this time.")) }
        @else {
            p class="facts" { span { (number(posts)) " posts in " (view.hours.len()) " hours" } }
            div class="scroll room" tabindex="0" role="group" aria-label="Chart" { (chart::draw(view.from, view.before, &view.hours)) }
            section { h2 { "Export" } (exports(view)) }
            section { h2 { "Hours" } (table(&view.hours)) }
        }
    }
}

fn choice(name: &str, field: &str, values: &[String], chosen: Option<&str>) -> Markup {
    html! { label { (name) " " select name=(field) {
        option value="" { "all" }
        @for value in values { option value=(value) selected[chosen == Some(value)] { (value) } }
    } } }
}

fn path(to: &str, asked: &Asked, range: Option<&str>) -> String {
    let fields = [
        ("range", range),
        ("actor", asked.actor.as_deref()),
        ("source", asked.source.as_deref()),
    ];
    address(to, &fields)
}

fn exports(view: &View) -> Markup {
    let (from, to) = (view.from.to_string(), view.before.to_string());
    let link = |what, format| {
        let fields = [
            ("what", Some(what)),
            ("format", Some(format)),
            ("from", Some(&*from)),
            ("to", Some(&*to)),
            ("actor", view.asked.actor.as_deref()),
            ("source", view.asked.source.as_deref()),
        ];
        address("/export", &fields)
    };
    html! { p class="actions" { @for what in ["posts", "hours"] { @for format in ["csv", "parquet"] {
        a class="button" href=(link(what, format)) download { (what) " as " (format) }
    } } } }
}

fn table(hours: &[MoodHour]) -> Markup {
    html! { div class="scroll" { table class="list" {
        thead { tr { th { "Hour (UTC)" } th class="number" { "Posts" } th class="number" { "Mean" } th class="number" { "Positive" } th class="number" { "Negative" } th class="number" { "Neutral" } } }
        tbody { @for one in hours.iter().rev() { tr data-row {
            td { a href={ "/hours/" (part(&one.hour.to_string())) } { (one.hour.short()) } }
            td class="number" { (number(one.posts)) }
            td class="number" { @if let Some(mean) = one.mean_compound { span class={ "score " (mood(mean)) } { (format!("{mean:+.4}")) } } }
            td class="number" { (number(one.positive)) } td class="number" { (number(one.negative)) } td class="number" { (number(one.neutral)) }
        } } }
    } } }
}
