//! The audit: what became of every job, by the queue's rows and the sink's files.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use moodwire_queue::{JobRow, State};

use crate::sink::journal_of;

/// What the sink's files say.
#[derive(Debug, Default)]
pub struct Audit {
    effects: BTreeMap<String, u64>,
    runs: BTreeMap<String, u64>,
    completions: BTreeMap<String, u64>,
}

/// What became of the jobs that were enqueued.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Count {
    /// How many were enqueued.
    pub enqueued: u64,
    /// How many are done and have their effect.
    pub done: u64,
    /// Those that have no row, have not ended, are done without an effect, or are done although they can only fail.
    pub lost: Vec<String>,
    /// Those with a second effect, with an effect or completion that nobody asked for, or completed twice.
    pub duplicated: Vec<String>,
    /// Dead letters that could end in no other way.
    pub dead_expected: u64,
    /// Other dead letters.
    pub dead_unexpected: Vec<String>,
}

impl Count {
    /// True when nothing was lost, nothing happened twice, and nothing died that had to live.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.duplicated.is_empty() && self.dead_unexpected.is_empty()
    }
}

impl Audit {
    /// Reads the files of the sink at this path.
    ///
    /// # Errors
    /// Those of the file system. A file that nobody has made yet is empty.
    pub fn read(sink: &Path) -> Result<Self> {
        let mut audit = Self::default();
        for key in text(sink)?.lines() {
            *audit.effects.entry(key.to_owned()).or_default() += 1;
        }
        for line in text(&journal_of(sink))?.lines() {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            let counts = match words[..] {
                ["begin", ..] => &mut audit.runs,
                ["moved", _, _, "done"] => &mut audit.completions,
                _ => continue,
            };
            if let Some(id) = words.get(1) {
                *counts.entry((*id).to_owned()).or_default() += 1;
            }
        }
        Ok(audit)
    }

    /// How often a job was begun.
    pub fn runs(&self, id: &str) -> u64 {
        self.runs.get(id).copied().unwrap_or(0)
    }

    /// How many effects a job had.
    pub fn effects(&self, id: &str) -> u64 {
        self.effects.get(id).copied().unwrap_or(0)
    }

    /// Compares with the queue's rows. `enqueued` says of each id whether it can only end as a dead letter.
    pub fn count(
        &self,
        enqueued: &BTreeMap<String, bool>,
        rows: &BTreeMap<String, JobRow>,
    ) -> Count {
        let mut count = Count {
            enqueued: enqueued.len() as u64,
            ..Count::default()
        };
        for (id, &ends_dead) in enqueued {
            match rows.get(id).map(|row| row.state) {
                Some(State::Done) if !ends_dead && self.effects(id) > 0 => count.done += 1,
                Some(State::Dead) if ends_dead => count.dead_expected += 1,
                Some(State::Dead) => count.dead_unexpected.push(id.clone()),
                _ => count.lost.push(id.clone()),
            }
        }
        let happened = self.effects.iter().chain(&self.completions);
        count.duplicated = happened
            .filter(|(id, times)| **times > 1 || !enqueued.contains_key(*id))
            .map(|(id, _)| id.clone())
            .collect();
        count
    }
}

fn text(path: &Path) -> Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read.with_context(|| format!("{} cannot be read", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_lost_and_what_came_twice_is_duplicated() {
        let folder = tempfile::tempdir().unwrap();
        let sink = folder.path().join("sink");
        std::fs::write(&sink, "k:a\nk:b\nk:b\nk:stray\n").unwrap();
        let journal = "1 begin k:a 1 7\n1 moved k:a 7 done\n2 begin k:a 2 8\n2 moved k:a 8 done\n";
        std::fs::write(journal_of(&sink), journal).unwrap();
        let audit = Audit::read(&sink).unwrap();
        assert_eq!((audit.runs("k:a"), audit.effects("k:a")), (2, 1));
        let enqueued = [("k:a".to_owned(), false), ("k:gone".to_owned(), false)].into();
        let count = audit.count(&enqueued, &BTreeMap::new());
        assert_eq!(count.lost, ["k:a", "k:gone"], "neither has a row");
        assert_eq!(count.duplicated, ["k:b", "k:stray", "k:a"]);
        assert!(!count.is_clean());
    }
}
