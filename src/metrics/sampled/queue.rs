//! The queue's depth, by kind.

use std::collections::BTreeMap;

use moodwire_model::slot;
use moodwire_queue::KindStats;

use crate::metrics::{
    Watched,
    family::{Family, float},
};

pub(super) async fn read(watched: &Watched) -> moodwire_queue::Result<Vec<Family>> {
    let mut stats = watched.queue.stats().await?;
    // A kind that was never enqueued is told as empty, so that nothing is missing from a fresh installation's dashboard.
    for kind in slot::KINDS {
        stats.entry(kind.to_owned()).or_default();
    }
    Ok(families(&stats))
}

fn families(stats: &BTreeMap<String, KindStats>) -> Vec<Family> {
    let mut jobs = Family::gauge("moodwire_jobs", "Jobs in the queue, by kind and state.");
    let mut oldest = Family::gauge(
        "moodwire_oldest_ready_age_seconds",
        "Time since the oldest ready job became due; 0 when none is ready.",
    );
    let mut paused = Family::gauge("moodwire_queue_paused", "Whether the kind is paused.");
    let mut done = Family::counter("moodwire_jobs_done_total", "Jobs that ever ended well.");
    let mut dead = Family::counter(
        "moodwire_dead_letters_total",
        "Jobs that ever became dead letters; those kept now are moodwire_jobs{state=\"dead\"}.",
    );
    let mut dropped = Family::counter(
        "moodwire_dead_letters_dropped_total",
        "Dead letters that retention ever dropped.",
    );
    for (kind, stats) in stats {
        for (state, count) in [
            ("scheduled", stats.scheduled),
            ("ready", stats.ready),
            ("running", stats.running),
            ("done", stats.done),
            ("dead", stats.dead),
        ] {
            jobs.add(&[("kind", kind), ("state", state)], float(count));
        }
        let labels = [("kind", &**kind)];
        oldest.add(&labels, stats.oldest_ready_seconds.unwrap_or(0.0));
        paused.add(&labels, f64::from(u8::from(stats.paused)));
        done.add(&labels, float(stats.done_total));
        dead.add(&labels, float(stats.dead_total));
        dropped.add(&labels, float(stats.dropped_total));
    }
    vec![jobs, oldest, paused, done, dead, dropped]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_with_all_its_states() {
        let stats = KindStats {
            ready: 7,
            dead_total: 2,
            paused: true,
            oldest_ready_seconds: Some(1.5),
            ..KindStats::default()
        };
        let mut text = String::new();
        for family in families(&BTreeMap::from([("publish".to_owned(), stats)])) {
            family.render(&mut text);
        }
        for line in [
            "moodwire_jobs{kind=\"publish\",state=\"ready\"} 7",
            "moodwire_jobs{kind=\"publish\",state=\"dead\"} 0",
            "moodwire_oldest_ready_age_seconds{kind=\"publish\"} 1.5",
            "moodwire_queue_paused{kind=\"publish\"} 1",
            "# TYPE moodwire_dead_letters_total counter",
            "moodwire_dead_letters_total{kind=\"publish\"} 2",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
