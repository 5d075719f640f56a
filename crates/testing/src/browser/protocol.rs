//! The DevTools protocol: questions with numbered answers, and events, as JSON over one WebSocket.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_tungstenite::{
    connect_async_with_config, tungstenite::Message, tungstenite::protocol::WebSocketConfig,
};

/// How long an answer may take: the machine may have much else to do.
const ANSWER: Duration = Duration::from_secs(60);

/// What a question is answered with: a result, or what is wrong.
type Answer = Result<Value, String>;

/// Who waits for what.
#[derive(Debug, Default)]
struct Waiting {
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    events: HashMap<String, mpsc::UnboundedSender<Value>>,
}

/// A connection to the browser.
#[derive(Debug)]
pub(super) struct Connection {
    outgoing: mpsc::UnboundedSender<Message>,
    waiting: Arc<Mutex<Waiting>>,
    last: AtomicU64,
}

impl Connection {
    pub(super) async fn open(address: &str) -> Self {
        // A screenshot is a long message.
        let limits = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let (socket, _) = connect_async_with_config(address, Some(limits), true)
            .await
            .expect("the browser takes connections");
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut queued) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        tokio::spawn(async move {
            while let Some(message) = queued.recv().await {
                if sink.send(message).await.is_err() {
                    break;
                }
            }
        });
        let incoming = Arc::clone(&waiting);
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message
                    && let Ok(message) = serde_json::from_str(&text)
                {
                    hand_over(&incoming, message);
                }
            }
            // The browser is gone: whoever waits is told so.
            *lock(&incoming) = Waiting::default();
        });
        Self {
            outgoing,
            waiting,
            last: AtomicU64::new(0),
        }
    }

    /// Has the browser, or a page of it, do something.
    pub(super) async fn ask(&self, session: Option<&str>, method: &str, params: Value) -> Answer {
        let id = 1 + self.last.fetch_add(1, Ordering::Relaxed);
        let mut question = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            question["sessionId"] = session.into();
        }
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).answers.insert(id, sender);
        self.outgoing
            .send(Message::text(question.to_string()))
            .map_err(|_| "the browser is gone".to_owned())?;
        match timeout(ANSWER, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(format!("the browser is gone before it answered {method}")),
            Err(_) => Err(format!("{method} was not answered")),
        }
    }

    /// The events of a page from here on.
    pub(super) fn events_of(&self, session: &str) -> mpsc::UnboundedReceiver<Value> {
        let (sender, events) = mpsc::unbounded_channel();
        lock(&self.waiting)
            .events
            .insert(session.to_owned(), sender);
        events
    }
}

fn hand_over(waiting: &Mutex<Waiting>, mut message: Value) {
    let mut waiting = lock(waiting);
    if let Some(id) = message["id"].as_u64() {
        if let Some(waits) = waiting.answers.remove(&id) {
            let answer = match message.get("error") {
                Some(error) => Err(error["message"].as_str().unwrap_or("no reason").to_owned()),
                None => Ok(message["result"].take()),
            };
            // Who asked may have given up.
            let _ = waits.send(answer);
        }
    } else if let Some(session) = message["sessionId"].as_str()
        && let Some(events) = waiting.events.get(session)
    {
        let _ = events.send(message);
    }
}

fn lock(waiting: &Mutex<Waiting>) -> std::sync::MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
