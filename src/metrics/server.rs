//! The HTTP side: `/metrics` for Prometheus, `/healthz` for probes of the process alone.

use std::sync::Arc;

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use super::sampled::Sampler;

/// The text format of Prometheus.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, handle: PrometheusHandle, sampler: Arc<Sampler>) {
    let routes = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .with_state((handle, sampler));
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "metrics are no longer served");
    }
}

async fn metrics(
    State((handle, sampler)): State<(PrometheusHandle, Arc<Sampler>)>,
) -> impl IntoResponse {
    let sampled = sampler.text().await;
    (
        [(header::CONTENT_TYPE, TEXT_FORMAT)],
        handle.render() + &sampled,
    )
}
