//! Many actors in one text, and handles mentioned in it.

use moodwire_model::{ActorMatch, Why};
use proptest::prelude::*;

use super::{Actor, Watchlist, finds, keyword, post, saylor, whys};

#[test]
fn every_actor_that_matches_is_named_once_in_the_order_of_the_list() {
    let list = Watchlist::new(vec![
        Actor {
            cashtags: vec!["BTC".to_owned()],
            keywords: vec!["bitcoin".to_owned(), "#bitcoin".to_owned()],
            ..saylor()
        },
        keyword("ethereum"),
        keyword("bitcoin"),
        keyword("bitcoin etf"),
    ])
    .unwrap();
    let post = post("x", "Saylor", "#Bitcoin: the Bitcoin ETF! @saylor $BTC");
    assert_eq!(
        list.matches(&post, &[]),
        [
            ActorMatch::new("Saylor", [Why::Author, Why::Mention, Why::Keyword]),
            ActorMatch::new("bitcoin", [Why::Keyword]),
            ActorMatch::new("bitcoin etf", [Why::Keyword]),
        ]
    );
}

#[test]
fn a_handle_of_x_is_mentioned_on_x() {
    for text in [
        "@saylor",
        "hey @Saylor!",
        ".@saylor says",
        "@saylor's",
        "@saylor.",
        "@saylor大神",
        "@a/@saylor",
        "@saylor.great",
    ] {
        let found = whys(saylor(), &post("x", "a", text), &[]);
        assert_eq!(found, [Why::Mention], "{text}");
    }
    for text in [
        "saylor",
        "@saylors",
        "@saylor_fan",
        "me@saylor.com",
        "@@saylor",
        "https://x.com/@saylor",
        "@saylor@a.example",
    ] {
        let found = whys(saylor(), &post("x", "a", text), &[]);
        assert!(found.is_empty(), "{text}");
    }
}

#[test]
fn a_handle_with_a_domain_is_mentioned_whole() {
    for (network, text) in [
        ("bluesky", "@saylor.example.com."),
        ("bluesky", "so @Saylor.Example.com, yes"),
        ("mastodon", "@saylor@social.example says"),
        ("replay", "@saylor.example.com"),
        ("replay", "@saylor@social.example"),
        ("replay", "@saylor"),
    ] {
        let found = whys(saylor(), &post(network, "a", text), &[]);
        assert_eq!(found, [Why::Mention], "{network}: {text}");
    }
    for (network, text) in [
        ("bluesky", "@saylor.example.com.au"),
        ("bluesky", "@saylor"),
        ("bluesky", "@saylor@social.example"),
        ("mastodon", "@saylor@social.example.org"),
        ("mastodon", "@saylor"),
        ("replay", "@saylor.bsky.social"),
    ] {
        let found = whys(saylor(), &post(network, "a", text), &[]);
        assert!(found.is_empty(), "{network}: {text}");
    }
}

#[test]
fn an_empty_list_matches_nothing_and_says_that_it_is_empty() {
    let list = Watchlist::default();
    assert!(list.is_empty());
    assert!(list.matches(&post("x", "a", "bitcoin"), &[]).is_empty());
}

proptest! {
    /// Whatever surrounds it, one pass finds what a search word by word does.
    #[test]
    fn one_pass_finds_what_a_look_at_each_word_does(words in prop::collection::vec("[a-c]{1,3}", 0..12), sought in "[a-c]{1,2}") {
        let text = words.join(" ");
        prop_assert_eq!(finds(&sought, &text), words.contains(&sought));
    }

    #[test]
    fn no_text_makes_it_fail(text in "\\PC*", sought in "[\\PC&&\\S]{1,4}") {
        if let Ok(list) = Watchlist::new(vec![keyword(&sought)]) {
            let _found = list.matches(&post("x", "a", &text), &[]);
        }
    }
}
