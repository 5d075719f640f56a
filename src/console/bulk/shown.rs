//! An operation as it is shown: what it does, to which jobs, and how far it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use moodwire_queue::JobFilter;
use serde::{Serialize, Serializer};

use crate::console::parts::number;

/// What is done to dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Verb {
    /// They run again, spread over a time where one is given.
    Retry(Option<Duration>),
    /// They are given up.
    Discard,
}

impl Verb {
    /// As the command line and the audit log name it.
    pub(in crate::console) fn name(self) -> &'static str {
        match self {
            Self::Retry(_) => "dead retry",
            Self::Discard => "dead discard",
        }
    }

    fn past(self) -> &'static str {
        match self {
            Self::Retry(_) => "retried",
            Self::Discard => "discarded",
        }
    }
}

/// Which dead letters.
#[derive(Debug)]
pub(in crate::console) enum Which {
    /// These, the one with another payload where one is given.
    Ids(Vec<String>, Option<Vec<u8>>),
    /// All that match.
    All(JobFilter),
}

/// How far an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::console) enum Stage {
    /// Nothing has happened yet, and it can be undone.
    Waiting {
        /// Until then.
        until: DateTime<Utc>,
    },
    /// Under way.
    Running {
        /// So many were looked at …
        done: u64,
        /// … of so many; 0 while they are still being found.
        total: u64,
    },
    /// Over.
    Done {
        /// So many were meant …
        matched: u64,
        /// … and so many changed: somebody else may have come first.
        changed: u64,
    },
    /// Undone before it began.
    Undone,
    /// Ended early: what it had come to is kept.
    Failed(String),
}

impl Stage {
    /// In a word.
    pub(in crate::console) fn word(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Running { .. } => "running",
            Self::Done { .. } => "done",
            Self::Undone => "undone",
            Self::Failed(_) => "failed",
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Undone | Self::Failed(_))
    }
}

/// An operation as it is shown.
#[derive(Debug, Clone, Serialize)]
pub(in crate::console) struct Shown {
    pub(in crate::console) id: u64,
    #[serde(serialize_with = "named")]
    pub(super) verb: Verb,
    /// Which jobs, in words.
    pub(in crate::console) what: String,
    /// Who asked for it.
    pub(in crate::console) who: String,
    pub(in crate::console) state: Stage,
    pub(super) changed_at: DateTime<Utc>,
}

fn named<S: Serializer>(verb: &Verb, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verb.name())
}

impl Shown {
    /// What it is and how far, in a sentence.
    pub(in crate::console) fn sentence(&self) -> String {
        let (past, what) = (self.verb.past(), &self.what);
        match &self.state {
            Stage::Waiting { .. } => format!("{what} will be {past} in a few seconds"),
            Stage::Running { .. } => format!("being {past}: {what}"),
            Stage::Done {
                matched: 1,
                changed: 1,
            } => format!("{past}: {what}"),
            Stage::Done { matched, changed } if matched == changed => {
                format!("{past}: {what} ({} jobs)", number(*changed))
            }
            Stage::Done { matched, changed } => format!(
                "{past}: {} of {} jobs ({what}); the others were no dead letters any more",
                number(*changed),
                number(*matched)
            ),
            Stage::Undone => format!("undone: {what} stay"),
            Stage::Failed(why) => format!("stopped early: {what} were to be {past}: {why}"),
        }
    }

    /// How many of how many, while it is under way.
    pub(in crate::console) fn progress(&self) -> Option<(u64, u64)> {
        match self.state {
            Stage::Running { done, total } => Some((done, total)),
            _ => None,
        }
    }

    /// Whether nothing has happened yet.
    pub(in crate::console) fn can_be_undone(&self) -> bool {
        matches!(self.state, Stage::Waiting { .. })
    }
}
