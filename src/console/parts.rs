//! Pieces that several pages are made of: moments, states, links, forms.

use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, html};
use moodwire_queue::{JobRow, State};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::access::Viewer;
use crate::environment;

/// What may stand as it is in a part of an address.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b':');

/// A part of an address.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// Where a job is shown.
pub(super) fn job_path(id: &str) -> String {
    format!("/jobs/{}", part(id))
}

/// How long ago, or until when, in the coarsest unit that tells; the moment itself at a touch.
pub(super) fn moment(at: DateTime<Utc>) -> Markup {
    let exact = at.format("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) title=(exact) { (relative(at, environment::clock().now())) } }
}

/// A moment that may not have been.
pub(super) fn moment_or_dash(at: Option<DateTime<Utc>>) -> Markup {
    at.map_or_else(|| html! { span class="dim" { "–" } }, moment)
}

/// `3 min ago`, `in 2 h`.
fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (distance, past) = match now - at {
        distance if distance < TimeDelta::zero() => (-distance, false),
        distance => (distance, true),
    };
    let words = span(distance);
    match past {
        true if distance < TimeDelta::minutes(1) => "just now".to_owned(),
        true => format!("{words} ago"),
        false if distance < TimeDelta::minutes(1) => "in a moment".to_owned(),
        false => format!("in {words}"),
    }
}

/// A length of time in its coarsest unit.
pub(super) fn span(length: TimeDelta) -> String {
    match length {
        length if length < TimeDelta::minutes(1) => format!("{} s", length.num_seconds()),
        length if length < TimeDelta::hours(1) => format!("{} min", length.num_minutes()),
        length if length < TimeDelta::hours(48) => format!("{} h", length.num_hours()),
        length => format!("{} d", length.num_days()),
    }
}

/// Milliseconds as people say them.
pub(super) fn millis(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        #[expect(clippy::cast_precision_loss, reason = "told to a tenth of a second")]
        1_000..60_000 => format!("{:.1} s", millis as f64 / 1e3),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1000),
    }
}

/// `12,345`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A word on a ground of its colour.
pub(super) fn badge(class: &str, word: &str) -> Markup {
    html! { span class={ "badge " (class) } { (word) } }
}

/// A job's state.
pub(super) fn state(state: State) -> Markup {
    badge(state.as_str(), state.as_str())
}

/// A compound, with its sign and colour.
pub(super) fn compound(compound: f64) -> Markup {
    html! { span class={ "score " (mood(compound)) } { (format!("{compound:+.4}")) } }
}

/// `good`, `bad` or `even`: the word that colours go by.
pub(super) fn mood(compound: f64) -> &'static str {
    let threshold = moodwire_model::Score::POSITIVE_FROM;
    match compound {
        compound if compound >= threshold => "good",
        compound if compound <= -threshold => "bad",
        _ => "even",
    }
}

/// The first line of what went wrong, or is waited for.
pub(super) fn why(job: &JobRow) -> Option<&str> {
    let text = job.error.as_deref().or(job.reason.as_deref())?;
    text.lines().next()
}

/// Jobs in a table; with boxes to select them where `selectable`.
pub(super) fn jobs(jobs: &[JobRow], selectable: bool) -> Markup {
    html! {
        div class="scroll" { table class="list jobs" {
            thead { tr {
                @if selectable { th class="tick" { input type="checkbox" data-all aria-label="Select all that are shown"; } }
                th { "Job" } th { "State" } th { "Attempts" } th { "When" } th class="wide" { "Why" }
            } }
            tbody { @for job in jobs { tr id={ "row-" (job.id) } data-row {
                @if selectable { td class="tick" { input type="checkbox" name="ids" value=(job.id) aria-label={ "Select " (job.id) }; } }
                td class="id" { a href=(job_path(&job.id)) { (job.id) } }
                td { (state(job.state)) }
                td class="number" { (job.attempts) "/" (job.max_attempts) }
                td { (moment(job.finished_at.unwrap_or(job.run_at))) }
                td class="wide why" title=(why(job).unwrap_or_default()) { (why(job).unwrap_or_default()) }
            } } }
        } }
    }
}

/// The hidden field that proves a form to be ours.
pub(super) fn proof(viewer: &Viewer) -> Markup {
    html! { @if let Some(token) = &viewer.token { input type="hidden" name="token" value=(token); } }
}

/// A form that is one button.
pub(super) fn button(
    viewer: &Viewer,
    action: &str,
    fields: &[(&str, &str)],
    word: &str,
    class: &str,
) -> Markup {
    html! { @if viewer.is_admin() {
        form method="post" action={ "/do/" (action) } class="inline" {
            (proof(viewer))
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button class=(class) { (word) }
        }
    } }
}

/// What is said where a list is empty.
pub(super) fn empty(sentence: &str) -> Markup {
    html! { p class="empty" { (sentence) } }
}

/// The link to the rest of a list.
pub(super) fn more(path: Option<&str>, sentence: &str) -> Markup {
    html! { @if let Some(path) = path { p class="more" { a href=(path) rel="next" { (sentence) } } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_read_as_people_write_them() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(millis(999), "999 ms");
        assert_eq!(millis(1_500), "1.5 s");
        assert_eq!(millis(61_000), "1 min 1 s");
        let now = environment::clock().now();
        let ago = |seconds| relative(now - TimeDelta::seconds(seconds), now);
        assert_eq!(
            [5, 130, 7_300, 200_000, -30, -130].map(ago),
            [
                "just now",
                "2 min ago",
                "2 h ago",
                "2 d ago",
                "in a moment",
                "in 2 min"
            ]
        );
    }

    #[test]
    fn an_id_is_one_part_of_an_address() {
        assert_eq!(
            job_path("publish:a/b:2026#?é"),
            "/jobs/publish:a%2Fb:2026%23%3F%C3%A9"
        );
    }
}
