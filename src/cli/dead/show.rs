//! Dead letters as they are printed: in a list, in groups, or one whole.

use moodwire_queue::{Group, JobRow};
use serde_json::{Value, json};

use crate::{cli::jobs::stamp, failure::Failure, output};

/// Prints dead letters.
pub(super) fn list(jobs: &[JobRow], json: bool) -> Result<(), Failure> {
    if json {
        let documents: Vec<Value> = jobs.iter().map(document).collect();
        return output::json(&documents);
    }
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            let reason = job.reason.clone().unwrap_or_default();
            vec![
                job.id.clone(),
                format!("{}/{}", job.attempts, job.max_attempts),
                job.finished_at.map(stamp).unwrap_or_default(),
                first_line(&reason),
            ]
        })
        .collect();
    output::table(&["ID", "ATTEMPTS", "DIED AT", "REASON"], &rows)
}

/// A dead letter as scripts see it; these keys are stable.
pub(super) fn document(job: &JobRow) -> Value {
    json!({
        "id": job.id,
        "kind": job.kind,
        "payload": serde_json::from_str::<Value>(&job.payload)
            .unwrap_or_else(|_| Value::String(job.payload.clone())),
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "died_at": job.finished_at,
        "reason": job.reason,
        "error": job.error,
        "history": job.history,
    })
}

/// Prints what dead letters have in common.
pub(super) fn groups(groups: &[Group], json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&groups);
    }
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            vec![
                group.fingerprint.clone(),
                group.kind.clone(),
                group.count.to_string(),
                stamp(group.first),
                stamp(group.last),
                first_line(&group.error),
            ]
        })
        .collect();
    output::table(
        &["FINGERPRINT", "KIND", "COUNT", "FIRST", "LAST", "ERROR"],
        &rows,
    )
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
