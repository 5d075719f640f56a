//! A span as OTLP writes it in JSON.

use serde_json::{Value, json};

use super::ids;

/// An ended attempt, as the queue tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) root: String,
    pub(super) parent: String,
    pub(super) attempt: u64,
    pub(super) token: u64,
    pub(super) verdict: String,
    pub(super) error: String,
    pub(super) due_ms: i64,
    pub(super) ended_ms: i64,
    pub(super) took_us: u64,
}

/// `SPAN_KIND_CONSUMER`: it works on what a queue brought.
const CONSUMER: u8 = 5;

/// `STATUS_CODE_ERROR`; one that went well has none.
const ERROR: u8 = 2;

impl Attempt {
    /// The span. The attempt that ends its job well is the job's own span, under that of the job that enqueued it; those
    /// before it, which failed or were put off, lie under it.
    pub(super) fn span(&self) -> Value {
        let job = ids::job(&self.id);
        let (own, above) = match (&*self.verdict, &*self.parent) {
            ("done", "") => (job, String::new()),
            ("done", parent) => (job, ids::job(parent)),
            _ => (ids::attempt(&self.id, self.token), job),
        };
        let ended = u64::try_from(self.ended_ms)
            .unwrap_or(0)
            .saturating_mul(1_000_000);
        let began = ended.saturating_sub(self.took_us.saturating_mul(1_000));
        let waited = self.ended_ms - self.due_ms - i64::try_from(self.took_us / 1000).unwrap_or(0);
        let mut span = json!({
            "traceId": ids::trace(&self.root),
            "spanId": own,
            "name": self.kind,
            "kind": CONSUMER,
            // As text, since JSON's numbers do not hold them.
            "startTimeUnixNano": began.to_string(),
            "endTimeUnixNano": ended.to_string(),
            "attributes": [
                text("job.id", &self.id),
                text("job.root", &self.root),
                text("job.verdict", &self.verdict),
                number("job.attempt", i64::try_from(self.attempt).unwrap_or(i64::MAX)),
                number("job.waited_ms", waited.max(0)),
            ],
        });
        if !above.is_empty() {
            span["parentSpanId"] = above.into();
        }
        if matches!(&*self.verdict, "retry" | "dead") {
            span["status"] = json!({ "code": ERROR, "message": self.error });
        }
        span
    }
}

/// An attribute.
pub(super) fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: i64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(id: &str, parent: &str, verdict: &str) -> Attempt {
        Attempt {
            id: id.to_owned(),
            kind: "transform".to_owned(),
            root: "collect:a".to_owned(),
            parent: parent.to_owned(),
            attempt: 2,
            token: 9,
            verdict: verdict.to_owned(),
            error: "it broke".to_owned(),
            due_ms: 1_000,
            ended_ms: 1_700,
            took_us: 200_500,
        }
    }

    #[test]
    fn what_a_job_enqueued_lies_under_it_in_the_same_trace() {
        let collect = attempt("collect:a", "", "done").span();
        let transform = attempt("transform:b", "collect:a", "done").span();
        assert_eq!(collect["traceId"], transform["traceId"]);
        assert_eq!(collect["parentSpanId"], Value::Null);
        assert_eq!(transform["parentSpanId"], collect["spanId"]);
        assert_eq!(transform["startTimeUnixNano"], "1499500000");
        assert_eq!(transform["endTimeUnixNano"], "1700000000");
        assert_eq!(transform["status"], Value::Null);
    }

    #[test]
    fn an_attempt_that_failed_lies_under_the_one_that_went_well() {
        let done = attempt("transform:b", "collect:a", "done").span();
        let failed = attempt("transform:b", "collect:a", "retry").span();
        assert_eq!(failed["parentSpanId"], done["spanId"]);
        assert_ne!(failed["spanId"], done["spanId"]);
        assert_eq!(failed["status"]["message"], "it broke");
    }
}
