//! How far each configured source has come, and what is left of what it may read.

use chrono::{DateTime, Utc};
use moodwire_model::{Cursor, ReadCounts};
use moodwire_sources::Allowance;

use super::seconds_between;
use crate::metrics::{
    Watched,
    family::{Family, float},
};

pub(super) async fn read(
    watched: &Watched,
    now: DateTime<Utc>,
) -> moodwire_lake::Result<Vec<Family>> {
    let mut cursors = watched.lake.cursors().await?;
    cursors.retain(|cursor| watched.sources.contains_key(&cursor.source));
    let mut budgets = Vec::new();
    for (name, allowance) in &watched.sources {
        if let Some(allowance) = allowance {
            let counts = watched.lake.reads(name, now.date_naive()).await?;
            budgets.push((&**name, allowance, counts));
        }
    }
    let mut families = of_cursors(&cursors, now);
    families.extend(of_budgets(&budgets));
    Ok(families)
}

fn of_cursors(cursors: &[Cursor], now: DateTime<Utc>) -> Vec<Family> {
    let mut watermark = Family::gauge(
        "moodwire_source_watermark_age_seconds",
        "Time since the source's watermark: every post older than that has been collected. Not told while it is not known.",
    );
    let mut moved = Family::gauge(
        "moodwire_source_idle_seconds",
        "Time since the source's cursor last moved.",
    );
    let mut limited = Family::gauge(
        "moodwire_source_limited",
        "Whether a network or a budget lets nothing more be read now.",
    );
    let mut left = Family::gauge(
        "moodwire_source_limited_remaining_seconds",
        "Time until the source may be read again; 0 when it may.",
    );
    let mut stalled = Family::gauge(
        "moodwire_source_stalled",
        "Whether the source's last pass ended early, by an error or a limit.",
    );
    for cursor in cursors {
        let labels = [("source", &*cursor.source)];
        watermark.add_some(
            &labels,
            cursor.watermark.map(|mark| seconds_between(mark, now)),
        );
        moved.add_some(&labels, cursor.moved_at.map(|at| seconds_between(at, now)));
        let remaining = cursor
            .limited_until
            .map_or(0.0, |until| seconds_between(now, until).max(0.0));
        limited.add(&labels, if remaining > 0.0 { 1.0 } else { 0.0 });
        left.add(&labels, remaining);
        stalled.add(&labels, if cursor.stalled.is_some() { 1.0 } else { 0.0 });
    }
    vec![watermark, moved, limited, left, stalled]
}

fn of_budgets(budgets: &[(&str, &Allowance, ReadCounts)]) -> Vec<Family> {
    let mut used = Family::gauge(
        "moodwire_source_reads",
        "Billed reads of the present UTC day and month.",
    );
    let mut limit = Family::gauge(
        "moodwire_source_reads_limit",
        "The most that may be read in the window; not told where there is no bound.",
    );
    for (source, allowance, counts) in budgets {
        for (window, reads, bound) in [
            ("day", counts.day, allowance.daily),
            ("month", counts.month, allowance.monthly),
        ] {
            let labels = [("source", *source), ("window", window)];
            used.add(&labels, float(reads.total()));
            limit.add_some(&labels, bound.map(float));
        }
    }
    vec![used, limit]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(families: &[Family]) -> String {
        let mut text = String::new();
        for family in families {
            family.render(&mut text);
        }
        text
    }

    #[test]
    fn a_limited_source_tells_how_long_and_how_old_its_watermark_is() {
        let now: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let mut cursor = Cursor::start("x-main");
        cursor.watermark = Some("2026-03-01T11:50:00Z".parse().unwrap());
        cursor.limited_until = Some("2026-03-01T12:15:00Z".parse().unwrap());
        let text = rendered(&of_cursors(&[cursor, Cursor::start("history")], now));
        for line in [
            "moodwire_source_watermark_age_seconds{source=\"x-main\"} 600",
            "moodwire_source_limited{source=\"x-main\"} 1",
            "moodwire_source_limited_remaining_seconds{source=\"x-main\"} 900",
            "moodwire_source_limited{source=\"history\"} 0",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        let unknown = "moodwire_source_watermark_age_seconds{source=\"history\"}";
        assert!(
            !text.contains(unknown),
            "an unknown watermark is told in {text}"
        );
    }

    #[test]
    fn a_budget_is_told_beside_what_is_used_of_it() {
        let allowance = Allowance {
            daily: Some(100),
            monthly: None,
            post_price: 0.0,
            user_price: 0.0,
        };
        let mut counts = ReadCounts::default();
        counts.day.posts = 30;
        counts.day.users = 5;
        counts.month.posts = 900;
        let text = rendered(&of_budgets(&[("x-main", &allowance, counts)]));
        for line in [
            "moodwire_source_reads{source=\"x-main\",window=\"day\"} 35",
            "moodwire_source_reads{source=\"x-main\",window=\"month\"} 900",
            "moodwire_source_reads_limit{source=\"x-main\",window=\"day\"} 100",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert!(!text.contains("limit{source=\"x-main\",window=\"month\"}"));
    }
}
