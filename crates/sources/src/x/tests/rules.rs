//! Tests of the stream's rules: ours are as the watchlist has them, and nobody else's are touched.

use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use super::{super::rules::synchronise, RULES, Server, contract};
use crate::SourceError;

const RULE: &str = "from:ada OR @ada OR \"bitcoin\"";

async fn server() -> Server {
    Server::with(|settings| settings.mode = Some("stream".to_owned())).await
}

fn answer(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

async fn accepts(server: &Server, dry: Value, real: Value) {
    let posted = || Mock::given(method("POST")).and(path(RULES));
    posted()
        .and(query_param("dry_run", "true"))
        .respond_with(answer(dry))
        .mount(&server.http)
        .await;
    posted()
        .and(query_param_is_missing("dry_run"))
        .respond_with(answer(real))
        .mount(&server.http)
        .await;
}

async fn synchronised(server: &Server) -> Result<Vec<(bool, Value)>, SourceError> {
    let done = synchronise(&server.source.0, super::NOW.parse().unwrap()).await;
    let requests = server.requests().await;
    contract::all_allowed(&requests);
    let posted = requests
        .iter()
        .filter(|request| request.method.as_str() == "POST");
    done.map(|()| {
        posted
            .map(|request| {
                let dry = request.url.query() == Some("dry_run=true");
                (dry, serde_json::from_slice(&request.body).unwrap())
            })
            .collect()
    })
}

fn done() -> Value {
    json!({"meta": {"sent": "2026-09-01T18:00:00Z", "summary": {"created": 1, "not_created": 0, "valid": 1, "invalid": 0}}})
}

#[tokio::test]
async fn rules_are_tried_then_added_and_old_ones_deleted_and_others_left_alone() {
    let server = server().await;
    let first = json!({"data": [
        {"id": "1", "value": "old", "tag": "moodwire:x-main"},
        {"id": 2, "value": "cats has:media"},
    ], "meta": {"next_token": "0123456789abcdef"}});
    let second = json!({"data": [
        {"id": "3", "value": "dogs", "tag": "dogs"},
        {"id": "4", "value": "of another source", "tag": "moodwire:x-other"},
    ], "meta": {}});
    server
        .gives(RULES, &[("-pagination_token", "")], answer(first))
        .await;
    server
        .gives(
            RULES,
            &[("pagination_token", "0123456789abcdef")],
            answer(second),
        )
        .await;
    accepts(&server, done(), done()).await;
    let add = json!({"add": [{"value": RULE, "tag": "moodwire:x-main"}]});
    let delete = json!({"delete": {"ids": ["1"]}});
    let posted = synchronised(&server).await.unwrap();
    assert_eq!(posted, [(true, add.clone()), (false, add), (false, delete)]);
}

#[tokio::test]
async fn nothing_is_changed_where_nothing_has_to_be() {
    let server = server().await;
    let listed = json!({"data": [{"id": "1", "value": RULE, "tag": "moodwire:x-main"}]});
    server.gives(RULES, &[], answer(listed)).await;
    assert!(synchronised(&server).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_rule_that_x_does_not_take_is_told_before_anything_is_changed() {
    let server = server().await;
    server.gives(RULES, &[], answer(json!({"meta": {}}))).await;
    let invalid = json!({"errors": [{
        "value": RULE, "title": "Invalid Rule", "details": ["no viable alternative"],
        "type": "https://api.twitter.com/2/problems/invalid-rules",
    }]});
    accepts(&server, invalid, done()).await;
    let error = synchronised(&server).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Dead(said) if said.contains("from:ada")),
        "{error:?}"
    );
    assert_eq!(server.requests().await.len(), 2);
}

#[tokio::test]
async fn a_rule_that_another_has_already_is_as_good() {
    let server = server().await;
    server.gives(RULES, &[], answer(json!({}))).await;
    let duplicate = json!({"errors": [{"value": RULE, "id": "9", "title": "DuplicateRule", "type": "https://api.x.com/2/problems/duplicate-rules"}]});
    accepts(&server, duplicate.clone(), duplicate).await;
    assert_eq!(synchronised(&server).await.unwrap().len(), 2);
}

#[tokio::test]
async fn where_there_is_no_room_old_rules_go_first_and_others_are_told() {
    let rules = |ours: usize, others: usize| -> Value {
        let rule = |number: usize| {
            let mut rule = json!({"id": number.to_string(), "value": format!("v{number}")});
            if number < ours {
                rule["tag"] = json!("moodwire:x-main");
            }
            rule
        };
        json!({"data": (0..ours + others).map(rule).collect::<Vec<_>>()})
    };
    let server = server().await;
    server.gives(RULES, &[], answer(rules(1, 999))).await;
    accepts(&server, done(), done()).await;
    let posted = synchronised(&server).await.unwrap();
    assert_eq!(posted[1].1, json!({"delete": {"ids": ["0"]}}));

    server.http.reset().await;
    server.gives(RULES, &[], answer(rules(0, 1000))).await;
    let error = synchronised(&server).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Dead(said) if said.contains("1000 of them others'")),
        "{error:?}"
    );
}
