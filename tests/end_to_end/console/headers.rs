//! What every answer tells a browser that it may not do.

use super::{desk::Desk, http::Request};
use crate::command_line::at_hand::empty;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_security_headers() {
    let installation = empty().await;
    let desk = Desk::start(&installation, &["console"], &[]).await;
    let get = |path: &str| Request::get(&desk.address, path);
    let page = get("/").send().await;
    let (_, rest) = page.body.split_once("href=\"/assets/console-").unwrap();
    let style = format!("/assets/console-{}", rest.split('"').next().unwrap());
    let answers = [
        (200, page),
        (200, get(&style).send().await),
        (404, get("/assets/nothing.css").send().await),
        (200, get("/api/v1/now").send().await),
        (200, get("/api/v1/openapi.json").send().await),
        (404, get("/api/v1/nowhere").send().await),
        (404, get("/nowhere").send().await),
        (400, get("/hours/yesterday").send().await),
        (421, get("/").with("Host", "evil.example").send().await),
        (
            403,
            Request::form(&desk.address, "/do/queue/pause", "kind=publish")
                .send()
                .await,
        ),
        (
            415,
            Request::json(&desk.address, "/api/v1/queue/pause", "{}")
                .with("Content-Type", "text/plain")
                .send()
                .await,
        ),
        (
            413,
            Request::json(&desk.address, "/api/v1/queue/pause", &" ".repeat(1_100_000))
                .send()
                .await,
        ),
        (
            405,
            Request::json(&desk.address, "/healthz", "{}").send().await,
        ),
        (303, get("/login").send().await),
        (303, get("/do/queue/pause").send().await),
        (200, get("/healthz").send().await),
        (200, get("/readyz").send().await),
        (
            200,
            get("/jobs")
                .with("Accept", "text/event-stream")
                .send_for_headers()
                .await,
        ),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{answer:?}");
        let header = |name: &str| {
            answer
                .headers
                .get(name)
                .map(String::as_str)
                .unwrap_or_default()
        };
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{part}: {answer:?}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{answer:?}");
        assert_eq!(header("x-frame-options"), "DENY", "{answer:?}");
        assert_eq!(header("referrer-policy"), "same-origin", "{answer:?}");
        assert!(!header("cache-control").is_empty(), "{answer:?}");
        assert_eq!(header("server"), "", "{answer:?}");
    }
}
