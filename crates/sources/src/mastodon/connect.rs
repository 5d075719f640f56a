//! How streams are opened: where the server says, one a hashtag.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};
use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    MastodonSource, page,
    position::Position,
    stream::{Came, MastodonStream},
    timeline::Timeline,
};
use crate::{
    Budget, SourceError, Stream, Streaming,
    http::{self, Failure},
};

/// How long a stream may take to be opened.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest that a stream is read. A slice ends long before.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What the server says of itself. (Mastodon documentation, entities/Instance.)
#[derive(Deserialize)]
struct Instance {
    configuration: Configuration,
}

#[derive(Deserialize)]
struct Configuration {
    urls: Urls,
}

#[derive(Deserialize)]
struct Urls {
    streaming: String,
}

#[async_trait]
impl Streaming for MastodonSource {
    async fn connect(
        &self,
        position: &Value,
        _: Arc<dyn Budget>,
    ) -> Result<Box<dyn Stream>, SourceError> {
        let base = streaming_server(self).await?;
        let client = http::client(&base).map_err(SourceError::Dead)?;
        let tags = self.timelines.iter().filter_map(|timeline| match timeline {
            Timeline::Hashtag(tag) => Some(tag.as_str()),
            Timeline::Account(_) => None,
        });
        let opening = tags.clone().map(|tag| open(self, &client, &base, tag));
        let responses = try_join_all(opening).await?;
        let connections = responses.into_iter().enumerate().map(bytes).collect();
        Ok(Box::new(MastodonStream::new(
            self.clone(),
            http::host(&base),
            Position::of(position),
            tags.map(|tag| format!("#{tag}")),
            connections,
        )))
    }
}

/// Where the server streams: as it says itself, else where it is. A place to which the token would go unencrypted, though
/// the server itself is not asked so, is not believed.
async fn streaming_server(source: &MastodonSource) -> Result<Url, SourceError> {
    let now = source.clock.now();
    let asked = source.get(&["v2", "instance"], &[]);
    let body = match http::ask(asked, &source.host, now).await {
        Ok(answer) => answer.body,
        // Servers of other make than Mastodon's may not know the question.
        Err(Failure::Gone(_)) => Vec::new(),
        Err(failure) => return Err(page::advised(source, failure.into())),
    };
    let told = serde_json::from_slice::<Instance>(&body).ok();
    let told = told.and_then(|instance| {
        let streaming = instance.configuration.urls.streaming;
        let http = match streaming.split_once("://")? {
            ("wss" | "https", rest) => format!("https://{rest}"),
            ("ws" | "http", rest) if source.base.scheme() == "http" => format!("http://{rest}"),
            _ => return None,
        };
        Url::parse(&http).ok()
    });
    let fits = |url: &Url| url.host_str().is_some() && url.username().is_empty();
    Ok(told.filter(fits).unwrap_or_else(|| source.base.clone()))
}

async fn open(
    source: &MastodonSource,
    client: &Client,
    base: &Url,
    tag: &str,
) -> Result<Response, SourceError> {
    let path = ["v1", "streaming", "hashtag"];
    let request = source.request(client, base, &path, &[("tag", tag)]);
    let server = http::host(base);
    let opened = http::open(request.timeout(LONGEST), &server, source.clock.now());
    match tokio::time::timeout(OPEN_TIMEOUT, opened).await {
        Ok(opened) => opened.map_err(|failure| page::advised(source, failure.into())),
        Err(_) => Err(SourceError::Retry(format!(
            "{server} opened no stream of #{tag} within {} s",
            OPEN_TIMEOUT.as_secs()
        ))),
    }
}

/// A connection's bytes. The read that is under way is kept in it, so that no byte is lost where the wait for it is given
/// up.
fn bytes((number, response): (usize, Response)) -> BoxStream<'static, Came> {
    let chunks = stream::unfold(Some(response), move |response| async move {
        let mut response = response?;
        let (came, rest) = match response.chunk().await {
            Ok(Some(chunk)) => (Ok(chunk.to_vec()), Some(response)),
            Ok(None) => (Err("ended".to_owned()), None),
            Err(error) => (Err(format!("broke off: {}", error.without_url())), None),
        };
        Some(((number, came), rest))
    });
    chunks.boxed()
}
