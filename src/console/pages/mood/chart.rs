//! The chart: each hour's volume as a bar, its mean as a line, and each hour a link to its page.

use chrono::TimeDelta;
use maud::{Markup, html};
use moodwire_model::Hour;
use moodwire_warehouse::MoodHour;

use crate::console::parts::{number, part};

/// The drawing's size and margins, in its own units; it is as wide as the page.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 52.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 24.0;

/// The share of the height that bars take, at most: above them the line is to be seen.
const BARS: f64 = 0.55;

/// The chart of the hours in `[from, before)`.
pub(super) fn draw(from: Hour, before: Hour, hours: &[MoodHour]) -> Markup {
    let all = (before.start() - from.start()).num_hours().max(1);
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let (step, most) = (
        (WIDTH - LEFT - RIGHT) / all as f64,
        hours
            .iter()
            .map(|hour| hour.posts)
            .max()
            .unwrap_or(1)
            .max(1) as f64,
    );
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let x = |hour: Hour| LEFT + step * (hour.start() - from.start()).num_hours() as f64;
    let inner = HEIGHT - TOP - BOTTOM;
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let bar = |posts: u64| inner * BARS * posts as f64 / most;
    // No less than a tenth, or an even day looks like a storm.
    let reach = hours
        .iter()
        .filter_map(|hour| hour.mean_compound)
        .fold(0.1_f64, |most, mean| most.max(mean.abs()));
    let y = |mean: f64| TOP + inner * (0.5 - 0.5 * mean / reach);
    html! {
        svg class="chart" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="group" aria-label="Mean and number of posts of each hour; the table below has the figures" {
            @for mean in [reach, 0.0, -reach] {
                line class=(if mean == 0.0 { "zero" } else { "axis" }) x1=(LEFT) x2=(WIDTH - RIGHT) y1=(f(y(mean))) y2=(f(y(mean))) {}
                text x=(LEFT - 6.0) y=(f(y(mean) + 4.0)) text-anchor="end" { (format!("{mean:+.2}")) }
            }
            text x=(WIDTH - RIGHT + 6.0) y=(f(HEIGHT - BOTTOM - inner * BARS + 4.0)) { (number(hours.iter().map(|hour| hour.posts).max().unwrap_or(0))) }
            text x=(WIDTH - RIGHT + 6.0) y=(f(HEIGHT - BOTTOM)) { "posts" }
            @for hour in hours {
                @let height = bar(hour.posts);
                rect class="volume" x=(f(x(hour.hour))) y=(f(HEIGHT - BOTTOM - height)) width=(f((step - 0.6).max(0.6))) height=(f(height)) {}
            }
            @for run in runs(hours) { polyline class="mean" points=(points(run, &x, &y, step)) {} }
            @for hour in hours { @if let Some(mean) = hour.mean_compound { @if runs_alone(hours, hour.hour) {
                circle class=(if mean < 0.0 { "down" } else { "up" }) cx=(f(x(hour.hour) + step / 2.0)) cy=(f(y(mean))) r="3" {}
            } } }
            (days(from, before, all, &x))
            @for hour in hours { a href={ "/hours/" (part(&hour.hour.to_string())) } tabindex="-1" {
                rect class="hit" x=(f(x(hour.hour))) y=(TOP) width=(f(step)) height=(inner) fill-opacity="0.25" {
                    title { (hour.hour.short()) ": " (number(hour.posts)) " posts" @if let Some(mean) = hour.mean_compound { ", mean " (format!("{mean:+.4}")) } }
                }
            } }
        }
    }
}

/// A coordinate, to a tenth.
fn f(value: f64) -> String {
    format!("{value:.1}")
}

/// Hours that follow each other without a gap: the line does not run over hours without posts.
fn runs(hours: &[MoodHour]) -> impl Iterator<Item = &[MoodHour]> {
    hours.chunk_by(|one, next| one.hour.next() == next.hour)
}

/// Whether the hour has no neighbour, so that no line shows it.
fn runs_alone(hours: &[MoodHour], hour: Hour) -> bool {
    runs(hours).any(|run| run.len() == 1 && run[0].hour == hour)
}

fn points(
    run: &[MoodHour],
    x: &impl Fn(Hour) -> f64,
    y: &impl Fn(f64) -> f64,
    step: f64,
) -> String {
    let points = run.iter().filter_map(|hour| {
        let mean = hour.mean_compound?;
        Some(format!("{:.1},{:.1}", x(hour.hour) + step / 2.0, y(mean)))
    });
    points.collect::<Vec<_>>().join(" ")
}

/// What stands under the chart: hours of a day, else days.
fn days(from: Hour, before: Hour, all: i64, x: &impl Fn(Hour) -> f64) -> Markup {
    let (every, format) = match all {
        ..=24 => (3, "%H:00"),
        25..=168 => (24, "%a %-d"),
        _ => (72, "%-d %b"),
    };
    let mut marks = Vec::new();
    let mut hour = from;
    while hour < before {
        if hour.start().timestamp().rem_euclid(every * 3600) == 0 {
            marks.push(hour);
        }
        hour = Hour::of(hour.start() + TimeDelta::hours(1));
    }
    html! { @for hour in &marks { text x=(f(x(*hour))) y=(HEIGHT - 7.0) text-anchor="middle" { (hour.start().format(format)) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(text: &str, posts: u64, mean: f64) -> MoodHour {
        MoodHour {
            hour: text.parse().unwrap(),
            posts,
            mean_compound: Some(mean),
            positive: 0,
            negative: 0,
            neutral: posts,
        }
    }

    #[test]
    fn the_line_does_not_run_over_hours_without_posts() {
        let hours = [
            hour("2026-03-01T00", 1, 0.1),
            hour("2026-03-01T01", 2, 0.2),
            hour("2026-03-01T05", 1, -0.5),
        ];
        let drawn = draw(hours[0].hour, "2026-03-02T00".parse().unwrap(), &hours).into_string();
        assert_eq!(drawn.matches("<polyline").count(), 2);
        assert_eq!(drawn.matches("<circle").count(), 1);
        assert_eq!(drawn.matches("class=\"volume\"").count(), 3);
        assert!(
            drawn.contains("+0.50") && drawn.contains("-0.50"),
            "{drawn}"
        );
    }
}
