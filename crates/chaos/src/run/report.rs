//! What came of a run, a line each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use moodwire_queue::{Attempt, JobRow, VerdictWord};

use super::fleet::Ends;
use crate::{audit::Count, sink::say};

/// How many of a list's ids are shown.
const SHOWN: usize = 5;

/// Faults that were made.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    pub(super) steps: u64,
    pub(super) redis_killed: u64,
    pub(super) redis_paused: u64,
    pub(super) workers_frozen: u64,
}

/// Workers that were asked to stop and did, each with since when nothing else can have cost it a lease.
#[derive(Debug)]
pub(super) struct Deploys {
    calm_since: DateTime<Utc>,
    made: BTreeMap<String, DateTime<Utc>>,
}

impl Deploys {
    /// None so far; the queue has been calm since then, by its own clock.
    pub(super) fn since(calm_since: DateTime<Utc>) -> Self {
        Self {
            calm_since,
            made: BTreeMap::new(),
        }
    }

    /// An outage has ended.
    pub(super) fn calm_since(&mut self, moment: DateTime<Utc>) {
        self.calm_since = moment;
    }

    /// The worker of this name has stopped well.
    pub(super) fn made(&mut self, worker: &str) {
        self.made.insert(worker.to_owned(), self.calm_since);
    }

    /// Attempts that were begun by such a worker in calm, and that count as lost with it.
    pub(super) fn burned(&self, rows: &BTreeMap<String, JobRow>) -> Vec<String> {
        let burned = |attempt: &&Attempt| {
            let calm_since = self.made.get(&attempt.worker);
            attempt.verdict == VerdictWord::WorkerLost
                && calm_since.is_some_and(|calm_since| attempt.started_at > *calm_since)
        };
        rows.values()
            .flat_map(|row| row.history.iter().filter(burned).map(move |one| (row, one)))
            .map(|(row, one)| format!("{} attempt {} by {}", row.id, one.attempt, one.worker))
            .collect()
    }

    /// How many there were.
    pub(super) fn len(&self) -> usize {
        self.made.len()
    }
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) minutes: f64,
    pub(super) tally: Tally,
    pub(super) deploys: usize,
    pub(super) cuts: u64,
    pub(super) ends: Ends,
    pub(super) burned: Vec<String>,
    pub(super) count: Count,
}

impl Report {
    /// True when the queue kept what it promises.
    pub(super) fn is_clean(&self) -> bool {
        self.count.is_clean() && self.burned.is_empty() && self.ends.badly == 0
    }

    /// Prints it.
    pub(super) fn say(&self) {
        let Self {
            tally, ends, count, ..
        } = self;
        say(&format!("minutes {:.1}", self.minutes));
        say(&format!("faults {}", tally.steps));
        say(&format!(
            "kills {} (and {} by jobs that abort), frozen {}",
            ends.killed, ends.aborted, tally.workers_frozen
        ));
        say(&format!("deploys {}", self.deploys));
        say(&format!(
            "outages {} (Redis killed {}, paused {}), connections cut {}",
            tally.redis_killed + tally.redis_paused,
            tally.redis_killed,
            tally.redis_paused,
            self.cuts
        ));
        say(&format!("enqueued {}", count.enqueued));
        say(&format!("done {}", count.done));
        say(&listed("lost", &count.lost));
        say(&listed("duplicated", &count.duplicated));
        say(&format!(
            "dead {} expected, {}",
            count.dead_expected,
            listed("unexpected", &count.dead_unexpected)
        ));
        say(&listed("attempts burned by deploys", &self.burned));
        say(&format!("workers that ended badly {}", ends.badly));
    }
}

/// `lost 2: a, b`
fn listed(word: &str, ids: &[String]) -> String {
    let shown: Vec<&str> = ids.iter().take(SHOWN).map(String::as_str).collect();
    let colon = if ids.is_empty() { "" } else { ": " };
    format!("{word} {}{colon}{}", ids.len(), shown.join(", "))
}
