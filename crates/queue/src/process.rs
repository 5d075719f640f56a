//! A process of the installation, as it tells of itself and as people see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::JobRow;

/// A process that runs jobs, schedules or serves people, as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// A name that no other process has. Its workers are called `{kind}@{name}`.
    pub name: String,
    /// What it is there for, such as `worker`, `scheduler` or `console`.
    pub roles: Vec<String>,
    /// The kinds of jobs that it runs, and how many of each at once.
    pub kinds: BTreeMap<String, usize>,
    /// The version of its program.
    pub version: String,
    /// When it started, by its own clock.
    pub started_at: DateTime<Utc>,
}

impl Process {
    /// True for a job that one of this process's workers runs.
    pub fn runs(&self, job: &JobRow) -> bool {
        job.worker
            .as_deref()
            .and_then(|worker| worker.split_once('@'))
            .is_some_and(|(_, process)| process == self.name)
    }
}

/// A process that has told of itself lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessRow {
    /// What it tells.
    #[serde(flatten)]
    pub process: Process,
    /// When it last did, by the store's clock.
    pub seen_at: DateTime<Utc>,
}

/// The most processes that a store shows: those that tell of themselves longest from now on.
pub(crate) const MOST: usize = 1_000;
