//! Now, as HTML.

use maud::{Markup, html};

use super::{QueueNow, Told, View, alarms::Alarm, channels::ChannelNow};
use crate::{
    console::parts::{badge, empty, job_path, moment, moment_or_dash, number, part},
    operations::sources::Listed,
};

/// The page.
pub(in crate::console) fn render(view: &View) -> Markup {
    html! {
        h1 { "Now" }
        (alarms(&view.alarms))
        div class="cards" {
            section { h2 { "Channels" } (told(&view.channels, channels)) }
            section { h2 { "Sources" } (told(&view.sources, sources)) }
        }
        section { h2 { "Queue" } (told(&view.queue, kinds)) }
        div class="cards" {
            section { h2 { "Workers" } (told(&view.queue, workers)) }
            section { h2 { "Failures in the last hour" } (told(&view.queue, failures)) }
        }
    }
}

fn told<T>(told: &Told<T>, render: impl Fn(&T) -> Markup) -> Markup {
    match told {
        Told::Known(known) => render(known),
        Told::Unknown { error } => html! { p class="bad" { "Not known: " (error) } },
    }
}

fn alarms(alarms: &[Alarm]) -> Markup {
    html! {
        @if alarms.is_empty() { p class="allwell" { "All is well." } }
        @else { ul class="alarms" { @for alarm in alarms { li class=(alarm.severity.word()) {
            a href=(alarm.path) { strong { (alarm.what) } } " " span { (alarm.mend) }
        } } } }
    }
}

fn channels(channels: &Vec<ChannelNow>) -> Markup {
    html! {
        @if channels.is_empty() { (empty("No channel is configured: nothing will be published.")) }
        @else { div class="scroll" { table class="list" {
            thead { tr { th { "Channel" } th { "State" } th { "Last digest" } th { "Sent" } } }
            tbody { @for channel in channels { tr {
                td { (channel.name) " " span class="dim" { (channel.kind) } }
                td { @if channel.disabled.is_some() { (badge("bad", "disabled")) }
                    @else if !channel.uncertain.is_empty() { (badge("bad", "uncertain")) }
                    @else { (badge("good", "enabled")) } }
                td { @if let Some(last) = &channel.last { a href={ "/hours/" (part(&last.hour.to_string())) } { (last.hour.short()) } } @else { span class="dim" { "none in a week" } } }
                td { (moment_or_dash(channel.last.as_ref().and_then(|last| last.sent_at))) }
            } } }
        } } }
    }
}

fn sources(sources: &Vec<Listed>) -> Markup {
    html! {
        @if sources.is_empty() { (empty("No source is configured: nothing will be collected.")) }
        @else { div class="scroll" { table class="list" {
            thead { tr { th { "Source" } th { "State" } th { "Read up to" } th class="number" { "Posts" } } }
            tbody { @for source in sources { tr {
                td { (source.name) " " span class="dim" { (source.kind) } }
                td { (badge(source_class(&source.state), &source.state)) @if let Some(until) = source.limited_until { " " (countdown(until)) } }
                td { (moment_or_dash(source.watermark)) }
                td class="number" { (number(source.posts)) }
            } } }
        } } }
    }
}

/// How long until then; a script counts down.
pub(in crate::console) fn countdown(until: chrono::DateTime<chrono::Utc>) -> Markup {
    html! { span class="countdown" data-until=(until.timestamp()) { (moment(until)) } }
}

/// The word that a source's colour goes by.
pub(in crate::console) fn source_class(state: &str) -> &'static str {
    match state {
        "failing" => "bad",
        "limited" | "paused" => "warn",
        "reading" => "running",
        "new" => "even",
        _ => "good",
    }
}

fn kinds(queue: &QueueNow) -> Markup {
    html! {
        div class="scroll" { table class="list" {
            thead { tr { th { "Kind" } @for state in ["scheduled", "ready", "running", "done", "dead"] { th class="number" { (state) } } th { "Oldest ready" } th {} } }
            tbody { @for (kind, stats) in &queue.kinds { tr {
                td { a href={ "/jobs?kind=" (kind) } { (kind) } }
                @for (state, count) in [("scheduled", stats.scheduled), ("ready", stats.ready), ("running", stats.running), ("done", stats.done), ("dead", stats.dead)] {
                    td class="number" { @if count == 0 { span class="dim" { "0" } } @else { a class=[(state == "dead").then_some("bad")] href={ "/jobs?kind=" (kind) "&state=" (state) } { (number(count)) } } }
                }
                td { @match stats.oldest_ready_seconds { Some(seconds) => (format!("{seconds:.1} s")), None => span class="dim" { "–" } } }
                td { @if stats.paused { (badge("warn", "paused")) } }
            } } }
        } }
    }
}

fn workers(queue: &QueueNow) -> Markup {
    let of = |name: &str| {
        let suffix = format!("@{name}");
        let held = queue.running.iter().filter(move |job| {
            job.worker
                .as_ref()
                .is_some_and(|worker| worker.ends_with(&suffix))
        });
        held.collect::<Vec<_>>()
    };
    html! {
        @if queue.processes.is_empty() { (empty("No worker tells of itself. Start one: moodwire worker.")) }
        @for row in &queue.processes {
            @let process = &row.process;
            div class="worker" {
                p { strong { (process.name) } " " span class="dim" { (process.roles.join(", ")) ", since " (moment(process.started_at)) } }
                @let held = of(&process.name);
                @if held.is_empty() { p class="dim" { "idle" } }
                @else { ul class="plain" { @for job in held { li { a href=(job_path(&job.id)) { (job.id) } } } } }
            }
        }
    }
}

fn failures(queue: &QueueNow) -> Markup {
    html! {
        @if queue.failures == 0 { (empty("None.")) }
        @else {
            p { a class="bad" href="/dead" { (number(queue.failures as u64)) @if queue.failures >= super::FAILURES { "+" } " jobs died" } }
            ul class="plain" { @for group in &queue.groups { li {
                a href={ "/dead?fingerprint=" (part(&group.fingerprint)) } { (number(group.count)) " × " (group.kind) } " "
                span class="why" { (group.error.lines().next().unwrap_or_default()) }
            } } }
        }
    }
}
