//! How a command fails: one clear sentence, and the exit code that says whose turn it is.

use std::fmt;

use moodwire_queue::Verdict;

use crate::config::ConfigError;

/// Why a command ended badly.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage or configuration: exit code 2, and nothing was changed.
    Usage(String),
    /// It failed at run time: exit code 1.
    Runtime(String),
    /// A store cannot be reached: exit code 1, unless it is tried again.
    Unavailable(String),
    /// Whoever reads the output has gone away (`| head`): exit code 0, and no word.
    ReaderGone,
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Runtime(_) | Self::Unavailable(_) => 1,
            Self::ReaderGone => 0,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence) | Self::Runtime(sentence) | Self::Unavailable(sentence) => {
                f.write_str(sentence)
            }
            Self::ReaderGone => Ok(()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.0)
    }
}

impl From<moodwire_queue::Error> for Failure {
    fn from(error: moodwire_queue::Error) -> Self {
        match error {
            error if error.is_unavailable() => Self::Unavailable(error.to_string()),
            moodwire_queue::Error::Refused(sentence) => Self::Usage(sentence),
            other => Self::Runtime(other.to_string()),
        }
    }
}

impl From<moodwire_lake::Error> for Failure {
    fn from(error: moodwire_lake::Error) -> Self {
        match error {
            error if error.is_unavailable() => Self::Unavailable(error.to_string()),
            moodwire_lake::Error::Refused(sentence) => Self::Usage(sentence),
            other => Self::Runtime(other.to_string()),
        }
    }
}

impl From<moodwire_warehouse::Error> for Failure {
    fn from(error: moodwire_warehouse::Error) -> Self {
        match error {
            error if error.is_unavailable() => Self::Unavailable(error.to_string()),
            moodwire_warehouse::Error::Refused(sentence)
            | moodwire_warehouse::Error::BadValue(sentence) => Self::Usage(sentence),
            other => Self::Runtime(other.to_string()),
        }
    }
}

impl From<Verdict> for Failure {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            // Outside of a job only a store that is down is waited for.
            Verdict::Later { reason, .. } => Self::Unavailable(reason),
            Verdict::Dead { reason, .. } => Self::Runtime(reason),
            Verdict::Retry { error } => Self::Runtime(error),
            Verdict::Done => Self::Runtime("done".to_owned()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::Runtime(error.to_string())
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            Self::from(std::io::Error::from(error))
        } else {
            Self::Runtime(error.to_string())
        }
    }
}
