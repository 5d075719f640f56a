//! The verdict: how an attempt ended, as the job itself says it.

use std::{error::Error, fmt};

use chrono::{DateTime, Utc};

/// How an attempt ended. A job's steps return it as their error, so that every `?` states what follows from a failure;
/// the queue turns it into an [`crate::Outcome`] in one place, by the kind's retry policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It ended well.
    Done,
    /// It failed, and may succeed when tried again with backoff.
    Retry {
        /// The error chain, outermost first.
        error: String,
    },
    /// It waits for something outside; burns no attempt.
    Later {
        /// Not before this moment.
        until: DateTime<Utc>,
        /// What is waited for.
        reason: String,
    },
    /// It can never succeed as it is: a dead letter.
    Dead {
        /// Why: one sentence.
        reason: String,
        /// The error chain.
        error: String,
    },
}

impl Verdict {
    /// Try again with backoff.
    pub fn retry(error: impl Error) -> Self {
        Self::Retry {
            error: chain(&error),
        }
    }

    /// Never try again: `reason` says why in one sentence.
    pub fn dead(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Dead {
            error: reason.clone(),
            reason,
        }
    }

    /// Try again at `until`, without burning an attempt.
    pub fn later(until: DateTime<Utc>, reason: impl Into<String>) -> Self {
        Self::Later {
            until,
            reason: reason.into(),
        }
    }
}

/// An error with everything that caused it, `: ` in between; a cause that its effect has already said is left out.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Retry { error } => write!(f, "retry: {error}"),
            Self::Later { until, reason } => write!(f, "later, at {until}: {reason}"),
            Self::Dead { reason, .. } => write!(f, "dead: {reason}"),
        }
    }
}
