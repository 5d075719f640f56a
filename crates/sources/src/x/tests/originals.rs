//! Tests of reposts: they count as what they repeat, whole where X shows it.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{LOOKUP, SEARCH, Server, body, id, ids, list, post};

/// A repost of this post, in either dialect.
fn repost(of: &str, references: &str) -> Value {
    let mut repost = post(&id(1));
    repost["text"] = json!("RT @bob: It is &lt;half&gt;…");
    repost[references] = json!([{"type": "retweeted", "id": of}]);
    repost
}

async fn answered(search: Value, lookup: Option<Value>) -> (Server, crate::Page) {
    let server = Server::start().await;
    server
        .gives(
            SEARCH,
            &[],
            ResponseTemplate::new(200).set_body_json(search),
        )
        .await;
    if let Some(lookup) = lookup {
        server
            .gives(
                LOOKUP,
                &[],
                ResponseTemplate::new(200).set_body_json(lookup),
            )
            .await;
    }
    let page = server.read(&Value::Null).await.unwrap();
    (server, page)
}

#[tokio::test]
async fn a_repost_counts_as_its_original_in_either_dialect() {
    let original = id(500);
    for (references, list, note) in [
        ("referenced_posts", "posts", "note_post"),
        ("referenced_tweets", "tweets", "note_tweet"),
    ] {
        let mut inner = post(&original);
        inner["author_id"] = json!("8");
        inner[note] = json!({"text": "It is &lt;whole&gt; &amp;amp; long"});
        let mut search = body(&[repost(&original, references)], None);
        search["includes"] = json!({"users": [super::user("8", "bob")], list: [inner]});
        let (_, page) = answered(search, None).await;
        let post = &page.posts[0];
        assert_eq!(post.key.as_str(), format!("x:{original}"));
        assert_eq!(post.text, "It is <whole> &amp; long");
        assert_eq!((&*post.author, post.followers), ("bob", Some(42)));
        assert_eq!(
            post.url,
            Some(format!("https://x.com/bob/status/{original}"))
        );
        // Untouched: as the server wrote it.
        assert!(post.raw.contains("&lt;whole&gt;") && post.raw.contains(note));
    }
}

#[tokio::test]
async fn originals_that_are_missing_are_asked_for_at_once_and_each_once() {
    let (one, two) = (id(500), id(600));
    let reposts = [
        repost(&one, "referenced_posts"),
        repost(&two, "referenced_posts"),
        repost(&one, "referenced_posts"),
    ];
    let lookup = body(&[post(&two), post(&one)], None);
    let (server, page) = answered(body(&reposts, None), Some(lookup)).await;
    assert_eq!(ids(&[page]), [&*one, &*two, &*one]);
    let asked = server.requests().await;
    assert_eq!(asked.len(), 2);
    let mut both = [&*one, &*two];
    both.sort_unstable();
    assert!(
        asked[1]
            .url
            .query_pairs()
            .any(|(name, value)| name == "ids" && value == both.join(","))
    );
}

#[tokio::test]
async fn an_original_that_x_no_longer_has_is_deleted() {
    let original = id(500);
    let lookup = json!({"errors": [{
        "value": original, "resource_id": original, "resource_type": "tweet", "parameter": "ids",
        "title": "Not Found Error", "detail": "Could not find tweet",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }]});
    let (_, page) = answered(
        body(&[repost(&original, "referenced_posts")], None),
        Some(lookup),
    )
    .await;
    assert!(page.posts.is_empty());
    assert_eq!(page.deleted[0].as_str(), format!("x:{original}"));
    assert_eq!(page.deleted.len(), 1);
}

#[tokio::test]
async fn an_original_that_x_does_not_show_keeps_what_its_repost_repeats() {
    let original = id(500);
    let protected = json!({"errors": [{
        "value": original, "title": "Authorization Error",
        "type": "https://api.x.com/2/problems/not-authorized-for-resource",
    }]});
    for lookup in [protected, body(&[], None)] {
        let (_, page) = answered(
            body(&[repost(&original, "referenced_posts")], None),
            Some(lookup),
        )
        .await;
        let post = &page.posts[0];
        assert_eq!(post.key.as_str(), format!("x:{original}"));
        assert_eq!((&*post.author, &*post.text), ("bob", "It is <half>…"));
        assert_eq!(
            post.created_at,
            "2026-09-01T17:51:40Z"
                .parse::<moodwire_model::Timestamp>()
                .unwrap()
        );
        assert!(page.deleted.is_empty());
    }
}

#[tokio::test]
async fn originals_that_cannot_be_asked_for_now_are_asked_for_again_with_their_page() {
    let server = Server::start().await;
    server
        .gives(
            SEARCH,
            &[],
            list(&[repost(&id(500), "referenced_posts")], None),
        )
        .await;
    server.gives(LOOKUP, &[], ResponseTemplate::new(503)).await;
    let error = server.read(&Value::Null).await.unwrap_err();
    assert!(matches!(error, crate::SourceError::Retry(_)), "{error}");
}
