//! Tests of passes: each sweep from the newest post down to where the last one began, wherever it is broken off.

use proptest::prelude::*;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{SEARCH, Server, id, ids, list, post};

#[tokio::test]
async fn the_first_pass_looks_back_and_the_next_one_begins_at_its_first_page() {
    let server = Server::start().await;
    let first = [post(&id(60)), post(&id(120))];
    let from = [("start_time", "2026-09-01T17:00:00Z"), ("-since_id", "")];
    server
        .gives(
            SEARCH,
            &[&from[..], &[("-next_token", "")]].concat(),
            list(&first, Some("more")),
        )
        .await;
    let second = [post(&id(180))];
    server
        .gives(
            SEARCH,
            &[&from[..], &[("next_token", "more")]].concat(),
            list(&second, None),
        )
        .await;
    let pages = server.pass(&Value::Null).await;
    assert_eq!(ids(&pages), [id(60), id(120), id(180)]);
    assert!(pages[0].watermark.is_none() && !pages[0].end);
    assert_eq!(pages[1].watermark, "2026-09-01T17:59:00Z".parse().ok());

    let newest = id(60);
    let since = [("since_id", &*newest), ("-start_time", "")];
    server.gives(SEARCH, &since, list(&[], None)).await;
    let pages = server.pass(&pages[1].position).await;
    assert!(ids(&pages).is_empty());
    let cursors = pages[0].position["newest"].as_object().unwrap();
    assert_eq!(cursors.values().collect::<Vec<_>>(), [&json!(newest)]);
}

#[tokio::test]
async fn a_page_may_be_empty_and_have_another_one_and_a_token_that_comes_again_is_the_last() {
    let server = Server::start().await;
    server
        .gives(SEARCH, &[("-next_token", "")], list(&[], Some("a")))
        .await;
    server
        .gives(
            SEARCH,
            &[("next_token", "a")],
            list(&[post(&id(9))], Some("b")),
        )
        .await;
    server
        .gives(SEARCH, &[("next_token", "b")], list(&[], Some("b")))
        .await;
    let pages = server.pass(&Value::Null).await;
    assert_eq!((pages.len(), ids(&pages)), (3, vec![&*id(9)]));
}

#[tokio::test]
async fn every_query_has_its_turn_and_what_is_new_begins_a_while_before_the_last_pass() {
    let server = Server::with(|settings| settings.queries = vec!["eth".to_owned()]).await;
    let generated = "(from:ada OR @ada OR \"bitcoin\") -is:retweet";
    server
        .gives(SEARCH, &[("query", generated)], list(&[post(&id(5))], None))
        .await;
    server
        .gives(SEARCH, &[("query", "eth")], list(&[], None))
        .await;
    let pages = server.pass(&Value::Null).await;
    assert_eq!(pages.len(), 2);

    server.clock.step(chrono::TimeDelta::days(1));
    server.http.reset().await;
    let newest = id(5);
    server
        .gives(
            SEARCH,
            &[("query", generated), ("since_id", &newest)],
            list(&[], None),
        )
        .await;
    let since = [("query", "eth"), ("start_time", "2026-09-01T17:00:00Z")];
    server.gives(SEARCH, &since, list(&[], None)).await;
    assert_eq!(server.pass(&pages[1].position).await.len(), 2);
}

#[tokio::test]
async fn a_position_of_something_else_means_the_beginning() {
    let server = Server::start().await;
    server.gives(SEARCH, &[], list(&[post(&id(1))], None)).await;
    for strange in [json!({"offset": 5, "newest": 3}), json!("x"), json!([])] {
        assert_eq!(ids(&[server.read(&strange).await.unwrap()]), [id(1)]);
    }
}

#[tokio::test]
async fn a_query_that_is_no_longer_followed_ends_its_sweep() {
    let server = Server::start().await;
    server
        .gives(SEARCH, &[("-next_token", "")], list(&[post(&id(1))], None))
        .await;
    let stored = json!({"begun": "2026-09-01T17:50:00Z", "next": "gone", "sweep": {"of": "gone", "token": "t"}});
    let page = server.read(&stored).await.unwrap();
    assert!(page.end);
    assert_eq!(page.watermark, "2026-09-01T17:49:00Z".parse().ok());
}

/// A server with posts of these seconds of age, newest first, in pages of two; `broken` reads fail in between.
async fn swept(ages: &[i64], broken: &[bool]) -> (Vec<String>, Value) {
    let server = Server::start().await;
    let posts: Vec<Value> = ages.iter().map(|age| post(&id(*age))).collect();
    let pages: Vec<&[Value]> = posts.chunks(2).collect();
    for (number, page) in pages.iter().enumerate() {
        let token = format!("t{number}");
        let asked = if number == 0 {
            ("-next_token", "")
        } else {
            ("next_token", &*token)
        };
        let next = format!("t{}", number + 1);
        let next = (number + 1 < pages.len()).then_some(&*next);
        server.gives(SEARCH, &[asked], list(page, next)).await;
    }
    let mut position = Value::Null;
    let mut found = Vec::new();
    let mut broken = broken.iter();
    loop {
        let page = server.read(&position).await.unwrap();
        found.extend(
            ids(std::slice::from_ref(&page))
                .iter()
                .map(|id| (*id).to_owned()),
        );
        // A crash between storing the posts and moving the cursor: the page is read again.
        if broken.next() == Some(&true) {
            continue;
        }
        position = page.position.clone();
        if page.end {
            return (found, position);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_sweep_that_is_broken_off_anywhere_brings_every_post_and_ends_at_the_newest(
        count in 1_i64..9,
        broken in proptest::collection::vec(any::<bool>(), 0..6),
    ) {
        let ages: Vec<i64> = (1..=count).map(|one| one * 10).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (mut found, position) = runtime.block_on(swept(&ages, &broken));
        let mut expected: Vec<String> = ages.iter().map(|age| id(*age)).collect();
        found.sort();
        found.dedup();
        expected.sort();
        prop_assert_eq!(found, expected);
        let cursors = position["newest"].as_object().unwrap();
        let newest = json!(id(10));
        prop_assert_eq!(cursors.values().collect::<Vec<_>>(), vec![&newest]);
        prop_assert_eq!(&position["sweep"], &Value::Null);
    }
}

#[tokio::test]
async fn a_sweep_that_was_cut_off_goes_on_with_its_own_beginning() {
    let server = Server::start().await;
    let since = id(600);
    let page = |asked, answer| (asked, answer);
    for (asked, answer) in [
        page(("-next_token", ""), list(&[post(&id(10))], Some("a"))),
        page(("next_token", "a"), ResponseTemplate::new(503)),
    ] {
        server
            .gives(SEARCH, &[("since_id", &*since), asked], answer)
            .await;
    }
    let key = super::super::query::key("(from:ada OR @ada OR \"bitcoin\") -is:retweet");
    let first = server
        .read(&json!({"newest": {key.clone(): since}}))
        .await
        .unwrap();
    // The cursor has not moved: what lies between is not read yet.
    assert_eq!(first.position["newest"][&key], json!(since));
    server.read(&first.position).await.unwrap_err();
    server.http.reset().await;
    server
        .gives(
            SEARCH,
            &[("since_id", &since), ("next_token", "a")],
            list(&[post(&id(20))], None),
        )
        .await;
    let last = server.read(&first.position).await.unwrap();
    assert_eq!(last.position["newest"][&key], json!(id(10)));
}
