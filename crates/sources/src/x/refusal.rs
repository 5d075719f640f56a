//! Requests that X refuses, told apart by what helps.
//!
//! A body is a problem (`title`, `detail`, `type`, and what is particular to it) or holds `errors` of the older form; types
//! are told apart by their last part, since their host changed. 429 means two things: a window of 15 minutes is used up, or
//! the month's cap. 402 and `SpendCapReached` say that nothing is paid for any more, and no token mends that. (X
//! documentation, fundamentals/response-codes-and-errors; reports of those whom they met.)

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta};
use moodwire_model::Timestamp;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::answer;
use crate::{SourceError, limits};

/// What is waited where X says no day, for a person to pay.
const A_DAY: TimeDelta = TimeDelta::days(1);

/// The longest wait for a day that X names: a billing cycle.
const CYCLE: TimeDelta = TimeDelta::days(32);

/// What is waited for another connection to end.
const CONNECTION_WAIT: TimeDelta = TimeDelta::minutes(1);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// 400: a sentence of ours, and what X said.
    Invalid(String, Problems),
    /// 404 or 410.
    Gone(String),
    /// No answer, or half of one: what it would have cost may have been billed.
    Lost(SourceError),
    /// Anything else.
    Source(SourceError),
}

impl From<Refusal> for SourceError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(sentence, _) | Refusal::Gone(sentence) => Self::Dead(sentence),
            Refusal::Lost(error) | Refusal::Source(error) => error,
        }
    }
}

/// Who asked whom, and when: what sentences name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The source's name.
    pub(super) source: &'a str,
    /// The server's.
    pub(super) host: &'a str,
    pub(super) now: Timestamp,
}

/// The body of a refusal.
#[derive(Debug)]
pub(super) struct Problems(Value);

/// What a refused request means.
pub(super) fn of(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    place: Place<'_>,
) -> Refusal {
    let problems = Problems(serde_json::from_slice(body).unwrap_or_default());
    let words = problems.words();
    let told = words.map_or_else(String::new, |words| format!(" ({words})"));
    let said = format!("{} answered {}{told}", place.host, status.as_u16());
    match status {
        StatusCode::BAD_REQUEST => Refusal::Invalid(
            format!(
                "{said}: look at url, mode, dialect and queries of source \"{}\"",
                place.source
            ),
            problems,
        ),
        StatusCode::NOT_FOUND | StatusCode::GONE => Refusal::Gone(format!(
            "{said}: look at url of source \"{}\"",
            place.source
        )),
        _ => Refusal::Source(other(status, headers, &problems, said, place)),
    }
}

fn other(
    status: StatusCode,
    headers: &HeaderMap,
    problems: &Problems,
    said: String,
    place: Place<'_>,
) -> SourceError {
    let source = place.source;
    match status {
        _ if problems.is("credits", &["CreditsDepleted", "SpendCapReached"]) => {
            unpaid(problems, &said, place)
        }
        StatusCode::PAYMENT_REQUIRED => unpaid(problems, &said, place),
        StatusCode::TOO_MANY_REQUESTS => limited(headers, problems, said, place.now),
        StatusCode::UNAUTHORIZED => SourceError::Dead(format!(
            "{said}: set token of source \"{source}\" to the bearer token of an app at X"
        )),
        StatusCode::FORBIDDEN if problems.text("reason") == Some("client-not-enrolled") => {
            let place = problems.text("registration_url");
            let place = answer::line(place.unwrap_or("https://console.x.com"));
            SourceError::Dead(format!(
                "{said}: the app of token of source \"{source}\" belongs to no project: enrol it at {place}"
            ))
        }
        StatusCode::CONFLICT => SourceError::Retry(format!(
            "{said}: the stream has no rules yet; they are given again"
        )),
        StatusCode::REQUEST_TIMEOUT => SourceError::Retry(said),
        status if status.is_client_error() => SourceError::Dead(format!(
            "{said}: look at what the app of token of source \"{source}\" may do"
        )),
        _ => SourceError::Retry(said),
    }
}

fn limited(headers: &HeaderMap, problems: &Problems, said: String, now: Timestamp) -> SourceError {
    if problems.is("usage-capped", &["UsageCapExceeded"]) {
        let period = problems.text("period").unwrap_or("Monthly");
        let until = end_of(period, now);
        return SourceError::Later {
            until,
            reason: format!(
                "{said}: X gives no more posts before {until}, the end of what was bought ({}); more can be bought at https://console.x.com",
                answer::line(period).to_lowercase()
            ),
        };
    }
    if problems.text("connection_issue").is_some() || problems.is("streaming-connection", &[]) {
        return SourceError::Later {
            until: now + CONNECTION_WAIT,
            reason: format!(
                "{said}: another connection of the same app reads the stream; end it, or wait"
            ),
        };
    }
    SourceError::Later {
        until: limits::go_on_at(headers, now),
        reason: said,
    }
}

/// No credits are left, or a cap on what may be spent is reached.
fn unpaid(problems: &Problems, said: &str, place: Place<'_>) -> SourceError {
    let now = place.now;
    let named = problems.text("reset_date").and_then(day);
    let until = named
        .filter(|at| *at > now && *at <= now + CYCLE)
        .unwrap_or(now + A_DAY);
    let mend = if problems.is("", &["SpendCapReached"]) {
        "raise the spend cap"
    } else {
        "buy credits"
    };
    SourceError::Later {
        until,
        reason: format!(
            "{said}: X gives nothing more to source \"{}\" unpaid: {mend} at https://console.x.com, then enqueue a collect; else it is tried again at {until}",
            place.source
        ),
    }
}

/// A day, or a moment.
fn day(written: &str) -> Option<Timestamp> {
    let moment = DateTime::parse_from_rfc3339(written).map(|at| at.to_utc());
    let midnight = || {
        Some(
            written
                .parse::<NaiveDate>()
                .ok()?
                .and_hms_opt(0, 0, 0)?
                .and_utc(),
        )
    };
    moment.ok().or_else(midnight)
}

/// When the UTC day or month ends.
fn end_of(period: &str, now: Timestamp) -> Timestamp {
    let today = now.date_naive();
    let next = if period.eq_ignore_ascii_case("daily") {
        today.succ_opt()
    } else {
        let first = today.with_day(1);
        first.and_then(|first| first.checked_add_months(Months::new(1)))
    };
    let midnight = next.and_then(|day| day.and_hms_opt(0, 0, 0));
    midnight.map_or(now + A_DAY, |at| at.and_utc())
}

impl Problems {
    fn text(&self, key: &str) -> Option<&str> {
        self.0[key].as_str()
    }

    fn errors(&self) -> impl Iterator<Item = &Value> {
        self.0["errors"].as_array().into_iter().flatten()
    }

    /// Whether the problem is of this type or has one of these titles.
    fn is(&self, tail: &str, titles: &[&str]) -> bool {
        let kind = self.text("type").unwrap_or_default();
        let title = self.text("title").unwrap_or_default();
        (!tail.is_empty() && kind.rsplit('/').next() == Some(tail)) || titles.contains(&title)
    }

    /// What X says, on one line and short; none where the body says nothing.
    fn words(&self) -> Option<String> {
        let first = self.errors().next();
        let inner = first.and_then(|error| {
            let said = [&error["message"], &error["detail"], &error["title"]];
            said.into_iter().find_map(Value::as_str)
        });
        let outer = self.text("detail").or_else(|| self.text("title"));
        inner.or(outer).map(answer::line)
    }

    /// Whether X complains of this parameter.
    pub(super) fn names(&self, parameter: &str) -> bool {
        let said = self.messages().any(|said| said.contains(parameter));
        let mut errors = self.errors();
        said || errors.any(|error| error["parameters"].get(parameter).is_some())
    }

    /// Everything that it says in words.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        let inner = self
            .errors()
            .flat_map(|error| [&error["message"], &error["detail"]]);
        let outer = [&self.0["detail"], &self.0["title"]].into_iter();
        inner.chain(outer).filter_map(Value::as_str)
    }
}
