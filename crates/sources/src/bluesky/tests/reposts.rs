//! Tests of reposts: of those by accounts that are followed the original is brought.

use serde_json::{Value, json};
use wiremock::{Mock, Request, ResponseTemplate, matchers::path};

use super::{Network, POSTS, actor, event, rkeys, time, view, whole};

/// The event of a repost.
fn reposted(second: i64, by: &str, uri: &str) -> Value {
    let record = json!({"$type": "app.bsky.feed.repost", "subject": {"uri": uri, "cid": "bafy"}});
    let mut event = event(second, by, "create", &format!("r{second}"), Some(record));
    event["commit"]["collection"] = json!("app.bsky.feed.repost");
    event
}

fn uri(rkey: &str) -> String {
    format!("at://did:plc:eve/app.bsky.feed.post/{rkey}")
}

/// Shows all that is asked for but `gone`; refuses what makes no sense.
fn shows(request: &Request) -> ResponseTemplate {
    let uris = super::asked(request, "uris");
    if uris.len() > 25 || uris.iter().any(|uri| uri.ends_with("wrong")) {
        let said = json!({"error": "InvalidRequest", "message": "Error: uris is wrong"});
        return ResponseTemplate::new(400).set_body_json(said);
    }
    let views: Vec<Value> = uris
        .iter()
        .filter(|uri| !uri.ends_with("gone"))
        .map(|uri| {
            view(
                "did:plc:eve",
                uri.rsplit('/').next().unwrap(),
                -100,
                "original",
            )
        })
        .collect();
    ResponseTemplate::new(200).set_body_json(json!({"posts": views}))
}

async fn network(events: &[Value]) -> Network {
    let network = Network::of(events, vec![actor("ada.test")]).await;
    network.knows_everybody().await
}

#[tokio::test]
async fn the_original_counts_under_its_own_key() {
    let events = [
        reposted(1, "did:plc:ada", &uri("k1")),
        reposted(2, "did:plc:bob", &uri("k2")),
        reposted(
            3,
            "did:plc:ada",
            "at://did:plc:eve/app.bsky.feed.generator/k3",
        ),
        reposted(4, "did:plc:ada", &uri("gone")),
    ];
    let network = network(&events).await;
    Mock::given(path(POSTS))
        .respond_with(shows)
        .mount(&network.api)
        .await;
    let page = network.read().await;
    assert_eq!((rkeys(&page), page.quarantined.len()), (vec!["k1"], 0));
    let post = &page.posts[0];
    assert_eq!(
        (post.author.as_str(), post.text.as_str()),
        ("eve.test", "original")
    );
    assert_eq!((post.created_at, post.followers), (time(-100), Some(42)));
    let raw: Value = serde_json::from_str(&post.raw).unwrap();
    assert_eq!(raw, view("did:plc:eve", "k1", -100, "original"));
    assert_eq!(page.position["reposted"], json!([]));
}

#[tokio::test]
async fn one_that_makes_no_sense_is_quarantined_and_hides_no_other() {
    let mut events: Vec<Value> = (0..60)
        .map(|n| reposted(n, "did:plc:ada", &uri(&format!("k{n}"))))
        .collect();
    events.push(reposted(70, "did:plc:ada", &uri("wrong")));
    let mut unreadable = reposted(71, "did:plc:ada", "x");
    unreadable["commit"]["record"] = json!({"subject": "x"});
    events.push(unreadable);
    let network = network(&events).await;
    Mock::given(path(POSTS))
        .respond_with(shows)
        .mount(&network.api)
        .await;
    let page = network.read().await;
    assert_eq!((page.posts.len(), page.quarantined.len()), (60, 2));
}

#[tokio::test]
async fn originals_that_cannot_be_looked_up_wait_in_the_position() {
    let network = network(&[reposted(1, "did:plc:ada", &uri("k1"))]).await;
    let down = Mock::given(path(POSTS)).respond_with(ResponseTemplate::new(503));
    let down = down.mount_as_scoped(&network.api).await;
    let page = network.read().await;
    assert!(page.posts.is_empty());
    assert_eq!(page.position["reposted"], json!([uri("k1")]));
    drop(down);

    Mock::given(path(POSTS))
        .respond_with(shows)
        .mount(&network.api)
        .await;
    let (pages, _) = network.pages(&page.position).await;
    let page = whole(pages);
    assert_eq!(rkeys(&page), ["k1"]);
    assert_eq!(page.position["reposted"], json!([]));
}
