//! Tests of what polling brings, and of answers that are none.

use serde_json::{Value, json};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{path, query_param},
};

use super::{BlueskyMode, Network, actor, rkeys, time, view};
use crate::{Page, Source, SourceError, Unbounded};

const FEED: &str = "/xrpc/app.bsky.feed.getAuthorFeed";
const SEARCH: &str = "/xrpc/app.bsky.feed.searchPosts";

async fn polling(queries: &[&str]) -> Network {
    let mut network = Network::of(&[], vec![actor("ada.test")]).await;
    network.settings.url = None;
    network.settings.mode = BlueskyMode::Poll;
    network.settings.queries = queries.iter().map(|&query| query.to_owned()).collect();
    network
}

/// The page that the account's feed makes.
async fn page(items: &[Value]) -> Page {
    let network = polling(&[]).await.knows_everybody().await;
    let body = ResponseTemplate::new(200).set_body_json(json!({"feed": items}));
    Mock::given(path(FEED))
        .respond_with(body)
        .mount(&network.api)
        .await;
    network
        .source()
        .read(&Value::Null, &Unbounded)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_field_of_a_post_finds_its_place() {
    let mut given = view("did:plc:ada", "k0", 0, "Nice @b…");
    given["record"]["facets"] = json!([
        {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:ada"}]},
        {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:eve"}]},
    ]);
    let page = page(&[json!({"post": given})]).await;
    let post = &page.posts[0];
    assert_eq!(
        post.key.as_str(),
        "bluesky:at://did:plc:ada/app.bsky.feed.post/k0"
    );
    assert_eq!(
        (post.author.as_str(), post.author_name.as_deref()),
        ("ada.test", Some("ADA"))
    );
    assert_eq!(
        (post.text.as_str(), post.lang.as_deref()),
        ("Nice @b…", Some("en"))
    );
    assert_eq!((post.created_at, post.followers), (time(0), Some(42)));
    assert_eq!(
        post.url.as_deref(),
        Some("https://bsky.app/profile/did:plc:ada/post/k0")
    );
    assert_eq!(serde_json::from_str::<Value>(&post.raw).unwrap(), given);
    assert_eq!(page.mentions[&post.key], ["ada.test"]);
}

#[tokio::test]
async fn a_reposts_item_is_the_original_and_a_pinned_one_waits_for_its_place() {
    let by = json!({"did": "did:plc:ada", "handle": "ada.test"});
    let reposted = json!({
        "post": view("did:plc:eve", "k0", -5_000, "original"),
        "reason": {"$type": "app.bsky.feed.defs#reasonRepost", "by": by, "indexedAt": time(9)},
    });
    let pinned = json!({
        "post": view("did:plc:ada", "pinned", -900, "x"),
        "reason": {"$type": "app.bsky.feed.defs#reasonPin"},
    });
    let page = page(&[pinned, reposted]).await;
    assert_eq!(rkeys(&page), ["k0"]);
    assert_eq!(
        (page.posts[0].author.as_str(), page.posts[0].created_at),
        ("eve.test", time(-5_000))
    );
    assert_eq!(
        page.position["feeds"]["@ada.test"]["newest"],
        json!(time(9))
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_quarantined_and_the_rest_goes_on() {
    let with = |change: fn(&mut Value)| {
        let mut post = view("did:plc:ada", "bad", 0, "x");
        change(&mut post);
        json!({"post": post})
    };
    let items = [
        json!("text"),
        json!({"post": null}),
        with(|post| post["uri"] = json!("at://did:plc:ada/app.bsky.feed.generator/a")),
        with(|post| post["indexedAt"] = json!("soon")),
        with(|post| post["indexedAt"] = json!("2126-01-01T00:00:00Z")),
        with(|post| post["record"] = json!(7)),
        with(|post| post["author"] = json!("ada")),
        json!({"post": view("did:plc:ada", "k1", 1, "kept")}),
    ];
    let page = page(&items).await;
    assert_eq!((rkeys(&page), page.quarantined.len()), (vec!["k1"], 7));
    assert!(page.quarantined[4].reason.contains("in the future"));
}

#[tokio::test]
async fn what_the_server_knows_nothing_of_keeps_no_other_feed_out() {
    let network = polling(&["good", "((bad"]).await;
    let refused = |name: &str, message: &str| {
        ResponseTemplate::new(400).set_body_json(json!({"error": name, "message": message}))
    };
    let answers = [
        (
            FEED,
            "actor",
            "ada.test",
            refused("InvalidRequest", "Profile not found"),
        ),
        (SEARCH, "q", "((bad", refused("BadQueryString", "what?")),
        (
            SEARCH,
            "q",
            "good",
            ResponseTemplate::new(200)
                .set_body_json(json!({"posts": [view("did:plc:eve", "k1", 1, "x")]})),
        ),
    ];
    for (at, name, value, answer) in answers {
        let asked = Mock::given(path(at)).and(query_param(name, value));
        asked.respond_with(answer).mount(&network.api).await;
    }
    let source = network.source();
    let mut position = Value::Null;
    let mut keys = Vec::new();
    for end in [false, false, true] {
        let page = source.read(&position, &Unbounded).await.unwrap();
        keys.extend(rkeys(&page).into_iter().map(str::to_owned));
        assert_eq!(page.end, end);
        position = page.position;
    }
    assert_eq!(keys, ["k1"]);
    source.check().await.unwrap();
}

/// The error of a page that the server answers like this.
async fn error(answer: ResponseTemplate) -> SourceError {
    let network = polling(&[]).await;
    Mock::given(path(FEED))
        .respond_with(answer)
        .mount(&network.api)
        .await;
    network
        .source()
        .read(&Value::Null, &Unbounded)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_limits_are_waited_for() {
    for answer in [
        ResponseTemplate::new(502),
        ResponseTemplate::new(200).set_body_string("<html>sorry</html>"),
        ResponseTemplate::new(200).set_body_json(json!({"feed": {}})),
        ResponseTemplate::new(200).set_body_json(json!({"error": "busy"})),
    ] {
        let error = error(answer).await;
        assert!(matches!(error, SourceError::Retry(_)), "{error}");
    }
    let limited = ResponseTemplate::new(429)
        .insert_header("ratelimit-policy", "3000;w=300")
        .insert_header("ratelimit-reset", "1772388180")
        .set_body_json(json!({"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}));
    let SourceError::Later { until, reason } = error(limited).await else {
        panic!("it does not wait");
    };
    assert_eq!(until, time(780));
    assert!(reason.contains("Rate Limit Exceeded"), "{reason}");
}

#[tokio::test]
async fn a_server_that_wants_a_login_asks_for_one() {
    for (status, body) in [
        (403, json!({"error": "Forbidden"})),
        (
            401,
            json!({"error": "AuthMissing", "message": "Authentication Required"}),
        ),
        (401, json!({})),
    ] {
        let error = error(ResponseTemplate::new(status).set_body_json(body)).await;
        assert!(
            matches!(&error, SourceError::Dead(said) if said.contains("set identifier and password of source \"sky\"")),
            "{error}"
        );
    }
}
