//! Who wrote a post, and whom the network says it mentions.

use moodwire_model::{PostKey, Why};

use super::{Actor, post, saylor, whys};

#[test]
fn an_author_is_known_by_the_handle_of_the_posts_network() {
    for (network, author) in [
        ("x", "Saylor"),
        ("bluesky", "saylor.example.com"),
        ("mastodon", "saylor@social.example"),
        ("replay", "saylor"),
        ("replay", "saylor.example.com"),
    ] {
        let found = whys(saylor(), &post(network, author, "Hm."), &[]);
        assert_eq!(found, [Why::Author], "{network}: {author}");
    }
    for (network, author) in [
        ("bluesky", "saylor"),
        ("mastodon", "saylor"),
        ("x", "saylor2"),
    ] {
        let found = whys(saylor(), &post(network, author, "Hm."), &[]);
        assert!(found.is_empty(), "{network}: {author}");
    }
}

#[test]
fn an_author_on_bluesky_is_known_by_the_did_as_well() {
    let actor = Actor {
        name: "Ada".to_owned(),
        bluesky: Some("did:plc:abc123".to_owned()),
        ..Actor::default()
    };
    let mut by_handle = post("bluesky", "ada.example.com", "Hm.");
    by_handle.key = PostKey::new("bluesky", "at://did:plc:abc123/app.bsky.feed.post/3k");
    assert_eq!(whys(actor.clone(), &by_handle, &[]), [Why::Author]);
    let by_did = post("bluesky", "did:plc:abc123", "Hm.");
    assert_eq!(whys(actor, &by_did, &[]), [Why::Author]);
}

#[test]
fn what_the_network_says_is_mentioned_counts_though_the_text_abbreviates_it() {
    let short = post("mastodon", "a@b.example", "@saylor yes");
    assert!(whys(saylor(), &short, &[]).is_empty());
    let found = whys(saylor(), &short, &["Saylor@social.example"]);
    assert_eq!(found, [Why::Mention]);
}
