//! A receiver that answers as Discord does, on 127.0.0.1, and remembers what came.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::method};

/// Where digests are sent.
pub(crate) struct Receiver {
    server: MockServer,
    count: watch::Receiver<u64>,
}

struct Answer {
    ids: Arc<AtomicU64>,
    count: watch::Sender<u64>,
}

impl Respond for Answer {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let id = 1 + self.ids.fetch_add(1, Ordering::SeqCst);
        self.count.send_replace(id);
        ResponseTemplate::new(200).set_body_json(json!({ "id": id.to_string() }))
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let (sender, count) = watch::channel(0);
        let answer = Answer {
            ids: Arc::default(),
            count: sender,
        };
        Mock::given(method("POST"))
            .respond_with(answer)
            .mount(&server)
            .await;
        Self { server, count }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/api/webhooks/1/token", self.server.uri())
    }

    /// Returns once `count` messages have come.
    pub(crate) async fn has(&self, count: u64) {
        self.count
            .clone()
            .wait_for(|now| *now >= count)
            .await
            .unwrap();
    }

    /// The hours of the messages that came, in the order in which they came, as the embeds say.
    pub(crate) async fn hours(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .map(|request| {
                let body = json_of(request);
                assert_eq!(body["allowed_mentions"], json!({ "parse": [] }));
                assert_eq!(request.url.query(), Some("wait=true"));
                let at = body["embeds"][0]["timestamp"].as_str().unwrap();
                at.replace(".000Z", "Z")
            })
            .collect()
    }
}

/// The message of a request, whether or not a chart comes with it.
fn json_of(request: &Request) -> Value {
    let body = String::from_utf8_lossy(&request.body);
    let json = match body.split_once("name=\"payload_json\"") {
        None => &*body,
        Some((_, part)) => {
            let (_, content) = part.split_once("\r\n\r\n").unwrap();
            content.split("\r\n").next().unwrap()
        }
    };
    serde_json::from_str(json).unwrap()
}
