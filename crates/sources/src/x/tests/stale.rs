//! Tests of positions that are too old for X: the source goes on where X does, and tells what is lost.

use chrono::TimeDelta;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{super::id::Id, SEARCH, Server, id, ids, list, post};

fn stale(named: &str) -> ResponseTemplate {
    let message = format!(
        "'since_id' must be a tweet id created after 2026-08-25T18:00Z. Please use a 'since_id' that is larger than {named}"
    );
    invalid(&message, "since_id")
}

fn invalid(message: &str, parameter: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({
        "errors": [{"message": message, "parameters": {parameter: ["1"]}}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request",
    }))
}

fn key() -> String {
    super::super::query::key("(from:ada OR @ada OR \"bitcoin\") -is:retweet")
}

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn an_id_that_is_too_old_gives_way_to_the_one_that_x_names_and_the_gap_is_told() {
    let server = Server::start().await;
    let (old, named) = (id(10 * DAY), id(7 * DAY));
    let next = Id::parse(&named).unwrap().next().to_string();
    server
        .gives(SEARCH, &[("since_id", &old)], stale(&named))
        .await;
    server
        .gives(
            SEARCH,
            &[("since_id", &next)],
            list(&[post(&id(DAY))], None),
        )
        .await;
    let stored = json!({"newest": {key(): old}, "complete": "2026-08-22T18:02:00Z"});
    let page = server.read(&stored).await.unwrap();
    assert_eq!(ids(&[page]), [id(DAY)]);

    let page = server.read(&stored).await.unwrap();
    let gap = page.gap.unwrap();
    assert_eq!(
        gap.from,
        "2026-08-22T18:01:00Z"
            .parse::<moodwire_model::Timestamp>()
            .unwrap()
    );
    assert_eq!(
        gap.to,
        "2026-08-25T18:00:00Z"
            .parse::<moodwire_model::Timestamp>()
            .unwrap()
    );
    assert_eq!(page.position["newest"][key()], json!(id(DAY)));
}

#[tokio::test]
async fn a_query_that_found_nothing_for_a_week_loses_nothing_and_has_an_id_of_today_again() {
    let server = Server::start().await;
    let (old, named) = (id(8 * DAY), id(7 * DAY));
    server
        .gives(SEARCH, &[("since_id", &old)], stale(&named))
        .await;
    let today = id(5 * 60 + 120);
    server
        .gives(SEARCH, &[("since_id", &today)], list(&[], None))
        .await;
    let stored = json!({"newest": {key(): old}, "complete": "2026-09-01T17:55:00Z"});
    let page = server.read(&stored).await.unwrap();
    assert_eq!((page.gap, page.end), (None, true));
    assert_eq!(page.position["newest"][key()], json!(today));
}

#[tokio::test]
async fn an_id_that_x_refuses_without_naming_another_is_dropped() {
    let server = Server::start().await;
    let refusal = invalid("'since_id' is of no use", "since_id");
    server.gives(SEARCH, &[("since_id", "12")], refusal).await;
    server
        .gives(SEARCH, &[("-since_id", "")], list(&[post(&id(5))], None))
        .await;
    let page = server
        .read(&json!({"newest": {key(): "12"}}))
        .await
        .unwrap();
    assert_eq!(ids(&[page]), [id(5)]);
}

#[tokio::test]
async fn a_page_that_x_no_longer_knows_is_reached_from_the_first_again() {
    let server = Server::start().await;
    server
        .gives(
            SEARCH,
            &[("-next_token", "")],
            list(&[post(&id(5))], Some("a")),
        )
        .await;
    server
        .gives(
            SEARCH,
            &[("next_token", "a")],
            invalid("'next_token' is invalid", "next_token"),
        )
        .await;
    let first = server.read(&Value::Null).await.unwrap();
    let again = server.read(&first.position).await.unwrap();
    assert_eq!(ids(&[again]), [id(5)]);
}

#[tokio::test]
async fn a_server_that_refuses_every_id_is_not_asked_for_ever() {
    let server = Server::start().await;
    let old = id(10 * DAY);
    server
        .gives(SEARCH, &[], stale("9000000000000000000"))
        .await;
    let error = server
        .read(&json!({"newest": {key(): old}}))
        .await
        .unwrap_err();
    assert!(matches!(error, crate::SourceError::Dead(_)), "{error}");
    assert!(server.requests().await.len() <= 4);
}

#[tokio::test]
async fn what_was_never_found_is_looked_for_as_far_back_as_search_reaches() {
    let server = Server::start().await;
    server
        .gives(
            SEARCH,
            &[("start_time", "2026-08-25T18:01:00Z")],
            list(&[], None),
        )
        .await;
    let stored = json!({"complete": "2026-08-20T18:00:00Z"});
    let page = server.read(&stored).await.unwrap();
    let gap = page.gap.unwrap();
    assert_eq!(
        gap.to - gap.from,
        TimeDelta::days(5) + TimeDelta::minutes(2)
    );
}
