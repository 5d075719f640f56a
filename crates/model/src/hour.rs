//! The hour: the half-open UTC interval `[h, h + 1 h)` that digests are made of.

use std::{fmt, str::FromStr};

use chrono::{DateTime, DurationRound, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A UTC hour, named by its start. Prints as `2026-03-01T00:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(DateTime<Utc>);

/// An hour that was written in a form we do not read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "\"{0}\" is not an hour: write 2026-03-01T00, or RFC 3339 on the hour such as 2026-03-01T00:00:00Z"
)]
pub struct ParseHourError(String);

impl Hour {
    /// The hour that `at` lies in.
    pub fn of(at: DateTime<Utc>) -> Self {
        Self(at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at))
    }

    /// The first moment that belongs to the hour.
    pub fn start(self) -> DateTime<Utc> {
        self.0
    }

    /// The first moment that no longer belongs to it.
    pub fn end(self) -> DateTime<Utc> {
        self.0 + TimeDelta::hours(1)
    }

    /// The hour after this one.
    pub fn next(self) -> Self {
        Self(self.end())
    }

    /// The short form that slots use: `2026-03-01T00`.
    pub fn short(self) -> String {
        self.0.format("%Y-%m-%dT%H").to_string()
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl FromStr for Hour {
    type Err = ParseHourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = DateTime::parse_from_rfc3339(text)
            .map(|at| at.to_utc())
            .or_else(|_| {
                NaiveDateTime::parse_from_str(&format!("{text}:00"), "%Y-%m-%dT%H:%M")
                    .map(|at| at.and_utc())
            })
            .map_err(|_| ParseHourError(text.to_owned()))?;
        let hour = Self::of(at);
        if hour.0 == at {
            Ok(hour)
        } else {
            Err(ParseHourError(text.to_owned()))
        }
    }
}

impl Serialize for Hour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_written_forms_name_the_same_hour_and_print_alike() {
        let hour: Hour = "2026-03-01T00".parse().unwrap();
        assert_eq!(hour, "2026-03-01T00:00:00Z".parse().unwrap());
        assert_eq!(hour, "2026-03-01T02:00:00+02:00".parse().unwrap());
        assert_eq!(hour.to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(hour.short(), "2026-03-01T00");
    }

    #[test]
    fn a_moment_off_the_hour_is_refused_with_the_mend() {
        for text in ["2026-03-01T00:30:00Z", "yesterday", "", "2026-13-01T00"] {
            let error = text.parse::<Hour>().unwrap_err().to_string();
            assert!(error.contains("write 2026-03-01T00"), "{error}");
        }
    }

    #[test]
    fn an_hour_is_half_open() {
        let hour: Hour = "2026-03-01T00".parse().unwrap();
        assert_eq!(Hour::of(hour.end()), hour.next());
        assert_eq!(Hour::of(hour.end() - TimeDelta::milliseconds(1)), hour);
        let before_1970: Hour = "1969-12-31T23".parse().unwrap();
        assert_eq!(
            Hour::of(before_1970.end() - TimeDelta::milliseconds(1)),
            before_1970
        );
    }
}
