//! One job, as HTML.

use maud::{Markup, html};
use moodwire_queue::{Attempt, JobRow, State, VerdictWord};

use super::{
    View,
    lineage::{Lineage, Other},
};
use crate::console::{
    access::Viewer,
    parts::{self, badge, button, job_path, millis, moment, moment_or_dash, number, part, proof},
};

/// The page.
pub(in crate::console) fn render(view: &View, viewer: &Viewer) -> Markup {
    let job = &view.job;
    html! {
        h1 class="id" { (job.id) }
        p class="facts" {
            (parts::state(job.state)) " " span { "attempt " (job.attempts) " of " (job.max_attempts) }
            " " span { "enqueued " (moment(job.enqueued_at)) } " " span { "due " (moment(job.run_at)) }
            @if let Some(at) = job.finished_at { " " span { "ended " (moment(at)) } }
            @if let Some(worker) = &job.worker { " " span { "on " code { (worker) } ", lease until " (moment_or_dash(job.leased_until)) } }
        }
        (actions(job, viewer))
        @if let Some(reason) = &job.reason { p class="alarm" { (reason) } }
        @if let Some(error) = &job.error { section { h2 { "Error" } pre tabindex="0" { (error) } } }
        @if let Some(fingerprint) = &job.fingerprint { p { a href={ "/dead?fingerprint=" (part(fingerprint)) } { "All that failed alike" } } }
        section { h2 { "Timeline" } (timeline(job)) }
        section { h2 { "Lineage" } (lineage(&view.lineage, job)) }
        section { h2 { "Payload" } (payload(job, viewer)) }
    }
}

fn actions(job: &JobRow, viewer: &Viewer) -> Markup {
    let ids = [("ids", &*job.id)];
    html! { div class="actions" { @match job.state {
        State::Dead => { (button(viewer, "dead/retry", &ids, "Retry", "primary")) (button(viewer, "dead/discard", &ids, "Discard", "danger")) }
        State::Scheduled => { (button(viewer, "jobs/run-now", &ids, "Run now", "primary")) (button(viewer, "jobs/discard", &ids, "Give up", "danger")) }
        State::Ready => (button(viewer, "jobs/discard", &ids, "Give up", "danger")),
        State::Running | State::Done => {}
    } } }
}

fn verdict(word: VerdictWord) -> (&'static str, &'static str) {
    match word {
        VerdictWord::Done => ("good", "done"),
        VerdictWord::Retry => ("warn", "retry"),
        VerdictWord::Later => ("even", "later"),
        VerdictWord::Dead => ("bad", "dead"),
        VerdictWord::WorkerLost => ("bad", "worker lost"),
    }
}

fn timeline(job: &JobRow) -> Markup {
    html! { ol class="timeline" {
        li { (moment(job.enqueued_at)) " enqueued" @if let Some(parent) = &job.parent { " by " a href=(job_path(parent)) { (parent) } } }
        @for attempt in &job.history { (self::attempt(attempt)) }
        @match job.state {
            State::Scheduled => li { (moment(job.run_at)) " due" },
            State::Ready => li { (moment(job.run_at)) " due: the next free worker takes it" },
            State::Running => li { "running" },
            State::Done | State::Dead => {}
        }
    } }
}

fn attempt(attempt: &Attempt) -> Markup {
    let (class, word) = verdict(attempt.verdict);
    html! { li {
        (moment(attempt.started_at)) " attempt " (attempt.attempt) " " (badge(class, word)) " "
        span class="dim" { "after " (millis(attempt.duration_ms)) " on " (attempt.worker) }
        @if let Some(error) = &attempt.error {
            @match error.split_once('\n') {
                None => p class="why" { (error) },
                Some((first, _)) => details { summary class="why" { (first) } pre tabindex="0" { (error) } },
            }
        }
    } }
}

fn other(other: &Other) -> Markup {
    html! {
        @match other.state {
            Some(state) => { a href=(job_path(&other.id)) { (other.id) } " " (parts::state(state)) },
            None => { span class="id" { (other.id) } " " span class="dim" { "(its row was dropped)" } },
        }
    }
}

fn lineage(lineage: &Lineage, job: &JobRow) -> Markup {
    let known = lineage.root.is_some()
        || lineage.parent.is_some()
        || lineage.publication.is_some()
        || !lineage.batches.is_empty()
        || !lineage.hours.is_empty();
    if !known {
        return parts::empty("Nothing is known of what it came from, or of what came of it.");
    }
    html! { dl class="lineage" {
        @if let Some(root) = &lineage.root { dt { "Run" } dd { (other(root)) } }
        @if let Some(parent) = &lineage.parent { dt { "Enqueued by" } dd { (other(parent)) } }
        @for batch in &lineage.batches {
            dt { "Batch" }
            dd {
                span class="id" { (batch.id) } ", " (number(batch.posts)) " posts of " (batch.source) ", " (batch.state.as_str())
                @if batch.collect != job.id { ", collected by " a href=(job_path(&batch.collect)) { (batch.collect) } }
                @if batch.transform.id != job.id { br; (other(&batch.transform)) }
            }
        }
        @if !lineage.hours.is_empty() { dt { "Hours" } dd { @for hour in &lineage.hours { a href={ "/hours/" (part(&hour.to_string())) } { (hour.short()) } " " } } }
        @if let Some(publication) = &lineage.publication {
            dt { "Message" }
            dd { (publication.channel) ": " (badge(publication.state.as_str(), publication.state.as_str()))
                @if let Some(id) = &publication.message_id { " " code { (id) } }
                @if let Some(at) = publication.sent_at { " " (moment(at)) } }
        }
    } }
}

fn payload(job: &JobRow, viewer: &Viewer) -> Markup {
    html! {
        @if job.state == State::Dead && viewer.is_admin() {
            form method="post" action="/do/dead/retry" class="edit" {
                (proof(viewer))
                input type="hidden" name="ids" value=(job.id);
                label for="payload" { "It is run again with what stands here." }
                textarea #payload name="payload" rows="6" spellcheck="false" { (job.payload) }
                button { "Retry with this payload" }
            }
        } @else { pre tabindex="0" { (job.payload) } }
    }
}
