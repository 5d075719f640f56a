//! Tests of logins: rarely made, renewed, and shown nowhere.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{bearer_token, body_json, method, path},
};

use super::{BlueskyMode, Network, rkeys, view};
use crate::{Source, SourceError, Unbounded};

const CREATE: &str = "/xrpc/com.atproto.server.createSession";
const REFRESH: &str = "/xrpc/com.atproto.server.refreshSession";
const SEARCH: &str = "/xrpc/app.bsky.feed.searchPosts";

/// A network whose account's server is `service`.
async fn network(service: &MockServer) -> Network {
    let mut network = Network::of(&[], Vec::new()).await;
    network.settings.url = None;
    network.settings.mode = BlueskyMode::Poll;
    network.settings.queries = vec!["bitcoin".to_owned()];
    network.settings.identifier = Some("ada.test".to_owned());
    network.settings.password = Some("s3cret".into());
    network.settings.service = Some(service.uri());
    network
}

fn tokens(number: u32) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "accessJwt": format!("access{number}"),
        "refreshJwt": format!("refresh{number}"),
        "handle": "ada.test",
        "did": "did:plc:ada",
    }))
}

fn expired() -> ResponseTemplate {
    let said = json!({"error": "ExpiredToken", "message": "Token has expired"});
    ResponseTemplate::new(400).set_body_json(said)
}

/// Finds a post for those who have this token, and refuses all others.
async fn finds(service: &MockServer, token: &str) {
    let found = json!({"posts": [view("did:plc:eve", "k1", 1, "bitcoin")]});
    let found = ResponseTemplate::new(200).set_body_json(found);
    Mock::given(path(SEARCH))
        .and(bearer_token(token))
        .respond_with(found)
        .mount(service)
        .await;
    let other = Mock::given(path(SEARCH)).respond_with(expired());
    other.with_priority(9).mount(service).await;
}

async fn read(source: &impl Source) -> Result<usize, SourceError> {
    let page = source.read(&Value::Null, &Unbounded).await?;
    Ok(rkeys(&page).len())
}

#[tokio::test]
async fn one_session_serves_all_requests() {
    let service = MockServer::start().await;
    let who = json!({"identifier": "ada.test", "password": "s3cret"});
    Mock::given(method("POST"))
        .and(path(CREATE))
        .and(body_json(who))
        .respond_with(tokens(1))
        .expect(1)
        .mount(&service)
        .await;
    finds(&service, "access1").await;
    let network = network(&service).await;
    let source = network.source();
    for _ in 0..3 {
        assert_eq!(read(&source).await.unwrap(), 1);
    }
    assert!(network.api.received_requests().await.unwrap().is_empty());
    assert!(!format!("{source:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_token_that_has_run_out_is_renewed() {
    let service = MockServer::start().await;
    let created = Mock::given(path(CREATE)).respond_with(tokens(1));
    created.expect(1).mount(&service).await;
    Mock::given(path(REFRESH))
        .and(bearer_token("refresh1"))
        .respond_with(tokens(2))
        .expect(1)
        .mount(&service)
        .await;
    finds(&service, "access2").await;
    let source = network(&service).await.source();
    for _ in 0..2 {
        assert_eq!(read(&source).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn where_renewal_is_refused_too_there_is_a_new_session() {
    let service = MockServer::start().await;
    let made = AtomicU32::new(0);
    let create = move |_: &Request| tokens(made.fetch_add(1, Ordering::Relaxed) + 1);
    let created = Mock::given(path(CREATE)).respond_with(create);
    created.expect(2).mount(&service).await;
    let refused = Mock::given(path(REFRESH)).respond_with(expired());
    refused.expect(1).mount(&service).await;
    finds(&service, "access2").await;
    let source = network(&service).await.source();
    assert_eq!(read(&source).await.unwrap(), 1);
}

#[tokio::test]
async fn a_login_that_is_refused_asks_for_a_person_and_a_limited_one_waits() {
    let wrong =
        json!({"error": "AuthenticationRequired", "message": "Invalid identifier or password"});
    let wrong = ResponseTemplate::new(401).set_body_json(wrong);
    let limited = ResponseTemplate::new(429).insert_header("ratelimit-reset", "1772388180");
    for (answer, dead) in [(wrong, true), (limited, false)] {
        let service = MockServer::start().await;
        Mock::given(path(CREATE))
            .respond_with(answer)
            .mount(&service)
            .await;
        let error = read(&network(&service).await.source()).await.unwrap_err();
        match error {
            SourceError::Dead(said) if dead => {
                assert!(said.contains("identifier, password and service"), "{said}");
                assert!(!said.contains("s3cret"), "{said}");
            }
            SourceError::Later { .. } if !dead => {}
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_never_takes_its_own_tokens_is_not_asked_for_ever() {
    let service = MockServer::start().await;
    Mock::given(path(CREATE))
        .respond_with(tokens(1))
        .mount(&service)
        .await;
    Mock::given(path(REFRESH))
        .respond_with(tokens(1))
        .mount(&service)
        .await;
    finds(&service, "another").await;
    let error = read(&network(&service).await.source()).await.unwrap_err();
    assert!(matches!(error, SourceError::Dead(_)), "{error}");
    assert_eq!(service.received_requests().await.unwrap().len(), 4);
}
