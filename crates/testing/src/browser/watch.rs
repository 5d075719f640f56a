//! What a page did that nobody may see on it: what it asked for, dialogs, errors.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::protocol::Connection;

/// What a page has done since it was opened.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Every address that was asked for, in this order.
    pub requests: Vec<String>,
    /// What dialogs said; each was dismissed.
    pub dialogs: Vec<String>,
    /// Exceptions that no script caught, and what the browser itself complained about, such as a refused script.
    pub errors: Vec<String>,
}

/// The record of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Record(Arc<Mutex<Seen>>);

impl Record {
    pub(super) fn seen(&self) -> Seen {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps the record until the page is gone.
    pub(super) async fn keep(
        self,
        connection: Arc<Connection>,
        session: String,
        mut events: UnboundedReceiver<Value>,
    ) {
        while let Some(event) = events.recv().await {
            if self.note(&event["method"], &event["params"]) {
                // It stands still until the dialog is closed.
                let dismiss = json!({ "accept": false });
                let closed = connection
                    .ask(Some(&session), "Page.handleJavaScriptDialog", dismiss)
                    .await;
                drop(closed);
            }
        }
    }

    /// Notes an event; true for a dialog.
    fn note(&self, method: &Value, params: &Value) -> bool {
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match method.as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => seen.requests.push(text(&params["request"]["url"])),
            "Page.javascriptDialogOpening" => {
                seen.dialogs.push(text(&params["message"]));
                return true;
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let what = &details["exception"]["description"];
                seen.errors.push(text(if what.is_null() {
                    &details["text"]
                } else {
                    what
                }));
            }
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                let entry = &params["entry"];
                seen.errors.push(format!(
                    "{} ({})",
                    text(&entry["text"]),
                    text(&entry["url"])
                ));
            }
            _ => {}
        }
        false
    }
}
