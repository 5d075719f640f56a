//! What came of a run, and of all of them.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::{
    audit::Count,
    lives::Life,
    log::{Seen, Told},
    plan::Plan,
};
use crate::sink::say;

/// How much is shown of what the processes of a run that failed had to say, lines.
const SHOWN: usize = 30;

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What it can be had from again.
    pub seed: u64,
    /// A sentence for each promise that was broken.
    pub broken: Vec<String>,
    /// What its processes had to say, where one was broken.
    pub log: String,
    pub(super) folder: Option<PathBuf>,
    pub(super) took: Duration,
    plan: String,
    kind: &'static str,
    count: Count,
    hours: u64,
    requests: usize,
    lost: usize,
    cuts: u64,
    closings: u64,
    kills: usize,
    was_gone: bool,
}

impl Outcome {
    pub(super) fn of(
        plan: &Plan,
        seen: &Seen,
        lives: &[Life],
        count: Count,
        broken: Vec<String>,
    ) -> Self {
        let told = |told: Told| seen.entries.iter().filter(move |entry| entry.told == told);
        Self {
            broken,
            count,
            requests: seen.entries.len(),
            lost: told(Told::Nothing).count(),
            cuts: seen.cuts,
            closings: seen.closings,
            kills: lives.iter().filter(|life| life.killed.is_some()).count(),
            was_gone: told(Told::Gone).next().is_some(),
            ..Self::planned(plan)
        }
    }

    /// A run that did not come to its end.
    pub(super) fn broken(plan: &Plan, sentence: String) -> Self {
        Self {
            broken: vec![sentence],
            ..Self::planned(plan)
        }
    }

    fn planned(plan: &Plan) -> Self {
        Self {
            seed: plan.seed,
            broken: Vec::new(),
            log: String::new(),
            folder: None,
            took: Duration::ZERO,
            plan: format!("{plan:?}"),
            kind: plan.kind.word(),
            count: Count::default(),
            hours: plan.hours,
            requests: 0,
            lost: 0,
            cuts: 0,
            closings: 0,
            kills: 0,
            was_gone: false,
        }
    }

    /// Says how it went, at length when it went badly.
    pub(super) fn say(&self) {
        if self.broken.is_empty() {
            return;
        }
        say(&format!("seed {} FAILED: {}", self.seed, self.plan));
        for sentence in &self.broken {
            say(&format!("  {sentence}"));
        }
        if let Some(folder) = &self.folder {
            say(&format!("  left in {}", folder.display()));
        }
        let lines: Vec<&str> = self.log.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(SHOWN)) {
            say(&format!("  | {line}"));
        }
    }
}

/// What came of all runs.
#[derive(Debug, Default)]
pub(super) struct Tally {
    runs: u64,
    failed: Vec<u64>,
    kinds: BTreeMap<&'static str, u64>,
    count: Count,
    hours: u64,
    requests: usize,
    lost: usize,
    cuts: u64,
    closings: u64,
    kills: usize,
    gone: u64,
    longest: Duration,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        if !outcome.broken.is_empty() {
            self.failed.push(outcome.seed);
        }
        *self.kinds.entry(outcome.kind).or_default() += 1;
        self.count.sent += outcome.count.sent;
        self.count.uncertain += outcome.count.uncertain;
        self.count.uncertain_taken += outcome.count.uncertain_taken;
        self.count.due += outcome.count.due;
        self.hours += outcome.hours;
        self.requests += outcome.requests;
        self.lost += outcome.lost;
        self.cuts += outcome.cuts;
        self.closings += outcome.closings;
        self.kills += outcome.kills;
        self.gone += u64::from(outcome.was_gone);
        self.longest = self.longest.max(outcome.took);
    }

    /// True when every run kept what is promised.
    pub(super) fn is_clean(&self) -> bool {
        self.failed.is_empty()
    }

    pub(super) fn say(&self, took: Duration) {
        let kinds: Vec<String> = self
            .kinds
            .iter()
            .map(|(kind, runs)| format!("{kind} {runs}"))
            .collect();
        say(&format!(
            "runs {} in {:.0} s, the longest {:.1} s ({})",
            self.runs,
            took.as_secs_f64(),
            self.longest.as_secs_f64(),
            kinds.join("; ")
        ));
        say(&format!(
            "faults: processes killed {}, answers lost {}, requests cut {}, doors closed {}, targets gone {}",
            self.kills, self.lost, self.cuts, self.closings, self.gone
        ));
        let count = &self.count;
        say(&format!(
            "publications {}: sent {}, uncertain {} (taken {}), due on a dead target {}; requests {}",
            self.hours,
            count.sent,
            count.uncertain,
            count.uncertain_taken,
            count.due,
            self.requests
        ));
        let seeds: Vec<String> = self.failed.iter().map(ToString::to_string).collect();
        say(&format!("failed {} {}", self.failed.len(), seeds.join(" ")));
    }
}
