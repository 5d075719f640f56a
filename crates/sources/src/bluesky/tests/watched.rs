//! Tests of what is picked out of the stream for a watchlist.

use serde_json::{Value, json};

use super::{Network, PROFILES, actor, connect, keyword, posted, rkeys};
use crate::{Actor, SourceError};

#[tokio::test]
async fn only_what_concerns_the_watchlist_is_kept() {
    let mut mention = posted(4, "did:plc:eve", "hello @a…");
    mention["commit"]["record"]["facets"] = json!([
        {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:ada"}]},
        {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:unknown"}]},
        {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example"}]},
    ]);
    let events = [
        posted(1, "did:plc:ada", "anything"),
        posted(2, "did:plc:eve", "anything"),
        posted(3, "did:plc:eve", "I love \u{ff22}itcoin!"),
        mention,
        posted(5, "did:plc:eve", "hello @ada.test"),
        posted(6, "did:plc:eve", "bitcoins"),
        posted(7, "did:plc:known", "by its DID"),
    ];
    let actors = vec![
        actor("Ada.test"),
        actor("did:plc:known"),
        keyword("bitcoin"),
    ];
    let network = Network::of(&events, actors).await.knows_everybody().await;
    let page = network.read().await;
    assert_eq!(rkeys(&page), ["k1", "k3", "k4", "k5", "k7"]);

    let matched: Vec<Vec<String>> = page
        .posts
        .iter()
        .map(|post| {
            let mentioned = page.mentions.get(&post.key).cloned().unwrap_or_default();
            let matches = network.watchlist.matches(post, &mentioned);
            matches.into_iter().map(|found| found.actor).collect()
        })
        .collect();
    let by = |name: &str| vec![name.to_owned()];
    assert_eq!(
        matched,
        [
            by("Ada.test"),
            by("bitcoin"),
            by("Ada.test"),
            by("Ada.test"),
            by("did:plc:known")
        ]
    );
}

#[tokio::test]
async fn reposts_are_asked_for_where_accounts_are_followed_alone() {
    let collections = |network: &Network| -> Vec<String> {
        let url = &network.jetstream.asked()[0];
        let pairs = url
            .query_pairs()
            .filter(|(key, _)| key == "wantedCollections");
        pairs.map(|(_, value)| value.into_owned()).collect()
    };
    let network = Network::of(&[], vec![actor("ada.test")]).await;
    let network = network.knows_everybody().await;
    network.read().await;
    let both = ["app.bsky.feed.post", "app.bsky.feed.repost"];
    assert_eq!(collections(&network), both);
    let network = Network::of(&[], vec![keyword("bitcoin")]).await;
    network.read().await;
    assert_eq!(collections(&network), both[..1]);
}

#[tokio::test]
async fn a_handle_that_is_gone_keeps_no_other_out() {
    let events = [
        posted(1, "did:plc:ada", "a"),
        posted(2, "did:plc:gone", "b"),
    ];
    let actors = vec![
        actor("gone.test"),
        actor("ada.test"),
        actor("no-such.example"),
    ];
    let network = Network::of(&events, actors).await.knows_everybody().await;
    assert_eq!(rkeys(&network.read().await), ["k1"]);
}

#[tokio::test]
async fn many_handles_are_asked_for_25_at_once_and_once_an_hour() {
    let actors: Vec<Actor> = (0..60).map(|n| actor(&format!("a{n}.test"))).collect();
    let network = Network::of(&[posted(1, "did:plc:a59", "a")], actors).await;
    let network = network.knows_everybody().await;
    let source = network.source();
    for requests in [3, 3] {
        connect(&source, &Value::Null).await.unwrap();
        assert_eq!(
            network.api.received_requests().await.unwrap().len(),
            requests
        );
    }
    network.clock.step(chrono::TimeDelta::minutes(61));
    connect(&source, &Value::Null).await.unwrap();
    assert_eq!(network.api.received_requests().await.unwrap().len(), 6);
}

#[tokio::test]
async fn handles_that_cannot_be_looked_up_are_taken_as_the_position_has_them() {
    let network = Network::of(&[posted(1, "did:plc:ada", "a")], vec![actor("ada.test")]).await;
    let down = wiremock::Mock::given(wiremock::matchers::path(PROFILES));
    let down = down.respond_with(wiremock::ResponseTemplate::new(503));
    down.mount(&network.api).await;
    let refused = network.connect(&Value::Null).await.err();
    assert!(
        matches!(refused, Some(SourceError::Retry(_))),
        "{refused:?}"
    );
    // Nothing of the stream may pass before it is known who is followed.
    assert!(network.jetstream.asked().is_empty());

    let position = json!({"dids": {"ada.test": "did:plc:ada"}});
    let (pages, error) = network.pages(&position).await;
    assert!(error.is_none(), "{error:?}");
    let page = super::whole(pages);
    assert_eq!(rkeys(&page), ["k1"]);
    assert_eq!(page.position["dids"], position["dids"]);
}
