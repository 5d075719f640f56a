//! Traces: a run is one trace, from the collect by way of its transforms to the message, through processes of their own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::common::{Installation, Stores, terminate, write_posts};

/// A span with the process that told of it.
struct Span {
    process: String,
    span: Value,
}

impl Span {
    fn text(&self, key: &str) -> &str {
        self.span[key].as_str().unwrap_or_default()
    }

    fn verdict(&self) -> &str {
        let attributes = self.span["attributes"].as_array().unwrap();
        let verdict = attributes.iter().find(|one| one["key"] == "job.verdict");
        verdict.unwrap()["value"]["stringValue"].as_str().unwrap()
    }
}

/// What came to the collector.
async fn spans(collector: &MockServer) -> Vec<Span> {
    let mut spans = Vec::new();
    for request in collector.received_requests().await.unwrap() {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        for resource in body["resourceSpans"].as_array().unwrap() {
            let attributes = resource["resource"]["attributes"].as_array().unwrap();
            let instance = attributes
                .iter()
                .find(|one| one["key"] == "service.instance.id");
            let process = instance.unwrap()["value"]["stringValue"].as_str().unwrap();
            let scoped = resource["scopeSpans"][0]["spans"].as_array().unwrap();
            spans.extend(scoped.iter().map(|span| Span {
                process: process.to_owned(),
                span: span.clone(),
            }));
        }
    }
    spans
}

#[tokio::test]
async fn a_post_is_followed_from_its_collect_to_its_message_through_three_processes() {
    let collector = MockServer::start().await;
    Mock::given(path("/v1/traces"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{}"))
        .mount(&collector)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let posts = write_posts(folder.path(), 60);
    let more = format!("[telemetry]\notlp = \"{}\"", collector.uri());
    let installation = Installation::new(Stores::Embedded, &posts.path, &more).await;
    let roles: [&[&str]; 4] = [
        &["scheduler"],
        &["worker", "--only", "collect"],
        &["worker", "--only", "transform"],
        &["worker", "--only", "publish"],
    ];
    let running = roles.map(|role| {
        let mut command = installation.command(role);
        command.stderr(std::process::Stdio::piped());
        command.kill_on_drop(true).spawn().unwrap()
    });
    installation.receiver.has(posts.hours.len() as u64).await;
    for child in running {
        assert!(terminate(child).await.success());
    }
    let spans = spans(&collector).await;
    let done: BTreeMap<&str, &Span> = spans
        .iter()
        .filter(|span| span.verdict() == "done")
        .map(|span| (span.text("spanId"), span))
        .collect();
    let publish = done.values().find(|span| {
        span.text("name") == "publish" && done.contains_key(span.text("parentSpanId"))
    });
    let publish = publish.expect("a publication whose transform was told too");
    let transform = done[publish.text("parentSpanId")];
    let collect = done[transform.text("parentSpanId")];
    assert_eq!(
        (transform.text("name"), collect.text("name")),
        ("transform", "collect")
    );
    assert_eq!(collect.text("parentSpanId"), "");
    let run = [*publish, transform, collect];
    let traces: BTreeSet<&str> = run.iter().map(|span| span.text("traceId")).collect();
    let processes: BTreeSet<&str> = run.iter().map(|span| &*span.process).collect();
    assert_eq!((traces.len(), processes.len()), (1, 3));
}
