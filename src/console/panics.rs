//! A page that panics is a bug, and answers so; every other page goes on.

use std::panic::AssertUnwindSafe;

use axum::{extract::Request, http::StatusCode, middleware::Next, response::Response};
use futures::FutureExt;

use super::refusal::Refusal;

/// Answers in the place of a handler that panics; the panic itself is in the log.
pub(super) async fn caught(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    // What a handler shares is behind locks that are not held across its work, or can be taken again.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answered.unwrap_or_else(|_| {
        let sentence = format!(
            "the console failed at {path}: this is a bug, of which its log tells more; nothing that was asked for is known \
             to be done"
        );
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
            .response(path.starts_with("/api/"))
    })
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn broken() {
        panic!("a page that cannot be made");
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_for() {
        let router = Router::new()
            .route("/api/v1/broken", get(broken))
            .route("/well", get(async || "well"))
            .layer(middleware::from_fn(caught));
        for (path, status) in [("/api/v1/broken", 500), ("/well", 200)] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status);
            let body = axum::body::to_bytes(answer.into_body(), 1_000).await;
            let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
            assert_eq!(body.contains("failed at /api/v1/broken"), status == 500);
        }
    }
}
