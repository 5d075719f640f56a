//! Sources and channels: where each stands, with the buttons that try it out, stop it and start it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use moodwire_model::slot;
use moodwire_queue::KindStats;
use moodwire_warehouse::Disabled;
use serde::Serialize;

use super::now::{countdown, source_class};
use crate::{
    console::{
        Console,
        access::Viewer,
        parts::{badge, button, empty, moment, moment_or_dash, number},
        refusal::Refusal,
    },
    operations::sources::{self, Listed},
};

/// A channel.
#[derive(Debug, Serialize)]
struct ChannelRow {
    name: String,
    kind: &'static str,
    disabled: Option<Disabled>,
    /// Only posts that match one of these actors; all where it is empty.
    actors: Vec<String>,
    sources: Vec<String>,
    min_posts: u64,
}

/// All of it.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    sources: Vec<Listed>,
    channels: Vec<ChannelRow>,
    /// Counts by kind: each can be paused.
    kinds: BTreeMap<String, KindStats>,
}

pub(in crate::console) async fn load(console: &Console) -> Result<View, Refusal> {
    let deps = &console.deps;
    let mut disabled = deps.warehouse.disabled_channels().await?;
    let channels = deps.channels.iter().map(|(name, entry)| ChannelRow {
        name: name.clone(),
        kind: entry.channel.kind(),
        disabled: disabled.remove(name),
        actors: entry.selection.actors.iter().cloned().collect(),
        sources: entry.selection.sources.iter().cloned().collect(),
        min_posts: entry.min_posts,
    });
    let mut kinds = deps.queue.stats().await?;
    for kind in slot::KINDS {
        kinds.entry(kind.to_owned()).or_default();
    }
    Ok(View {
        sources: sources::list(&*deps.lake, &deps.sources).await?,
        channels: channels.collect(),
        kinds,
    })
}

pub(in crate::console) fn render(view: &View, viewer: &Viewer) -> Markup {
    html! {
        h1 { "Sources and channels" }
        section { h2 { "Sources" }
            @if view.sources.is_empty() { (empty("No source is configured.")) }
            @for source in &view.sources { (self::source(source, viewer)) }
        }
        section { h2 { "Channels" }
            @if view.channels.is_empty() { (empty("No channel is configured.")) }
            @for channel in &view.channels { (self::channel(channel, viewer)) }
        }
        section { h2 { "Kinds of jobs" }
            p class="dim" { "A kind that is paused is handed out no more, in every process, until it is resumed; what runs goes on." }
            div class="scroll" { table class="list" { tbody { @for (kind, stats) in &view.kinds { tr {
                td { (kind) } td { @if stats.paused { (badge("warn", "paused")) } @else { (badge("good", "goes on")) } }
                td class="number" { (number(stats.ready + stats.scheduled)) " wait" }
                td { @if stats.paused { (button(viewer, "queue/resume", &[("kind", kind)], "Resume", "primary")) } @else { (button(viewer, "queue/pause", &[("kind", kind)], "Pause", "")) } }
            } } } } }
        }
    }
}

fn source(source: &Listed, viewer: &Viewer) -> Markup {
    let name = [("name", &*source.name)];
    html! { article class="thing" id={ "source-" (source.name) } {
        header { h3 { (source.name) } span class="dim" { (source.kind) } (badge(source_class(&source.state), &source.state))
            @if let Some(until) = source.limited_until { span { "goes on " (countdown(until)) } } }
        @if let Some(why) = &source.why { p class="why" { (why) } }
        dl class="facts" {
            dt { "Read up to" } dd { (moment_or_dash(source.watermark)) }
            dt { "Moved" } dd { (moment_or_dash(source.moved_at)) }
            dt { "Posts" } dd { (number(source.posts)) }
            dt { "Duplicates" } dd { (number(source.duplicates)) }
            dt { "Quarantined" } dd { (number(source.quarantined)) }
            @if let Some(budget) = &source.budget { dt { "Budget" } dd { (budget) } }
            @if let Some(gap) = &source.gap { dt { "Gap" } dd class="bad" { (moment(gap.from)) " to " (moment(gap.to)) } }
        }
        div class="actions" {
            (button(viewer, "sources/collect", &name, "Collect now", ""))
            (button(viewer, "sources/test", &name, "Test", ""))
            (button(viewer, "sources/peek", &name, "Peek", ""))
            @if source.state == "paused" { (button(viewer, "sources/resume", &name, "Resume", "primary")) }
            @else { (button(viewer, "sources/pause", &name, "Pause for a day", "")) }
        }
    } }
}

fn channel(channel: &ChannelRow, viewer: &Viewer) -> Markup {
    let name = [("name", &*channel.name)];
    html! { article class="thing" id={ "channel-" (channel.name) } {
        header { h3 { (channel.name) } span class="dim" { (channel.kind) }
            @if channel.disabled.is_some() { (badge("bad", "disabled")) } @else { (badge("good", "enabled")) } }
        @if let Some(disabled) = &channel.disabled { p class="alarm" { "Disabled " (moment(disabled.disabled_at)) ": " (disabled.reason) ". Its hours stay due: mend the target, then enable it." } }
        @if !channel.actors.is_empty() || !channel.sources.is_empty() || channel.min_posts > 0 { p class="dim" {
            @if !channel.actors.is_empty() { "Actors: " (channel.actors.join(", ")) ". " }
            @if !channel.sources.is_empty() { "Sources: " (channel.sources.join(", ")) ". " }
            @if channel.min_posts > 0 { "From " (channel.min_posts) " posts an hour on." }
        } }
        div class="actions" {
            @if channel.disabled.is_some() { (button(viewer, "channels/enable", &name, "Enable", "primary")) }
            @else { (button(viewer, "channels/test", &name, "Send a test", "")) (button(viewer, "channels/pause", &name, "Pause", "")) }
        }
    } }
}
