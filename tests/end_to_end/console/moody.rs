//! A receiver of digests that answers as it is told to at the moment, and counts what it took.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};
use tokio::sync::watch;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::method};

/// The receiver.
pub(super) struct Moody {
    server: MockServer,
    mood: Arc<Mutex<(u16, Value)>>,
    most: Arc<AtomicU64>,
    taken: watch::Receiver<u64>,
}

struct Answer {
    mood: Arc<Mutex<(u16, Value)>>,
    most: Arc<AtomicU64>,
    taken: watch::Sender<u64>,
}

impl Respond for Answer {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let (status, mut body) = self.mood.lock().unwrap().clone();
        if status == 200 && *self.taken.borrow() >= self.most.load(Ordering::SeqCst) {
            return ResponseTemplate::new(500);
        }
        if status == 200 {
            self.taken.send_modify(|taken| *taken += 1);
            body = json!({ "id": self.taken.borrow().to_string() });
        }
        ResponseTemplate::new(status).set_body_json(body)
    }
}

impl Moody {
    /// One that answers so from its first request on.
    pub(super) async fn start(status: u16, body: Value) -> Self {
        let server = MockServer::start().await;
        let mood = Arc::new(Mutex::new((status, body)));
        let (sender, taken) = watch::channel(0);
        let most = Arc::new(AtomicU64::new(u64::MAX));
        let answer = Answer {
            mood: Arc::clone(&mood),
            most: Arc::clone(&most),
            taken: sender,
        };
        Mock::given(method("POST"))
            .respond_with(answer)
            .mount(&server)
            .await;
        Self {
            server,
            mood,
            most,
            taken,
        }
    }

    /// The address of a Discord webhook there.
    pub(super) fn url(&self) -> String {
        format!("{}/api/webhooks/2/token", self.server.uri())
    }

    /// From here on it takes whatever comes.
    pub(super) fn mend(&self) {
        *self.mood.lock().unwrap() = (200, Value::Null);
    }

    /// Once mended, it takes no more than so many.
    pub(super) fn fail_from(&self, most: u64) {
        self.most.store(most, Ordering::SeqCst);
    }

    /// How many messages it took.
    pub(super) fn taken(&self) -> u64 {
        *self.taken.borrow()
    }

    /// Returns once it took so many.
    pub(super) async fn has_taken(&self, count: u64) {
        let mut taken = self.taken.clone();
        taken.wait_for(|taken| *taken >= count).await.unwrap();
    }
}
