//! Rate limits: when a server lets go on, in whatever dialect it says so.
//!
//! `Retry-After` holds seconds or an HTTP date (RFC 9110, 10.2.3). `X-RateLimit-Reset` is an ISO time on Mastodon and Unix
//! seconds elsewhere, `X-Rate-Limit-Reset` Unix seconds on X, `RateLimit-Reset` Unix seconds on Bluesky. What is absent, past,
//! unreadable or absurd counts as a minute. `…-Remaining: 0` beside them says that the answer was the window's last.

use chrono::{DateTime, TimeDelta};
use moodwire_model::Timestamp;
use reqwest::header::HeaderMap;

/// What is waited where the server says nothing that can be used.
const DEFAULT_WAIT: TimeDelta = TimeDelta::minutes(1);

/// The longest wait that is believed: the longest window of the networks that are read is a day.
const MAX_WAIT: TimeDelta = TimeDelta::days(1);

/// When the limited source may go on, always later than `now`.
pub(crate) fn go_on_at(headers: &HeaderMap, now: Timestamp) -> Timestamp {
    [
        "retry-after",
        "x-ratelimit-reset",
        "x-rate-limit-reset",
        "ratelimit-reset",
    ]
    .into_iter()
    .filter_map(|name| moment(name, headers.get(name)?.to_str().ok()?.trim(), now))
    .find(|at| *at > now && *at <= now + MAX_WAIT)
    .unwrap_or(now + DEFAULT_WAIT)
}

/// When the window ends, where this answer was the last that it allows.
pub(crate) fn used_up(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let none_left = |name: &str| {
        let left = headers.get(name).and_then(|left| left.to_str().ok());
        left.is_some_and(|left| left.trim() == "0")
    };
    [
        "x-ratelimit-remaining",
        "x-rate-limit-remaining",
        "ratelimit-remaining",
    ]
    .into_iter()
    .any(none_left)
    .then(|| go_on_at(headers, now))
}

fn moment(name: &str, value: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = value.parse::<u32>() {
        let seconds = i64::from(seconds);
        return if name == "retry-after" {
            Some(now + TimeDelta::seconds(seconds))
        } else {
            DateTime::from_timestamp(seconds, 0)
        };
    }
    DateTime::parse_from_rfc3339(value)
        .or_else(|_| DateTime::parse_from_rfc2822(value))
        .ok()
        .map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{go_on_at, used_up};
    use moodwire_model::Timestamp;

    const NOW: &str = "2026-08-01T13:50:00Z";

    fn waits(name: &str, value: &str) -> i64 {
        let now: Timestamp = NOW.parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
        (go_on_at(&headers, now) - now).num_seconds()
    }

    #[test]
    fn every_dialect_says_the_same_moment() {
        for (name, value) in [
            ("Retry-After", "600"),
            ("Retry-After", "Sat, 01 Aug 2026 14:00:00 GMT"),
            ("X-RateLimit-Reset", "2026-08-01T14:00:00.643385Z"),
            ("X-RateLimit-Reset", "1785592800"),
            ("X-Rate-Limit-Reset", "1785592800"),
            ("RateLimit-Reset", "1785592800"),
        ] {
            assert_eq!(waits(name, value), 600, "{name}: {value}");
        }
    }

    #[test]
    fn the_last_answer_of_a_window_is_known_by_its_header() {
        let now: Timestamp = NOW.parse().unwrap();
        for (remaining, reset) in [
            ("X-RateLimit-Remaining", "X-RateLimit-Reset"),
            ("x-rate-limit-remaining", "x-rate-limit-reset"),
            ("RateLimit-Remaining", "RateLimit-Reset"),
        ] {
            for (left, ends) in [("0", Some(600)), ("1", None), ("none", None)] {
                let mut headers = HeaderMap::new();
                for (name, value) in [(remaining, left), (reset, "1785592800")] {
                    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                    headers.insert(name, HeaderValue::from_static(value));
                }
                let until = used_up(&headers, now).map(|until| (until - now).num_seconds());
                assert_eq!(until, ends, "{remaining}: {left}");
            }
        }
        assert_eq!(used_up(&HeaderMap::new(), now), None);
    }

    #[test]
    fn what_cannot_be_used_counts_as_a_minute() {
        for value in [
            "",
            "soon",
            "-5",
            "0",
            "2026-08-01T13:50:00Z",
            "1785592200",
            "4294967295",
            "2126-08-01T00:00:00Z",
        ] {
            assert_eq!(waits("X-RateLimit-Reset", value), 60, "{value}");
        }
        assert_eq!(waits("Retry-After", "0"), 60);
        assert_eq!(waits("Retry-After", "4000000"), 60);
    }
}
