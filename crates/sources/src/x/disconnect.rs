//! Why X ends a stream, and what follows from it. (X OpenAPI, `OperationalDisconnectProblem`, `ConnectionExceptionProblem`.)

use chrono::TimeDelta;

use super::{answer::Problem, refusal::Place};
use crate::SourceError;

/// What is waited where another connection of the same app has taken this one's place.
const OTHER_WAIT: TimeDelta = TimeDelta::minutes(1);

/// Why the stream ends, if one of the errors of its line says that it does. Others are told and passed over.
pub(super) fn of(problems: &[Problem], place: Place<'_>) -> Option<SourceError> {
    let ending = problems.iter().find_map(|problem| one(problem, place));
    if ending.is_none() {
        for problem in problems {
            let said = problem.words();
            tracing::warn!(
                source = place.source,
                said,
                "the stream tells of an error and goes on"
            );
        }
    }
    ending
}

fn one(problem: &Problem, place: Place<'_>) -> Option<SourceError> {
    let Place { source, host, now } = place;
    let reason = problem.disconnect_type.as_deref();
    let issue = problem.connection_issue.as_deref();
    let ends = [
        "operational-disconnect",
        "client-disconnected",
        "streaming-connection",
    ];
    if reason.is_none() && issue.is_none() && !ends.contains(&problem.tail()) {
        return None;
    }
    let said = format!("{host} ended the stream ({})", problem.words());
    Some(match reason.or(issue) {
        Some("ForceDisconnect" | "TooManyConnections") => SourceError::Later {
            until: now + OTHER_WAIT,
            reason: format!("{said}: another connection of the same app reads it"),
        },
        Some("ClientApplicationStateDegraded") => SourceError::Dead(format!(
            "{said}: look at the app of token of source \"{source}\" at https://console.x.com"
        )),
        _ => SourceError::Retry(said),
    })
}
