//! The Mastodon source: hashtag and account timelines of one server, polled forward.
//!
//! `since_id` gives the newest page above an id, so that a gap opens when more came than a page holds; `min_id` gives the
//! page immediately above it, so each timeline is followed with `min_id`, along the server's `Link` header, until a page is
//! empty. (Mastodon documentation, api/guidelines, "Pagination".) A timeline that was never read begins with its newest
//! page. Only public statuses are kept; of a reblog the original counts.
//!
//! With `stream` hashtags come over streams as well, at once and with their edits and deletions. Each slice of a stream
//! begins with a pass over all timelines: it reads the accounts, and whatever the streams left out.

mod connect;
mod html;
mod link;
mod page;
mod position;
mod post;
mod recent;
mod sse;
mod stream;
#[cfg(test)]
mod tests;
mod timeline;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use moodwire_model::{Clock, truncate_to_millis};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use self::timeline::Timeline;
use crate::{Budget, Page, Source, SourceError, Streaming, Watchlist, http};

/// What a Mastodon source is made of.
#[derive(Debug, Clone, Default)]
pub struct MastodonSettings {
    /// The server, such as `https://mastodon.social`.
    pub url: String,
    /// Hashtags to follow beside those among the watchlist's keywords; the `#` may be left out.
    pub hashtags: Vec<String>,
    /// Accounts (`name@host`) to follow beside the watchlist's.
    pub accounts: Vec<String>,
    /// An access token, for servers that show their timelines to their users alone.
    pub token: Option<SecretString>,
    /// Whether hashtags come over streams beside; needs a token.
    pub stream: bool,
}

/// Timelines of one Mastodon server as a source.
#[derive(Clone)]
pub struct MastodonSource {
    name: String,
    base: Url,
    /// The server's name, with its port where it has one.
    host: String,
    token: Option<SecretString>,
    streams: bool,
    timelines: Vec<Timeline>,
    client: Client,
    clock: Arc<dyn Clock>,
}

impl MastodonSource {
    /// The source called `name` with these settings.
    ///
    /// # Errors
    /// One sentence that names the key that cannot be used, and the mend.
    pub fn new(
        name: String,
        settings: &MastodonSettings,
        watchlist: &Watchlist,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let base = server(&settings.url)?;
        refuse_names(settings)?;
        let timelines = timeline::all(&settings.hashtags, &settings.accounts, watchlist);
        if timelines.is_empty() {
            return Err("there is nothing to read: set hashtags = [\"bitcoin\"] or accounts = [\"name@host\"], or an [[actor]] with mastodon or a #keyword".to_owned());
        }
        refuse_stream(settings, &timelines)?;
        Ok(Self {
            client: http::client(&base)?,
            name,
            host: http::host(&base),
            base,
            token: settings.token.clone(),
            streams: settings.stream,
            timelines,
            clock,
        })
    }

    /// A request for `path`, segment by segment, with the token where there is one.
    fn get(&self, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        self.request(&self.client, &self.base, path, query)
    }

    /// The same of another server.
    fn request(
        &self,
        client: &Client,
        base: &Url,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> RequestBuilder {
        let mut url = base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = client.get(url);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }
}

#[async_trait]
impl Source for MastodonSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "mastodon"
    }

    async fn read(&self, position: &Value, _: &dyn Budget) -> Result<Page, SourceError> {
        let now = truncate_to_millis(self.clock.now());
        page::read(self, position, now).await
    }

    fn streaming(&self) -> Option<&dyn Streaming> {
        self.streams.then_some(self)
    }

    async fn check(&self) -> Result<(), SourceError> {
        let now = self.clock.now();
        let asked = http::ask(self.get(&["v2", "instance"], &[]), &self.host, now).await;
        asked
            .map(drop)
            .map_err(|failure| page::advised(self, failure.into()))
    }
}

impl fmt::Debug for MastodonSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MastodonSource")
            .field("name", &self.name)
            .field("host", &self.host)
            .field("timelines", &self.timelines.len())
            .finish_non_exhaustive()
    }
}

fn server(url: &str) -> Result<Url, String> {
    let refused =
        || format!("url is \"{url}\": set it to the server's, such as \"https://mastodon.social\"");
    let base = Url::parse(url.trim()).map_err(|_| refused())?;
    if !matches!(base.scheme(), "http" | "https")
        || base.host_str().is_none()
        || base.password().is_some()
    {
        return Err(refused());
    }
    Ok(base)
}

fn refuse_stream(settings: &MastodonSettings, timelines: &[Timeline]) -> Result<(), String> {
    if !settings.stream {
        return Ok(());
    }
    if settings.token.is_none() {
        return Err("stream is true, but servers stream to their users alone: set token, or take stream out".to_owned());
    }
    if timelines
        .iter()
        .all(|timeline| timeline.account().is_some())
    {
        return Err("stream is true, but only hashtags are streamed and none is followed: set hashtags, or take stream out".to_owned());
    }
    Ok(())
}

fn refuse_names(settings: &MastodonSettings) -> Result<(), String> {
    let tag = |tag: &&String| !timeline::is_tag(tag.trim().trim_start_matches('#'));
    if let Some(tag) = settings.hashtags.iter().find(tag) {
        return Err(format!(
            "hashtags holds \"{tag}\": a hashtag has letters, digits and _ only"
        ));
    }
    let account = |account: &&String| {
        let name = account.trim().trim_start_matches('@');
        !name
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
    };
    match settings.accounts.iter().find(account) {
        Some(account) => Err(format!(
            "accounts holds \"{account}\": write an account with its server, such as \"name@mastodon.social\""
        )),
        None => Ok(()),
    }
}
