//! Tests of limits: each of what X may run out of is waited for until it is there again, with what a person can do.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{SEARCH, Server, id, ids, list, post};
use crate::SourceError;

async fn refused(status: u16, headers: &[(&str, &str)], body: Value) -> SourceError {
    let server = Server::start().await;
    let mut answer = ResponseTemplate::new(status).set_body_json(body);
    for (name, value) in headers {
        answer = answer.insert_header(*name, *value);
    }
    server.gives(SEARCH, &[], answer).await;
    server.read(&Value::Null).await.unwrap_err()
}

async fn waits(status: u16, headers: &[(&str, &str)], body: Value, until: &str, words: &[&str]) {
    match refused(status, headers, body).await {
        SourceError::Later { until: at, reason } => {
            assert_eq!(
                at,
                until.parse::<moodwire_model::Timestamp>().unwrap(),
                "{reason}"
            );
            for word in words {
                assert!(reason.contains(word), "{reason}");
            }
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_window_is_waited_for_until_it_ends() {
    let legacy = json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]});
    let headers = [
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "1788285900"),
    ];
    waits(
        429,
        &headers,
        legacy,
        "2026-09-01T18:05:00Z",
        &["Rate limit exceeded"],
    )
    .await;
    let problem = json!({"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429});
    waits(429, &[], problem, "2026-09-01T18:01:00Z", &["429"]).await;
}

#[tokio::test]
async fn the_months_cap_is_waited_for_until_the_month_ends() {
    let mut body = json!({
        "title": "UsageCapExceeded", "period": "Monthly", "scope": "Product",
        "detail": "Usage cap exceeded: Monthly product cap",
        "type": "https://api.twitter.com/2/problems/usage-capped", "product_name": "standard-basic",
    });
    // The window has plenty left, which means nothing here.
    let headers = [
        ("x-rate-limit-remaining", "39999"),
        ("x-rate-limit-reset", "1788285900"),
    ];
    let words = ["Monthly product cap", "monthly", "https://console.x.com"];
    waits(429, &headers, body.clone(), "2026-10-01T00:00:00Z", &words).await;
    body["period"] = json!("Daily");
    waits(429, &headers, body, "2026-09-02T00:00:00Z", &["daily"]).await;
}

#[tokio::test]
async fn what_is_not_paid_for_is_waited_for_and_says_who_can_help() {
    let depleted = json!({
        "account_id": 2_036_532_529_868_496_897_u64, "title": "CreditsDepleted",
        "detail": "Your enrolled account [2036532529868496897] does not have any credits to fulfill this request.",
        "type": "https://api.twitter.com/2/problems/credits",
    });
    waits(
        402,
        &[],
        depleted,
        "2026-09-02T18:00:00Z",
        &["any credits", "buy credits", "x-main"],
    )
    .await;
    let mut capped = json!({
        "title": "SpendCapReached", "detail": "Your enrolled account has reached its billing cycle spend cap.",
        "reset_date": "2026-09-13", "type": "https://api.x.com/2/problems/credits",
    });
    waits(
        403,
        &[],
        capped.clone(),
        "2026-09-13T00:00:00Z",
        &["raise the spend cap"],
    )
    .await;
    for strange in ["2026-08-01", "2126-08-01", "soon", ""] {
        capped["reset_date"] = json!(strange);
        waits(
            403,
            &[],
            capped.clone(),
            "2026-09-02T18:00:00Z",
            &["raise the spend cap"],
        )
        .await;
    }
}

#[tokio::test]
async fn what_only_a_person_can_mend_says_so() {
    for (status, body, words) in [
        (
            401,
            json!({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}),
            "set token of source \"x-main\"",
        ),
        (
            403,
            json!({"reason": "client-not-enrolled", "registration_url": "https://developer.x.com/portal", "title": "Client Forbidden", "type": "https://api.x.com/2/problems/client-forbidden"}),
            "enrol it at https://developer.x.com/portal",
        ),
        (
            403,
            json!({"title": "Unsupported Authentication", "type": "https://api.x.com/2/problems/unsupported-authentication"}),
            "what the app of token of source \"x-main\" may do",
        ),
        (
            400,
            json!({"errors": [{"message": "There were errors processing your request: no viable alternative"}], "title": "Invalid Request"}),
            "no viable alternative",
        ),
        (404, Value::Null, "look at url"),
    ] {
        let error = refused(status, &[], body).await;
        assert!(
            matches!(&error, SourceError::Dead(said) if said.contains(words)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_last_answer_of_a_window_says_until_when_nothing_more_is_to_be_had() {
    let server = Server::start().await;
    let answer = list(&[post(&id(1))], Some("more"))
        .insert_header("x-rate-limit-remaining", "0")
        .insert_header("x-rate-limit-reset", "1788285900");
    server.gives(SEARCH, &[], answer).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert_eq!(page.limited_until, "2026-09-01T18:05:00Z".parse().ok());
    assert_eq!(ids(&[page]), [id(1)]);
}
