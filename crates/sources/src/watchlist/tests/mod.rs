//! Tests of the watchlist: what is found in texts, who wrote them, and what cannot be configured.

mod actors;
mod authors;
mod texts;
mod whole;

use moodwire_model::{Hour, Post, PostKey, Why};

use super::{Actor, Watchlist};

/// A post of `network` by `author`.
fn post(network: &str, author: &str, text: &str) -> Post {
    let at = "2026-03-01T17:05:00Z".parse().unwrap();
    Post {
        key: PostKey::new(network, "1"),
        network: network.to_owned(),
        author: author.to_owned(),
        author_name: None,
        text: text.to_owned(),
        url: None,
        lang: None,
        created_at: at,
        collected_at: at,
        hour: Hour::of(at),
        actors: Vec::new(),
        followers: None,
        edited_at: None,
        deleted_at: None,
        raw: "{}".to_owned(),
    }
}

/// An actor with this keyword alone.
fn keyword(keyword: &str) -> Actor {
    Actor {
        name: keyword.to_owned(),
        keywords: vec![keyword.to_owned()],
        ..Actor::default()
    }
}

/// An actor with all three handles.
fn saylor() -> Actor {
    Actor {
        name: "Saylor".to_owned(),
        x: Some("@saylor".to_owned()),
        bluesky: Some("saylor.example.com".to_owned()),
        mastodon: Some("saylor@social.example".to_owned()),
        ..Actor::default()
    }
}

/// Whether an actor of this keyword matches the text.
fn finds(word: &str, text: &str) -> bool {
    let list = Watchlist::new(vec![keyword(word)]).unwrap();
    !list.matches(&post("x", "someone", text), &[]).is_empty()
}

/// Why the actor matches the post.
fn whys(actor: Actor, post: &Post, mentioned: &[&str]) -> Vec<Why> {
    let list = Watchlist::new(vec![actor]).unwrap();
    let mentioned: Vec<String> = mentioned.iter().map(|&one| one.to_owned()).collect();
    list.matches(post, &mentioned)
        .into_iter()
        .flat_map(|found| found.why)
        .collect()
}
