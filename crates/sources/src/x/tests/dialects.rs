//! Tests of how a server names its fields: as it is configured, else in the names that the server takes.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{SEARCH, Server, id, ids, list, post};
use crate::SourceError;

/// A server that knows the older names alone, as X's own local one does.
async fn older(dialect: Option<&str>) -> Server {
    let server = Server::with(|settings| settings.dialect = dialect.map(str::to_owned)).await;
    let refusal = json!({
        "errors": [{
            "message": "The `expansions` query parameter value [edit_history_post_ids] is not one of [author_id,edit_history_tweet_ids]",
            "parameters": {"expansions": ["edit_history_post_ids"]},
        }],
        "title": "Invalid Request",
    });
    let refusal = ResponseTemplate::new(400).set_body_json(refusal);
    server
        .gives(SEARCH, &[("-tweet.fields", "")], refusal)
        .await;
    let posts = list(&[post(&id(60))], None);
    server.gives(SEARCH, &[("-post.fields", "")], posts).await;
    server
}

#[tokio::test]
async fn a_server_that_refuses_the_newer_names_is_asked_in_the_older_ones_from_then_on() {
    let server = older(None).await;
    for requests in [2, 3] {
        assert_eq!(ids(&server.pass(&Value::Null).await), [id(60)]);
        assert_eq!(server.requests().await.len(), requests);
    }
}

#[tokio::test]
async fn a_dialect_that_is_configured_stands() {
    let server = older(Some("post")).await;
    let error = server.read(&Value::Null).await.unwrap_err();
    let SourceError::Dead(sentence) = error else {
        panic!("{error}")
    };
    assert!(sentence.contains("dialect"), "{sentence}");
    assert_eq!(server.requests().await.len(), 1);

    let server = older(Some("tweet")).await;
    assert_eq!(ids(&server.pass(&Value::Null).await), [id(60)]);
    assert_eq!(server.requests().await.len(), 1);
}
