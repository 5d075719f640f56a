//! Answers that X gave, read from the folder that `MOODWIRE_TEST_SAMPLES` names, else from `../shared/samples` beside the
//! repository (`x/…/*.json`: bodies, or `{method, uri, status, headers, body}`). They are other people's and not part of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    super::{answer::Answer, gather::Gathering, position::Position},
    Server,
};
use crate::Page;

/// Every recorded answer with its file's name; none, with a word, where the folder is not to be had.
fn recorded() -> Vec<(String, Value)> {
    let beside = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/samples"
    ));
    let folder = std::env::var_os("MOODWIRE_TEST_SAMPLES").map_or(beside, PathBuf::from);
    let mut all = Vec::new();
    collect(&folder.join("x"), &mut all);
    if all.is_empty() {
        eprintln!("skipped: MOODWIRE_TEST_SAMPLES names no folder of recorded answers");
    }
    all
}

fn collect(folder: &Path, all: &mut Vec<(String, Value)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, all);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = fs::read_to_string(&path).unwrap();
            let read: Value = serde_json::from_str(&text).unwrap();
            let body = if read["uri"].is_string() {
                read["body"].clone()
            } else {
                read
            };
            all.push((path.display().to_string(), body));
        }
    }
}

/// The answers that hold posts: objects with a text.
fn of_posts() -> impl Iterator<Item = (String, Value)> {
    recorded().into_iter().filter(|(_, body)| {
        let data = body["data"].as_array();
        data.is_some_and(|data| data.iter().all(|one| one["text"].is_string()))
    })
}

#[tokio::test]
async fn every_recorded_post_is_read_and_counted_as_x_counts_it() {
    let server = Server::start().await;
    let now = super::NOW.parse().unwrap();
    let mut read = 0;
    for (name, body) in of_posts() {
        let text = body.to_string();
        let answer = Answer::of(text.as_bytes()).unwrap();
        let objects = answer.objects().unwrap();
        let (mut page, mut position) = (Page::default(), Position::default());
        let mut gathering = Gathering::new(&server.source.0, &mut page, &mut position, now);
        gathering.take(&objects, None);
        let reposts = std::mem::take(&mut gathering.reposts);
        for repost in &reposts {
            gathering.cut(repost);
        }
        let newest = gathering.newest;
        assert!(
            page.quarantined.is_empty(),
            "{name}: {:?}",
            page.quarantined
        );
        let data = body["data"].as_array().unwrap();
        assert_eq!(page.posts.len(), data.len(), "{name}");
        read += data.len();
        let meta = answer.meta.unwrap_or_default();
        if let Some(count) = body["meta"]["result_count"].as_u64() {
            assert_eq!(u64::try_from(page.posts.len()).unwrap(), count, "{name}");
        }
        if meta.newest_id.is_some() {
            assert_eq!(newest, meta.newest_id, "{name}");
        }
        // Where references were not asked for, a repost cannot be told from a post.
        let referring = body.to_string().contains("referenced_tweets");
        for post in &page.posts {
            let repeats = post.text.starts_with("RT @");
            assert!(
                !post.text.contains("&amp;") && (!repeats || !referring),
                "{name}: {}",
                post.text
            );
        }
    }
    assert!(read == 0 || read > 300, "only {read} posts");
}

/// The time that an id holds is the one that X says, in whole seconds.
#[test]
fn recorded_ids_hold_the_time_that_is_recorded_with_them() {
    for (name, body) in of_posts() {
        for post in body["data"].as_array().unwrap() {
            let Some(said) = post["created_at"].as_str() else {
                continue;
            };
            let id: super::Id = serde_json::from_value(post["id"].clone()).unwrap();
            let held = id.time().unwrap().format("%Y-%m-%dT%H:%M:%S.000Z");
            assert_eq!(held.to_string(), said, "{name}");
        }
    }
}
