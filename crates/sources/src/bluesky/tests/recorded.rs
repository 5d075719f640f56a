//! Events and answers of real servers, read from the folder that `MOODWIRE_TEST_SAMPLES` names (`jetstream/`, `bluesky/`).
//! They are other people's and not part of this repository.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use super::{Network, keyword};
use crate::bluesky::{event::Event, item, view};

/// The text of a recorded file; none, with a word, where the folder is not to be had.
fn recorded(file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("MOODWIRE_TEST_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: MOODWIRE_TEST_SAMPLES names no folder of recorded answers");
        return None;
    };
    Some(fs::read_to_string(folder.join(file)).unwrap())
}

#[test]
fn every_recorded_event_is_read_and_their_kinds_are_as_many_as_recorded() {
    let Some(events) = recorded("jetstream/expected_v1.jsonl") else {
        return;
    };
    let manifest: Value =
        serde_json::from_str(&recorded("jetstream/manifest.json").unwrap()).unwrap();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for frame in events.lines() {
        let event = Event::read(frame).unwrap();
        let commit = event.commit().unwrap();
        if let Some(commit) = &commit {
            commit.change().unwrap();
        }
        let kind = commit.map_or(event.kind.into_owned(), |commit| {
            format!("{}s", commit.operation)
        });
        *counts.entry(kind).or_default() += 1;
        *counts.entry("v1_events".to_owned()).or_default() += 1;
    }
    for key in [
        "v1_events",
        "creates",
        "updates",
        "deletes",
        "identity",
        "account",
    ] {
        assert_eq!(counts.get(key).copied(), manifest[key].as_u64(), "{key}");
    }
}

#[tokio::test]
async fn the_recorded_stream_becomes_its_posts_and_deletions() {
    for (file, posts, deleted) in [
        ("jetstream/expected_v1.jsonl", 17, 1),
        ("jetstream/golden_v1.jsonl", 1, 0),
    ] {
        let Some(text) = recorded(file) else { return };
        let events: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut network = Network::of(&events, Vec::new()).await;
        network.clock.step(chrono::TimeDelta::days(365));
        let page = network.read().await;
        assert_eq!(
            (page.posts.len(), page.deleted.len()),
            (posts, deleted),
            "{file}"
        );
        assert!(page.quarantined.is_empty());
        let newest = events
            .iter()
            .filter_map(|event| event["time_us"].as_i64())
            .max();
        assert_eq!(page.position["time_us"].as_i64(), newest);

        network.watchlist = crate::Watchlist::new(vec![keyword("no such word")]).unwrap();
        assert!(network.read().await.posts.is_empty());
    }
}

#[test]
fn every_recorded_view_is_a_post() {
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    for file in ["bluesky/searchPosts.json", "bluesky/getPosts.json"] {
        let Some(text) = recorded(file) else { return };
        let answer: Value = serde_json::from_str(&text).unwrap();
        for post in answer["posts"].as_array().unwrap() {
            let shown = view::read(&post.to_string(), now).unwrap();
            assert_eq!(shown.post.text, post["record"]["text"]);
            assert_eq!(shown.post.author, post["author"]["handle"]);
        }
    }
}

#[test]
fn every_recorded_item_of_a_feed_is_read_and_of_a_repost_the_original() {
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    for file in ["bluesky/getAuthorFeed.json", "bluesky/getTimeline.json"] {
        let Some(text) = recorded(file) else { return };
        let answer: Value = serde_json::from_str(&text).unwrap();
        for item in answer["feed"].as_array().unwrap() {
            let read = item::posted(&item.to_string(), now).unwrap();
            assert_eq!(read.reposted, item["reason"].is_object());
            assert_eq!(read.shown.post.author, item["post"]["author"]["handle"]);
            let order = item["reason"]["indexedAt"].as_str();
            let order = order.or(item["post"]["indexedAt"].as_str());
            assert_eq!(read.order, order.unwrap().parse().ok());
        }
    }
}
