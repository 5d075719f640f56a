//! Tests of the Bluesky source on servers of their own.

mod authors;
mod compressed;
mod events;
mod fallback;
mod lost;
mod poll_login;
mod poll_pages;
mod poll_posts;
mod recorded;
mod reposts;
mod resumed;
mod settings;
mod silence;
mod watched;

use std::{sync::Arc, time::Duration};

use moodwire_model::{Clock, Timestamp};
use moodwire_testing::{
    SteppedClock,
    jetstream::{Answer, FakeJetstream, text_frame},
};
use serde_json::{Value, json};
use url::Url;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use super::{BlueskyMode, BlueskySettings, BlueskySource, stream::Patience};
use crate::{Actor, Page, Source, SourceError, Stream, Unbounded, Watchlist};

const NOW: &str = "2026-03-01T18:00:00Z";

/// Ten minutes before, in microseconds: when the first event of most cases was seen.
const SEEN: i64 = 1_772_387_400_000_000;

const PROFILES: &str = "/xrpc/app.bsky.actor.getProfiles";
const POSTS: &str = "/xrpc/app.bsky.feed.getPosts";

/// A Jetstream, an AppView and a source that reads them.
struct Network {
    jetstream: FakeJetstream,
    api: MockServer,
    clock: Arc<SteppedClock>,
    watchlist: Watchlist,
    settings: BlueskySettings,
}

impl Network {
    /// A Jetstream that gives every connection these events, and silence.
    async fn of(events: &[Value], actors: Vec<Actor>) -> Self {
        let frames: Vec<Vec<u8>> = events
            .iter()
            .map(|event| text_frame(&event.to_string()))
            .collect();
        Self::answering(move |_, _| Answer::frames(frames.clone()), actors).await
    }

    async fn answering(
        answer: impl Fn(usize, &Url) -> Answer + Send + Sync + 'static,
        actors: Vec<Actor>,
    ) -> Self {
        let jetstream = FakeJetstream::start(answer).await;
        let api = MockServer::start().await;
        let settings = BlueskySettings {
            url: Some(jetstream.url()),
            api: Some(api.uri()),
            ..BlueskySettings::default()
        };
        Self {
            jetstream,
            api,
            clock: Arc::new(SteppedClock::at(NOW)),
            watchlist: Watchlist::new(actors).unwrap(),
            settings,
        }
    }

    /// Lets the AppView know everybody but `gone.test`: `did:plc:ada` is `ada.test`, and the other way round.
    async fn knows_everybody(self) -> Self {
        let asked = Mock::given(method("GET")).and(path(PROFILES));
        asked.respond_with(profiles).mount(&self.api).await;
        self
    }

    fn source(&self) -> BlueskySource {
        self.patient(brisk())
    }

    fn patient(&self, patience: Patience) -> BlueskySource {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let (settings, watchlist) = (&self.settings, &self.watchlist);
        BlueskySource::with("sky".to_owned(), settings, watchlist, clock, patience).unwrap()
    }

    async fn connect(&self, position: &Value) -> Result<Box<dyn Stream>, SourceError> {
        connect(&self.source(), position).await
    }

    /// What comes until the stream falls silent, or ends with an error.
    async fn pages(&self, position: &Value) -> (Vec<Page>, Option<SourceError>) {
        let mut stream = self.connect(position).await.unwrap();
        let mut pages = Vec::new();
        loop {
            match stream.next().await {
                Ok(page) => {
                    let end = page.end;
                    pages.push(page);
                    if end {
                        return (pages, None);
                    }
                }
                Err(error) => return (pages, Some(error)),
            }
        }
    }

    /// The same as one page, from the beginning; nothing may go wrong.
    async fn read(&self) -> Page {
        let (pages, error) = self.pages(&Value::Null).await;
        assert!(error.is_none(), "{error:?}");
        whole(pages)
    }
}

async fn connect(source: &BlueskySource, position: &Value) -> Result<Box<dyn Stream>, SourceError> {
    let streaming = source.streaming().unwrap();
    streaming.connect(position, Arc::new(Unbounded)).await
}

/// Pages as one; position, watermark and end are the last one's.
fn whole(pages: Vec<Page>) -> Page {
    let mut whole = Page::default();
    for page in pages {
        whole.posts.extend(page.posts);
        whole.mentions.extend(page.mentions);
        whole.deleted.extend(page.deleted);
        whole.closed.extend(page.closed);
        whole.quarantined.extend(page.quarantined);
        whole.gap = whole.gap.or(page.gap);
        whole.position = page.position;
        whole.watermark = page.watermark;
        whole.end = page.end;
    }
    whole
}

/// Waits so short that a stream is silent at once when its server has answered.
fn brisk() -> Patience {
    Patience {
        page: Duration::from_millis(20),
        quiet: Duration::ZERO,
        first: Duration::ZERO,
        steady: Duration::from_secs(600),
        dead: Duration::from_secs(600),
        look_up: Duration::from_secs(600),
    }
}

/// The event of a change of a post, so many seconds after the first.
fn event(second: i64, did: &str, operation: &str, rkey: &str, record: Option<Value>) -> Value {
    let mut event = json!({
        "did": did,
        "time_us": SEEN + second * 1_000_000,
        "kind": "commit",
        "commit": {
            "rev": format!("rev{second}"),
            "operation": operation,
            "collection": "app.bsky.feed.post",
            "rkey": rkey,
        },
    });
    if let Some(record) = record {
        event["commit"]["record"] = record;
        event["commit"]["cid"] = json!("bafy");
    }
    event
}

/// The event of a new post, whose record key is `k` and the second.
fn posted(second: i64, did: &str, text: &str) -> Value {
    let rkey = format!("k{second}");
    event(second, did, "create", &rkey, Some(record(second, text)))
}

fn record(second: i64, text: &str) -> Value {
    let at = time(second).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    json!({"$type": "app.bsky.feed.post", "text": text, "createdAt": at, "langs": ["en"]})
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(SEEN + second * 1_000_000).unwrap()
}

/// A post as the AppView shows it.
fn view(did: &str, rkey: &str, second: i64, text: &str) -> Value {
    let name = did.strip_prefix("did:plc:").unwrap();
    json!({
        "uri": format!("at://{did}/app.bsky.feed.post/{rkey}"),
        "cid": "bafy",
        "author": {"did": did, "handle": format!("{name}.test"), "displayName": name.to_uppercase()},
        "record": record(second, text),
        "indexedAt": time(second),
    })
}

/// An actor who is found by this handle alone.
fn actor(handle: &str) -> Actor {
    Actor {
        name: handle.to_owned(),
        bluesky: Some(handle.to_owned()),
        ..Actor::default()
    }
}

/// An actor who is found by this word alone.
fn keyword(word: &str) -> Actor {
    Actor {
        name: word.to_owned(),
        keywords: vec![word.to_owned()],
        ..Actor::default()
    }
}

/// The record keys of the posts.
fn rkeys(page: &Page) -> Vec<&str> {
    let posts = page.posts.iter();
    posts
        .map(|post| post.key.as_str().rsplit('/').next().unwrap())
        .collect()
}

/// What the request asks for under this name.
fn asked(request: &Request, name: &str) -> Vec<String> {
    let pairs = request.url.query_pairs();
    pairs
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// Everybody's profile but that of `gone.test`. As on the real server, more than 25 are too many, and one who makes no
/// sense spoils the whole question.
fn profiles(request: &Request) -> ResponseTemplate {
    let actors = asked(request, "actors");
    if actors.len() > 25 || actors.iter().any(|actor| actor.contains('_')) {
        let said = json!({"error": "InvalidRequest", "message": "Error: actors is wrong"});
        return ResponseTemplate::new(400).set_body_json(said);
    }
    let profile = |actor: &String| {
        let name = actor.strip_prefix("did:plc:");
        let name = name.or_else(|| actor.strip_suffix(".test"))?;
        (name != "gone").then(|| {
            json!({
                "did": format!("did:plc:{name}"),
                "handle": format!("{name}.test"),
                "displayName": name.to_uppercase(),
                "followersCount": 42,
            })
        })
    };
    let profiles: Vec<Value> = actors.iter().filter_map(profile).collect();
    ResponseTemplate::new(200).set_body_json(json!({"profiles": profiles}))
}
