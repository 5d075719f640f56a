//! From the outbox to the collector: OTLP over HTTP, in JSON, many spans a request.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    recorder::Outbox,
    span::{Attempt, text},
};

/// The most spans of a request.
const MOST: usize = 512;

/// How long spans wait for others to go with.
const GATHER: Duration = Duration::from_secs(1);

/// How long the collector may take. What it does not take is dropped: traces are for looking at, not for keeping.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does the work, and sends what it tells of itself meanwhile, if there is an outbox.
pub(crate) async fn exporting<T>(outbox: Option<Outbox>, work: impl Future<Output = T>) -> T {
    let Some(outbox) = outbox else {
        return work.await;
    };
    let over = CancellationToken::new();
    let sending = tokio::spawn(send_until(over.clone(), outbox));
    let done = work.await;
    over.cancel();
    // The last spans go too, but for a collector that is away nobody waits long.
    let _given_up = tokio::time::timeout(PATIENCE, sending).await;
    done
}

async fn send_until(over: CancellationToken, mut outbox: Outbox) {
    let collector = Collector::new(&outbox.collector);
    let mut batch = Vec::with_capacity(MOST);
    loop {
        let more = tokio::select! {
            biased;
            more = outbox.attempts.recv_many(&mut batch, MOST) => more > 0,
            () = over.cancelled() => false,
        };
        if !more {
            return;
        }
        let gathered = async {
            while batch.len() < MOST && outbox.attempts.recv_many(&mut batch, MOST).await > 0 {}
        };
        tokio::select! {
            _ = tokio::time::timeout(GATHER, gathered) => {}
            () = over.cancelled() => {}
        }
        collector.send(&batch).await;
        batch.clear();
    }
}

struct Collector {
    client: reqwest::Client,
    url: String,
    resource: Value,
}

impl Collector {
    fn new(base: &str) -> Self {
        let process = format!("{}:{}", host(), std::process::id());
        Self {
            client: reqwest::Client::new(),
            url: format!("{}/v1/traces", base.trim_end_matches('/')),
            resource: json!({ "attributes": [
                text("service.name", "moodwire"),
                text("service.version", env!("CARGO_PKG_VERSION")),
                text("service.instance.id", &process),
            ] }),
        }
    }

    async fn send(&self, attempts: &[Attempt]) {
        let spans: Vec<Value> = attempts.iter().map(Attempt::span).collect();
        let request = json!({ "resourceSpans": [{
            "resource": self.resource,
            "scopeSpans": [{ "scope": { "name": "moodwire" }, "spans": spans }],
        }] });
        let sent = self.client.post(&self.url).timeout(PATIENCE).json(&request);
        match sent
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
        {
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, spans = attempts.len(), "spans could not be sent and are dropped");
            }
        }
    }
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "localhost".to_owned(), |name| name.trim().to_owned())
}
