//! Signs of life for probes: open to all, and telling nothing but whether.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::Console;

/// How long each store may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "ok": true }))
}

/// Every store answers.
pub(super) async fn ready(State(console): State<Arc<Console>>) -> (StatusCode, Json<Value>) {
    let deps = &console.deps;
    let (queue, lake, warehouse) = tokio::join!(
        answers(deps.queue.check()),
        answers(deps.lake.check()),
        answers(deps.warehouse.check()),
    );
    let status = match queue && lake && warehouse {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let stores = json!({ "queue": queue, "lake": lake, "warehouse": warehouse });
    (
        status,
        Json(json!({ "ok": status == StatusCode::OK, "stores": stores })),
    )
}

async fn answers<E>(check: impl Future<Output = Result<(), E>>) -> bool {
    matches!(tokio::time::timeout(PATIENCE, check).await, Ok(Ok(())))
}
