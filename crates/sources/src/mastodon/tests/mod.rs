//! Tests of the Mastodon source on a server of their own.

mod answers;
mod events;
mod limits;
mod paging;
mod recorded;
mod settings;
mod statuses;
mod streams;
mod texts;

use std::sync::Arc;

use moodwire_testing::SteppedClock;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use super::{MastodonSettings, MastodonSource};
use crate::{Page, Source, SourceError, Unbounded, Watchlist};

const NOW: &str = "2026-03-01T18:00:00Z";

/// Where the hashtag that most cases follow is read.
const TAG: &str = "/api/v1/timelines/tag/bitcoin";

/// A server and a source that follows `#bitcoin` there.
struct Server {
    http: MockServer,
    source: MastodonSource,
}

impl Server {
    async fn start() -> Self {
        Self::with(|settings| settings.hashtags = vec!["bitcoin".to_owned()]).await
    }

    async fn with(set: impl FnOnce(&mut MastodonSettings)) -> Self {
        let http = MockServer::start().await;
        let mut settings = MastodonSettings {
            url: http.uri(),
            ..MastodonSettings::default()
        };
        set(&mut settings);
        let clock = Arc::new(SteppedClock::at(NOW));
        let watchlist = Watchlist::default();
        let source = MastodonSource::new("fedi".to_owned(), &settings, &watchlist, clock).unwrap();
        Self { http, source }
    }

    /// The page that `at` gives above `min_id`; the newest one without.
    async fn page(&self, at: &str, min_id: Option<&str>, answer: ResponseTemplate) {
        let asked = Mock::given(method("GET")).and(path(at));
        let asked = match min_id {
            Some(id) => asked.and(query_param("min_id", id)),
            None => asked.and(query_param_is_missing("min_id")),
        };
        asked.respond_with(answer).mount(&self.http).await;
    }

    async fn read(&self, position: &Value) -> Result<Page, SourceError> {
        self.source.read(position, &Unbounded).await
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

    /// `Link: <…min_id=ID>; rel="prev"` and the statuses.
    fn linked(&self, min_id: &str, statuses: &[Value]) -> ResponseTemplate {
        let at = format!("{}{TAG}", self.http.uri());
        let link = format!(
            "<{at}?limit=40&max_id=1>; rel=\"next\", <{at}?limit=40&min_id={min_id}>; rel=\"prev\""
        );
        list(statuses).insert_header("link", link)
    }
}

/// The statuses alone.
fn list(statuses: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(statuses)
}

/// A public status of this id.
fn status(id: &str) -> Value {
    json!({
        "id": id,
        "uri": format!("https://other.example/users/ada/statuses/{id}"),
        "url": format!("https://other.example/@ada/{id}"),
        "created_at": "2026-03-01T17:05:00.123Z",
        "content": format!("<p>Nice {id}</p>"),
        "spoiler_text": "",
        "language": "en",
        "visibility": "public",
        "account": {"id": "7", "acct": "ada@other.example", "display_name": "Ada"},
        "mentions": [],
        "reblog": null,
    })
}

/// The last parts of the posts' keys, page after page.
fn ids(pages: &[Page]) -> Vec<&str> {
    let posts = pages.iter().flat_map(|page| &page.posts);
    posts
        .map(|post| post.key.as_str().rsplit('/').next().unwrap())
        .collect()
}
