//! Tests of the source X on servers of their own. Every request that they see must be one that X's own specification
//! allows, where that is to be had.

mod answers;
mod budget;
mod contract;
mod cut;
mod dialects;
mod limits;
mod meter;
mod originals;
mod paging;
mod posts;
mod queries;
mod recorded;
mod rules;
mod settings;
mod stale;
mod stream;
mod tap;
mod timeline;

use std::sync::Arc;

use moodwire_testing::SteppedClock;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use super::{XSettings, XSource, id::Id};
use crate::{Actor, Budget, Page, Source, SourceError, Unbounded, Watchlist};

const NOW: &str = "2026-09-01T18:00:00Z";

const SEARCH: &str = "/2/tweets/search/recent";
const LOOKUP: &str = "/2/tweets";
const USERS: &str = "/2/users/by";
const RULES: &str = "/2/tweets/search/stream/rules";

/// A server and a source that follows `from:ada`, `@ada` and "bitcoin" there.
struct Server {
    http: MockServer,
    source: XSource,
    clock: Arc<SteppedClock>,
}

impl Server {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(set: impl FnOnce(&mut XSettings)) -> Self {
        Self::watching(&watchlist(), set).await
    }

    async fn watching(watchlist: &Watchlist, set: impl FnOnce(&mut XSettings)) -> Self {
        let http = MockServer::start().await;
        let clock = Arc::new(SteppedClock::at(NOW));
        let source = source(&http.uri(), watchlist, clock.clone(), set);
        Self {
            http,
            source,
            clock,
        }
    }

    /// What `at` answers where the query has these parameters; with a `-` before its name: has not.
    async fn gives(&self, at: &str, parameters: &[(&str, &str)], answer: ResponseTemplate) {
        let mut asked = Mock::given(method("GET")).and(path(at));
        for (name, value) in parameters {
            asked = match name.strip_prefix('-') {
                Some(name) => asked.and(query_param_is_missing(name)),
                None => asked.and(query_param(*name, *value)),
            };
        }
        asked.respond_with(answer).mount(&self.http).await;
    }

    async fn read(&self, position: &Value) -> Result<Page, SourceError> {
        self.paid(position, &Unbounded).await
    }

    async fn paid(&self, position: &Value, budget: &dyn Budget) -> Result<Page, SourceError> {
        let page = self.source.read(position, budget).await;
        contract::all_allowed(&self.requests().await);
        page
    }

    /// All pages of one pass.
    async fn pass(&self, position: &Value) -> Vec<Page> {
        let mut position = position.clone();
        let mut pages = Vec::new();
        loop {
            let page = self.read(&position).await.unwrap();
            position = page.position.clone();
            let end = page.end;
            pages.push(page);
            if end {
                return pages;
            }
        }
    }

    async fn requests(&self) -> Vec<wiremock::Request> {
        self.http.received_requests().await.unwrap()
    }
}

fn watchlist() -> Watchlist {
    Watchlist::new(vec![Actor {
        name: "Ada".to_owned(),
        x: Some("ada".to_owned()),
        keywords: vec!["bitcoin".to_owned()],
        ..Actor::default()
    }])
    .unwrap()
}

fn source(
    url: &str,
    watchlist: &Watchlist,
    clock: Arc<SteppedClock>,
    set: impl FnOnce(&mut XSettings),
) -> XSource {
    let mut settings = XSettings {
        url: Some(url.to_owned()),
        token: Some("s3cret".into()),
        ..XSettings::default()
    };
    set(&mut settings);
    XSource::new("x-main".to_owned(), &settings, watchlist, clock).unwrap()
}

/// The id of the post that was written so many seconds before [`NOW`].
fn id(seconds: i64) -> String {
    let now: moodwire_model::Timestamp = NOW.parse().unwrap();
    Id::at(now - chrono::TimeDelta::seconds(seconds))
        .unwrap()
        .to_string()
}

/// A post of this id by the user 7, in the newer dialect.
fn post(id: &str) -> Value {
    json!({
        "id": id,
        "text": format!("Nice {id}"),
        "author_id": "7",
        "created_at": "2026-09-01T17:05:00.000Z",
        "lang": "en",
        "edit_history_post_ids": [id],
        "public_metrics": {"repost_count": 0},
    })
}

fn user(id: &str, handle: &str) -> Value {
    json!({"id": id, "name": "Someone", "username": handle, "public_metrics": {"followers_count": 42}})
}

/// A page of these posts, and which page comes next.
fn list(posts: &[Value], next: Option<&str>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body(posts, next))
}

fn body(posts: &[Value], next: Option<&str>) -> Value {
    let mut meta = json!({"result_count": posts.len()});
    if let (Some(first), Some(last)) = (posts.first(), posts.last()) {
        meta["newest_id"] = first["id"].clone();
        meta["oldest_id"] = last["id"].clone();
    }
    if let Some(next) = next {
        meta["next_token"] = json!(next);
    }
    let mut body = json!({"includes": {"users": [user("7", "ada")]}, "meta": meta});
    if !posts.is_empty() {
        body["data"] = json!(posts);
    }
    body
}

/// The posts' ids, page after page.
fn ids(pages: &[Page]) -> Vec<&str> {
    let posts = pages.iter().flat_map(|page| &page.posts);
    posts
        .map(|post| post.key.as_str().strip_prefix("x:").unwrap())
        .collect()
}
