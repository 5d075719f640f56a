//! Tests of answers that are none: nothing of them is kept, and the sentence says what helps.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Server, TAG};
use crate::{Source, SourceError};

async fn error(answer: ResponseTemplate) -> SourceError {
    let server = Server::start().await;
    server.page(TAG, None, answer).await;
    server.read(&Value::Null).await.unwrap_err()
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(503).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_string("<html>sorry</html>"),
        ResponseTemplate::new(200).set_body_string("[{\"id\": \"1\""),
        ResponseTemplate::new(200).set_body_json(json!({"error": "busy"})),
        ResponseTemplate::new(200).set_body_bytes(vec![b' '; 5 * 1024 * 1024]),
    ] {
        let error = error(answer).await;
        assert!(matches!(error, SourceError::Retry(_)), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_shows_its_timelines_to_users_alone_asks_for_a_token() {
    for status in [401, 403, 422] {
        let body = json!({"error": "This method requires an authenticated user"});
        let error = error(ResponseTemplate::new(status).set_body_json(body)).await;
        let SourceError::Dead(sentence) = error else {
            panic!("{error}");
        };
        assert!(
            sentence.contains("requires an authenticated user"),
            "{sentence}"
        );
        assert!(
            sentence.contains("set token of source \"fedi\""),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn a_token_is_sent_and_shown_nowhere() {
    let server = Server::with(|settings| {
        settings.hashtags = vec!["bitcoin".to_owned()];
        settings.token = Some("s3cret".into());
    })
    .await;
    let asked = wiremock::Mock::given(wiremock::matchers::bearer_token("s3cret"));
    asked
        .respond_with(super::list(&[]))
        .mount(&server.http)
        .await;
    assert!(server.read(&Value::Null).await.unwrap().end);
    assert!(!format!("{:?}", server.source).contains("s3cret"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_named() {
    // Nothing listens on port 1.
    let server = Server::with(|settings| {
        settings.url = "http://127.0.0.1:1".to_owned();
        settings.hashtags = vec!["bitcoin".to_owned()];
    })
    .await;
    let error = server.read(&Value::Null).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Retry(said) if said.contains("127.0.0.1:1")),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_without_hashtag_timelines_is_no_mastodon_and_told() {
    let error = error(ResponseTemplate::new(404)).await;
    assert!(
        matches!(&error, SourceError::Dead(said) if said.contains("url")),
        "{error}"
    );
}

#[tokio::test]
async fn a_check_asks_the_server_who_it_is() {
    let server = Server::start().await;
    server
        .page("/api/v2/instance", None, ResponseTemplate::new(200))
        .await;
    server.source.check().await.unwrap();
}
