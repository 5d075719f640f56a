//! Tests of authors, whom the stream names by their DIDs alone.

use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::path};

use super::{Network, PROFILES, actor, keyword, posted, rkeys};

#[tokio::test]
async fn the_authors_of_what_is_kept_are_looked_up() {
    let events = [
        posted(1, "did:plc:eve", "bitcoin"),
        posted(2, "did:plc:ada", "anything"),
        posted(3, "did:plc:gone", "bitcoin"),
        posted(4, "did:plc:unseen", "nothing"),
    ];
    let actors = vec![actor("ADA.test"), keyword("bitcoin")];
    let network = Network::of(&events, actors).await.knows_everybody().await;
    let page = network.read().await;
    let told: Vec<_> = page
        .posts
        .iter()
        .map(|post| {
            (
                post.author.as_str(),
                post.author_name.as_deref(),
                post.followers,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("eve.test", Some("EVE"), Some(42)),
            ("ADA.test", Some("ADA"), Some(42)),
            ("did:plc:gone", None, None),
        ]
    );
    let requests = network.api.received_requests().await.unwrap();
    let asked = requests
        .iter()
        .flat_map(|request| super::asked(request, "actors"));
    assert!(!asked.into_iter().any(|actor| actor == "did:plc:unseen"));
}

#[tokio::test]
async fn where_nobody_can_be_looked_up_posts_are_kept_with_the_did() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(429).insert_header("ratelimit-reset", "1772388300"),
        ResponseTemplate::new(400).set_body_json(json!({"error": "InvalidRequest"})),
        ResponseTemplate::new(404),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(json!({"profiles": [{"did": 7}, null]})),
    ] {
        let events = [
            posted(1, "did:plc:eve", "bitcoin"),
            posted(2, "did:plc:bob", "bitcoin"),
        ];
        let network = Network::of(&events, vec![keyword("bitcoin")]).await;
        Mock::given(path(PROFILES))
            .respond_with(answer)
            .mount(&network.api)
            .await;
        let page = network.read().await;
        assert_eq!(rkeys(&page), ["k1", "k2"]);
        assert_eq!(page.posts[0].author, "did:plc:eve");
        assert!(page.quarantined.is_empty());
    }
}

#[tokio::test]
async fn a_server_that_failed_is_left_alone_until_its_pause_is_over() {
    let network = Network::of(
        &[posted(1, "did:plc:eve", "bitcoin")],
        vec![keyword("bitcoin")],
    )
    .await;
    Mock::given(path(PROFILES))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "300"))
        .mount(&network.api)
        .await;
    let source = network.source();
    for (minutes, requests) in [(0, 1), (4, 1), (2, 2)] {
        network.clock.step(chrono::TimeDelta::minutes(minutes));
        let mut stream = super::connect(&source, &serde_json::Value::Null)
            .await
            .unwrap();
        while !stream.next().await.unwrap().end {}
        assert_eq!(
            network.api.received_requests().await.unwrap().len(),
            requests
        );
    }
}

#[tokio::test]
async fn one_that_makes_no_sense_hides_no_other() {
    let events: Vec<_> = (0..40)
        .map(|n| {
            let name = if n == 17 {
                "w_7".to_owned()
            } else {
                format!("a{n}")
            };
            posted(n, &format!("did:plc:{name}"), "bitcoin")
        })
        .collect();
    let network = Network::of(&events, vec![keyword("bitcoin")]).await;
    let page = network.knows_everybody().await.read().await;
    let unknown = page.posts.iter().filter(|post| post.followers.is_none());
    let unknown: Vec<&str> = unknown.map(|post| post.author.as_str()).collect();
    assert_eq!((page.posts.len(), unknown), (40, vec!["did:plc:w_7"]));
}

#[tokio::test]
async fn a_handle_that_changed_is_looked_up_again() {
    let renamed = |second: i64| json!({"did": "did:plc:eve", "time_us": super::SEEN + second * 1_000_000, "kind": "identity", "identity": {}});
    let network = Network::of(
        &[posted(1, "did:plc:eve", "bitcoin"), renamed(2)],
        vec![keyword("bitcoin")],
    )
    .await
    .knows_everybody()
    .await;
    let source = network.source();
    for requests in [1, 2] {
        let mut stream = super::connect(&source, &serde_json::Value::Null)
            .await
            .unwrap();
        while !stream.next().await.unwrap().end {}
        assert_eq!(
            network.api.received_requests().await.unwrap().len(),
            requests
        );
    }
}

#[tokio::test]
async fn with_an_empty_watchlist_nobody_is_looked_up() {
    let network = Network::of(&[posted(1, "did:plc:eve", "x")], Vec::new()).await;
    assert_eq!(network.read().await.posts[0].author, "did:plc:eve");
    assert!(network.api.received_requests().await.unwrap().is_empty());
}
