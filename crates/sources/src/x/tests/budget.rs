//! Tests of the budget: nothing is asked for that is not paid, and what was not used is given back.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{
    SEARCH, Server, id, ids, list,
    meter::{Meter, UNTIL},
    post,
};
use crate::{Source, SourceError};

#[tokio::test]
async fn no_request_is_made_where_the_budget_refuses() {
    let server = Server::start().await;
    server.gives(SEARCH, &[], list(&[], None)).await;
    let meter = Meter::of(19);
    let error = server.paid(&Value::Null, &meter).await.unwrap_err();
    assert!(
        matches!(&error, SourceError::Later { until, .. } if *until == UNTIL.parse::<moodwire_model::Timestamp>().unwrap()),
        "{error:?}"
    );
    assert!(server.requests().await.is_empty());
    assert_eq!(meter.left(), 19);
}

#[tokio::test]
async fn what_was_not_used_is_given_back() {
    let server = Server::start().await;
    server
        .gives(
            SEARCH,
            &[("max_results", "100")],
            list(&[post(&id(1)), post(&id(2))], None),
        )
        .await;
    let meter = Meter::of(200);
    server.paid(&Value::Null, &meter).await.unwrap();
    // Two posts and their one author.
    assert_eq!(meter.left(), 197);
}

#[tokio::test]
async fn where_less_is_left_less_is_asked_for() {
    let server = Server::start().await;
    server
        .gives(
            SEARCH,
            &[("max_results", "10")],
            list(&[post(&id(1))], None),
        )
        .await;
    let meter = Meter::of(199);
    server.paid(&Value::Null, &meter).await.unwrap();
    assert_eq!(meter.left(), 197);
}

#[tokio::test]
async fn what_x_refuses_costs_nothing_and_what_broke_off_may_have() {
    for (status, left) in [(429, 200), (402, 200), (503, 200), (404, 200)] {
        let server = Server::start().await;
        server
            .gives(SEARCH, &[], ResponseTemplate::new(status))
            .await;
        let meter = Meter::of(200);
        server.paid(&Value::Null, &meter).await.unwrap_err();
        assert_eq!(meter.left(), left, "{status}");
    }
    let server =
        Server::with(|settings| settings.url = Some("http://127.0.0.1:1".to_owned())).await;
    let meter = Meter::of(200);
    server.paid(&Value::Null, &meter).await.unwrap_err();
    assert_eq!(meter.left(), 0);
}

#[tokio::test]
async fn a_repost_whose_original_is_too_dear_keeps_its_own_text() {
    let server = Server::start().await;
    let original = id(500);
    let mut repost = post(&id(1));
    repost["text"] = json!("RT @bob: Half of it…");
    repost["referenced_posts"] = json!([{"type": "retweeted", "id": original}]);
    let mut body = super::body(&[repost], None);
    // Nineteen of the twenty that were taken are used.
    let users: Vec<Value> = (1..=18)
        .map(|number| super::user(&number.to_string(), "someone"))
        .collect();
    body["includes"] = json!({"users": users});
    server
        .gives(SEARCH, &[], ResponseTemplate::new(200).set_body_json(body))
        .await;
    let page = server.paid(&Value::Null, &Meter::of(20)).await.unwrap();
    assert_eq!(ids(std::slice::from_ref(&page)), [&*original]);
    assert_eq!(page.posts[0].text, "Half of it…");
    assert_eq!(page.limited_until, UNTIL.parse().ok());
    assert_eq!(server.requests().await.len(), 1);
}

#[tokio::test]
async fn more_than_was_expected_is_counted_and_stops_the_source_where_too_much() {
    let server = Server::start().await;
    let posts: Vec<Value> = (1..=10).map(|age| post(&id(age))).collect();
    let mut body = super::body(&posts, None);
    let users: Vec<Value> = (1..=15)
        .map(|number| super::user(&number.to_string(), "someone"))
        .collect();
    body["includes"] = json!({"users": users, "posts": [post(&id(1)), post(&id(99))]});
    server
        .gives(SEARCH, &[], ResponseTemplate::new(200).set_body_json(&body))
        .await;
    // Eleven posts, of which one came twice, and fifteen users: six more than the twenty that were taken.
    let meter = Meter::of(27);
    let page = server.paid(&Value::Null, &meter).await.unwrap();
    assert_eq!((meter.left(), page.limited_until), (1, None));
    let meter = Meter::of(22);
    let page = server.paid(&Value::Null, &meter).await.unwrap();
    assert_eq!(page.limited_until, UNTIL.parse().ok());
    assert_eq!(page.posts.len(), 10);
}

#[tokio::test]
async fn what_may_be_read_is_told_with_its_prices() {
    let server = Server::with(|settings| {
        settings.daily_reads = Some(5000);
        settings.user_price = Some(0.02);
    })
    .await;
    let allowance = server.source.allowance().unwrap();
    assert_eq!((allowance.daily, allowance.monthly), (Some(5000), None));
    assert_eq!((allowance.post_price, allowance.user_price), (0.005, 0.02));
}

#[tokio::test]
async fn who_sets_no_bound_reads_for_twenty_dollars_a_day_at_most() {
    let bounds = |daily, monthly| async move {
        let server = Server::with(|settings| {
            settings.daily_reads = daily;
            settings.monthly_reads = monthly;
        })
        .await;
        let allowance = server.source.allowance().unwrap().clone();
        (allowance.daily, allowance.monthly)
    };
    assert_eq!(bounds(None, None).await, (Some(2_000), None));
    assert_eq!(bounds(None, Some(90_000)).await, (None, Some(90_000)));
    assert_eq!(bounds(Some(7), None).await, (Some(7), None));
}
