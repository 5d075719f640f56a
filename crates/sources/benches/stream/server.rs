//! The stand-in: a Jetstream with all its events at once, and the AppView that knows their authors.

use std::{io::Read, path::Path, sync::Mutex};

use moodwire_testing::jetstream::{Answer, FakeJetstream, binary_frame, text_frame};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::path};
use zstd::bulk::Compressor;

use super::events;

/// Knows whoever is asked for.
struct Profiles;

impl Respond for Profiles {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = request.url.query_pairs().filter(|(key, _)| key == "actors");
        let profiles: Vec<Value> = asked.map(|(_, actor)| profile(&actor)).collect();
        ResponseTemplate::new(200).set_body_json(json!({"profiles": profiles}))
    }
}

fn profile(actor: &str) -> Value {
    let name = actor.rsplit(':').next().unwrap_or_default();
    let name = name.strip_suffix(".example.com").unwrap_or(name);
    json!({
        "did": format!("did:plc:{name}"),
        "handle": format!("{name}.example.com"),
        "displayName": name,
        "followersCount": 1_234,
    })
}

/// Has every post.
struct Posts;

impl Respond for Posts {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = request.url.query_pairs().filter(|(key, _)| key == "uris");
        let posts: Vec<Value> = asked.map(|(_, address)| post(&address)).collect();
        ResponseTemplate::new(200).set_body_json(json!({"posts": posts}))
    }
}

fn post(address: &str) -> Value {
    let did = address.split('/').nth(2).unwrap_or_default();
    let at = "2026-02-28T12:00:00.000Z";
    json!({
        "uri": address,
        "cid": "bafyreib",
        "author": profile(did),
        "record": {"$type": "app.bsky.feed.post", "text": "What was said before", "createdAt": at},
        "indexedAt": at,
    })
}

/// Serves until its standard input ends; says where, on one line. With a dictionary frames are compressed.
pub(super) fn run(events: u32, dictionary: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let frames = frames(events, dictionary);
    runtime.block_on(async {
        // Given to the one connection that is read; others get nothing.
        let bytes = Mutex::new(Some(frames));
        let jetstream = FakeJetstream::start(move |_, _| Answer {
            bytes: bytes
                .lock()
                .ok()
                .and_then(|mut bytes| bytes.take())
                .unwrap_or_default(),
            ..Answer::default()
        })
        .await;
        let api = MockServer::start().await;
        Mock::given(path("/xrpc/app.bsky.actor.getProfiles"))
            .respond_with(Profiles)
            .mount(&api)
            .await;
        Mock::given(path("/xrpc/app.bsky.feed.getPosts"))
            .respond_with(Posts)
            .mount(&api)
            .await;
        println!("{} {}", jetstream.url(), api.uri());
        let ended = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        let _ended = ended.await;
    });
}

fn frames(events: u32, dictionary: &Path) -> Vec<u8> {
    let all = events::all(events);
    if dictionary.as_os_str().is_empty() {
        return all.flat_map(|event| text_frame(&event)).collect();
    }
    let dictionary = std::fs::read(dictionary).expect("the dictionary");
    let mut compressor = Compressor::with_dictionary(3, &dictionary).expect("a compressor");
    all.flat_map(|event| {
        let packed = compressor.compress(event.as_bytes());
        binary_frame(&packed.expect("an event that can be compressed"))
    })
    .collect()
}
