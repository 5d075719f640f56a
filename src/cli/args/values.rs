//! Values on the command line: what each may be, and the words for what it may not.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use moodwire_model::slot;
use moodwire_queue::State;
use moodwire_warehouse::PublicationState;

/// A moment, or how long before now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Since {
    /// A moment.
    At(DateTime<Utc>),
    /// Before now.
    Ago(Duration),
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => write!(f, "{}", at.format("%Y-%m-%dT%H:%M:%SZ")),
            Self::Ago(ago) => write!(f, "{}", humantime::format_duration(*ago)),
        }
    }
}

/// No duration is longer, so that a moment plus or minus one is always a moment.
const CENTURY: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

pub(super) fn kind(text: &str) -> Result<String, String> {
    if slot::KINDS.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("the kinds are {}", slot::KINDS.join(", ")))
    }
}

pub(super) fn state(text: &str) -> Result<State, String> {
    State::parse(text).ok_or_else(|| {
        let states: Vec<&str> = State::ALL.into_iter().map(State::as_str).collect();
        format!("the states are {}", states.join(", "))
    })
}

pub(super) fn publication_state(text: &str) -> Result<PublicationState, String> {
    PublicationState::parse(text).ok_or_else(|| {
        let states = PublicationState::ALL.map(PublicationState::as_str);
        format!("the states are {}", states.join(", "))
    })
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|duration| *duration <= CENTURY)
        .ok_or_else(|| "write a duration such as 30s, 10m or 2h, of a century at most".to_owned())
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(Since::At(at.to_utc()));
    }
    duration(text).map(Since::Ago).map_err(|_| {
        "write RFC 3339 such as 2026-03-01T00:00:00Z, or a duration such as 2h".to_owned()
    })
}

/// An empty text is in every job, and `--all` with it would pass for a filter.
pub(super) fn search(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("an empty text is in every job: leave --search out".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn fingerprint(text: &str) -> Result<String, String> {
    if text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a fingerprint has 16 hexadecimal digits: `moodwire dead groups` lists them".to_owned())
    }
}

pub(super) fn limit(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|limit| *limit > 0)
        .ok_or_else(|| "write a number from 1 on".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_that_no_moment_bears_is_refused() {
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        for text in ["300000y", "101y", "-1s", "ten minutes", ""] {
            assert!(duration(text).is_err(), "{text}");
            assert!(since(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_fingerprint_has_sixteen_hexadecimal_digits() {
        assert_eq!(
            fingerprint("00FF00ff00ff00ff"),
            Ok("00ff00ff00ff00ff".to_owned())
        );
        for text in ["", "00ff", "00ff00ff00ff00ff0", "00ff00ff00ff00fg"] {
            assert!(fingerprint(text).is_err(), "{text}");
        }
    }
}
