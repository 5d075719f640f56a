//! Answers that a real server gave, read from the folder that `MOODWIRE_TEST_SAMPLES` names (`mastodon/*.json`, each a
//! list of `{method, uri, status, headers, body}`). They are other people's and not part of this repository.

use std::{fs, path::PathBuf};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::mastodon::{link, post};

/// Every recorded exchange; none, with a word, where the folder is not to be had.
fn recorded() -> Vec<Value> {
    let Some(folder) = std::env::var_os("MOODWIRE_TEST_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: MOODWIRE_TEST_SAMPLES names no folder of recorded answers");
        return Vec::new();
    };
    let files = fs::read_dir(folder.join("mastodon")).unwrap();
    let mut all = Vec::new();
    for file in files.map(|entry| entry.unwrap().path()) {
        if file
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(&file).unwrap();
            all.extend(serde_json::from_str::<Vec<Value>>(&text).unwrap());
        }
    }
    assert!(!all.is_empty(), "the folder holds no recorded answer");
    all
}

/// The recorded timelines: lists of statuses.
fn timelines() -> impl Iterator<Item = Value> {
    recorded().into_iter().filter(|exchange| {
        let uri = exchange["uri"].as_str().unwrap();
        let path = uri.split('?').next().unwrap();
        exchange["method"] == "GET"
            && exchange["body"].is_array()
            && (path.contains("/timelines/") || path.ends_with("/statuses"))
    })
}

#[test]
fn every_recorded_status_is_read_and_the_public_ones_are_posts() {
    let now = "2026-08-02T00:00:00Z".parse().unwrap();
    for exchange in timelines() {
        for status in exchange["body"].as_array().unwrap() {
            let read = post::read(&status.to_string(), "localhost:3000", now).unwrap();
            let counts = |status: &Value| status["visibility"] == "public";
            let public =
                counts(status) && (status["reblog"].is_null() || counts(&status["reblog"]));
            assert_eq!(read.is_some(), public, "{}", status["uri"]);
            if let Some(read) = read {
                assert!(read.post.author.ends_with("@localhost:3000"));
                assert!(!read.post.text.contains(['<', '\0']), "{}", read.post.text);
            }
        }
    }
}

#[test]
fn every_recorded_link_names_the_newest_status_of_its_page() {
    for exchange in timelines() {
        let Some(written) = exchange["headers"]["link"].as_str() else {
            continue;
        };
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("link"),
            HeaderValue::from_str(written).unwrap(),
        );
        let newest = exchange["body"][0]["id"].as_str();
        assert_eq!(
            link::min_id(&headers).as_deref(),
            newest,
            "{}",
            exchange["uri"]
        );
    }
}
