//! Tests of pages: forward, along the server's links, without gaps, wherever a pass is cut off.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Server, TAG, ids, list, status};

#[tokio::test]
async fn a_timeline_begins_with_its_newest_page_and_goes_on_above_it() {
    let server = Server::start().await;
    let newest = [status("12"), status("11")];
    server.page(TAG, None, server.linked("12", &newest)).await;
    let first = server.pass(&Value::Null).await;
    assert_eq!(ids(&first), ["12", "11"]);

    let above = [status("14"), status("13")];
    server
        .page(TAG, Some("12"), server.linked("14", &above))
        .await;
    let further = [status("15")];
    server
        .page(TAG, Some("14"), server.linked("15", &further))
        .await;
    server.page(TAG, Some("15"), list(&[])).await;
    let second = server.pass(&first[0].position).await;
    assert_eq!(ids(&second), ["14", "13", "15"]);
    assert_eq!(second.len(), 3);

    let third = server.pass(&second[2].position).await;
    assert!(ids(&third).is_empty());
    assert_eq!(third.len(), 1);
}

#[tokio::test]
async fn the_watermark_is_when_the_pass_began_less_the_way_between_servers() {
    let server = Server::start().await;
    server.page(TAG, None, list(&[status("1")])).await;
    let page = server.read(&Value::Null).await.unwrap();
    assert!(page.end);
    assert_eq!(page.watermark, "2026-03-01T17:59:00Z".parse().ok());
}

#[tokio::test]
async fn without_a_link_the_longest_and_then_the_latest_id_is_the_newest() {
    for (all, newest) in [
        (["9", "10"], "10"),
        (["10", "9"], "10"),
        (["01HVZC", "01HVZD"], "01HVZD"),
        (["AbcX", "AbcY"], "AbcY"),
    ] {
        let server = Server::start().await;
        server.page(TAG, None, list(&all.map(status))).await;
        let page = server.read(&Value::Null).await.unwrap();
        assert_eq!(page.position["newest"]["#bitcoin"], newest);
    }
}

#[tokio::test]
async fn a_server_that_stands_still_is_not_asked_for_ever() {
    let server = Server::start().await;
    let stands = || server.linked("5", &[status("5")]);
    server.page(TAG, None, stands()).await;
    server.page(TAG, Some("5"), stands()).await;
    let first = server.pass(&Value::Null).await;
    assert_eq!(server.pass(&first[0].position).await.len(), 1);
}

#[tokio::test]
async fn every_timeline_has_its_turn_and_a_page_read_again_is_the_same() {
    let server = Server::with(|settings| {
        settings.hashtags = vec!["#Bitcoin".to_owned(), "eth".to_owned()];
        settings.accounts = vec!["@ada@other.example".to_owned()];
    })
    .await;
    server.page(TAG, None, list(&[status("1")])).await;
    server
        .page("/api/v1/timelines/tag/eth", None, list(&[status("2")]))
        .await;
    let found = ResponseTemplate::new(200).set_body_json(json!({"id": "7"}));
    server.page("/api/v1/accounts/lookup", None, found).await;
    server
        .page("/api/v1/accounts/7/statuses", None, list(&[status("3")]))
        .await;

    let pages = server.pass(&Value::Null).await;
    assert_eq!(ids(&pages), ["1", "2", "3"]);
    let again = server.pass(&pages[0].position).await;
    assert_eq!(ids(&again), ["2", "3"]);
    let last = &again[1].position;
    assert_eq!(last["accounts"]["ada@other.example"], "7");
    assert_eq!(last["next"], Value::Null);
}

#[tokio::test]
async fn an_account_that_is_gone_keeps_no_other_timeline_out() {
    let server = Server::with(|settings| {
        settings.hashtags = vec!["bitcoin".to_owned()];
        settings.accounts = vec!["a@gone.example".to_owned(), "b@other.example".to_owned()];
    })
    .await;
    server.page(TAG, None, list(&[status("1")])).await;
    let lookup = |account: &'static str, answer| {
        wiremock::Mock::given(wiremock::matchers::query_param("acct", account)).respond_with(answer)
    };
    let gone = json!({"error": "Record not found"});
    lookup(
        "a@gone.example",
        ResponseTemplate::new(404).set_body_json(gone),
    )
    .mount(&server.http)
    .await;
    lookup(
        "b@other.example",
        ResponseTemplate::new(200).set_body_json(json!({"id": "8"})),
    )
    .mount(&server.http)
    .await;
    server
        .page("/api/v1/accounts/8/statuses", None, list(&[status("2")]))
        .await;
    let pages = server.pass(&Value::Null).await;
    assert_eq!(ids(&pages), ["1", "2"]);
}

#[tokio::test]
async fn a_position_of_something_else_means_the_beginning() {
    let server = Server::start().await;
    server.page(TAG, None, list(&[status("1")])).await;
    let page = server
        .read(&json!({"offset": 5, "newest": 3}))
        .await
        .unwrap();
    assert_eq!(ids(&[page]), ["1"]);
}
