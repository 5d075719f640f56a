//! Tests of answers that are none or only a part: nothing is lost, and the sentence says what helps.

use serde_json::{Value, json};
use wiremock::{Mock, ResponseTemplate, matchers::bearer_token};

use super::{RULES, SEARCH, Server, id, ids, list, post};
use crate::{Source, SourceError};

async fn error(answer: ResponseTemplate) -> SourceError {
    let server = Server::start().await;
    server.gives(SEARCH, &[], answer).await;
    server.read(&Value::Null).await.unwrap_err()
}

fn with(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(503).set_body_string("<html>"),
        ResponseTemplate::new(408),
        ResponseTemplate::new(200),
        ResponseTemplate::new(200).set_body_string("<html>sorry</html>"),
        ResponseTemplate::new(200).set_body_string("{\"data\": [{\"id\": \"1\""),
        ResponseTemplate::new(200).set_body_bytes(b"\xff\xfe".to_vec()),
        with(json!([])),
        with(json!({})),
        with(json!({"data": 5, "meta": {}})),
        with(json!({"data": "text"})),
        with(json!({"data": [], "meta": "none"})),
        with(json!({"data": [], "includes": [1]})),
        with(json!({"meta": {"next_token": 5}})),
        with(json!({"errors": [{"title": "Not to be had", "detail": "come later"}]})),
    ] {
        let error = error(answer).await;
        assert!(matches!(error, SourceError::Retry(_)), "{error:?}");
    }
}

#[tokio::test]
async fn ids_that_are_empty_because_nothing_was_found_are_none() {
    let nothing = json!({
        "data": [],
        "meta": {"newest_id": "", "oldest_id": "", "next_token": "", "result_count": 0},
    });
    let server = Server::start().await;
    server.gives(SEARCH, &[], with(nothing)).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert_eq!((page.posts, page.end), (vec![], true));
}

#[tokio::test]
async fn errors_beside_posts_are_no_failure() {
    let server = Server::start().await;
    let mut body = super::body(&[post(&id(1))], None);
    body["errors"] = json!([{"resource_id": "9", "title": "Forbidden", "type": "https://api.x.com/2/problems/resource-not-found"}]);
    server.gives(SEARCH, &[], with(body)).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert_eq!(
        (ids(std::slice::from_ref(&page)), page.end),
        (vec![&*id(1)], true)
    );
}

#[tokio::test]
async fn what_is_no_post_is_quarantined_and_the_rest_is_read() {
    let server = Server::start().await;
    let mut late = post(&id(2));
    late["created_at"] = json!("2026-09-01T19:00:00.000Z");
    let mut odd = post(&id(3));
    odd["created_at"] = json!("yesterday");
    let strange = [
        json!(5),
        json!("text"),
        json!({}),
        json!({"id": "1e5", "text": "a"}),
        json!({"id": id(4)}),
        json!({"id": "12", "text": "an id without a time"}),
        late,
        odd,
        json!({"id": id(5), "text": "a", "lang": 5}),
        json!({"id": "12345678901234567890", "text": "a"}),
    ];
    let all: Vec<Value> = strange.iter().cloned().chain([post(&id(9))]).collect();
    server.gives(SEARCH, &[], list(&all, None)).await;
    let body = json!({"data": all, "meta": {"result_count": all.len()}});
    server.http.reset().await;
    server.gives(SEARCH, &[], with(body)).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert_eq!(
        page.quarantined.len(),
        strange.len(),
        "{:?}",
        page.quarantined
    );
    assert_eq!(ids(std::slice::from_ref(&page)), [id(9)]);
    for one in &page.quarantined {
        assert!(
            one.id.starts_with("x-main:") && !one.reason.contains("line 1"),
            "{one:?}"
        );
    }
}

#[tokio::test]
async fn a_token_is_sent_and_shown_nowhere() {
    let server = Server::start().await;
    let asked = Mock::given(bearer_token("s3cret"));
    asked
        .respond_with(list(&[], None))
        .mount(&server.http)
        .await;
    assert!(server.read(&Value::Null).await.unwrap().end);
    assert!(!format!("{:?}", server.source).contains("s3cret"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_named() {
    // Nothing listens on port 1.
    let server =
        Server::with(|settings| settings.url = Some("http://127.0.0.1:1".to_owned())).await;
    let error = server.read(&Value::Null).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Retry(said) if said.contains("127.0.0.1:1")),
        "{error}"
    );
}

#[tokio::test]
async fn a_check_costs_nothing_and_tells_of_a_wrong_token() {
    let server = Server::start().await;
    server.gives(RULES, &[], with(json!({"meta": {}}))).await;
    server.source.check().await.unwrap();
    super::contract::all_allowed(&server.requests().await);
    server.http.reset().await;
    server.gives(RULES, &[], ResponseTemplate::new(401)).await;
    let error = server.source.check().await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Dead(said) if said.contains("set token of source \"x-main\"")),
        "{error}"
    );
    server.http.reset().await;
    let error = server.source.check().await.unwrap_err();
    assert!(matches!(error, SourceError::Retry(_)), "{error}");
}

#[tokio::test]
async fn a_field_that_never_comes_is_told() {
    let server = Server::start().await;
    let bare: Vec<Value> = (1..=100)
        .map(|age| json!({"id": id(age), "text": "a", "author_id": "7"}))
        .collect();
    server.gives(SEARCH, &[], list(&bare, None)).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert_eq!(
        page.position["unseen"],
        json!({"created_at": 100, "public_metrics": 100})
    );
    server.http.reset().await;
    server.gives(SEARCH, &[], list(&[post(&id(1))], None)).await;
    let page = server.read(&page.position).await.unwrap();
    assert_eq!(page.position["unseen"], Value::Null);
}
