//! The configuration: small sections with defaults, each of which can be checked on its own.
//!
//! `moodwire.example.toml`, embedded here as [`EXAMPLE`], is the reference of every key.

mod console;
mod env;
mod error;
mod load;
mod section;
mod validate;

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub(crate) use self::console::Console;
pub(crate) use self::error::ConfigError;
pub(crate) use self::load::{Loaded, load};
pub(crate) use self::section::{
    CatchUp, Log, LogFormat, Metrics, MissedTicks, Publish, Retention, Retry, Schedule, Scorer,
    Telemetry, Worker,
};

/// The commented default configuration.
pub(crate) const EXAMPLE: &str = include_str!("../../moodwire.example.toml");

/// What is configured, defaults filled in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where files of our own go: the embedded database, copies of standard input.
    pub(crate) data_dir: Option<PathBuf>,
    /// The job queue.
    pub(crate) queue: Queue,
    /// Raw posts.
    pub(crate) lake: StoreUrl,
    /// Scored posts, hours, publications.
    pub(crate) warehouse: StoreUrl,
    /// When sources are collected.
    pub(crate) schedule: Schedule,
    /// How posts are scored.
    pub(crate) scorer: Scorer,
    /// When hours are published.
    pub(crate) publish: Publish,
    /// How jobs run.
    pub(crate) worker: Worker,
    /// What a failure costs.
    pub(crate) retry: Retry,
    /// How long ended jobs are kept.
    pub(crate) retention: Retention,
    /// Who may look at it all in a browser.
    pub(crate) console: Console,
    /// Where metrics are served.
    pub(crate) metrics: Metrics,
    /// How logs are written.
    pub(crate) log: Log,
    /// Where traces go.
    pub(crate) telemetry: Telemetry,
    /// The feeds.
    pub(crate) source: Vec<Source>,
    /// The watchlist; when empty, every post is kept.
    pub(crate) actor: Vec<moodwire_sources::Actor>,
    /// The destinations.
    pub(crate) channel: Vec<Channel>,
}

/// The job queue's store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Queue {
    /// `redis://…`, `rediss://…` or `sqlite://…`; the embedded database when none.
    #[serde(serialize_with = "masked_url", skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<SecretString>,
    /// What every Redis key begins with.
    pub(crate) prefix: String,
    /// Serve from a Redis that may evict keys.
    pub(crate) allow_eviction: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            url: None,
            prefix: "moodwire".to_owned(),
            allow_eviction: false,
        }
    }
}

/// A store that is known by its URL alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreUrl {
    /// The URL; the embedded database when none.
    #[serde(serialize_with = "masked_url", skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<SecretString>,
}

/// A feed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Source {
    /// `bluesky`, `mastodon`, `replay` or `x`.
    pub(crate) kind: String,
    /// Its own name: letters, digits, `-` and `_`.
    pub(crate) name: String,
    /// Kind `replay`: a file of JSON Lines, or `-` for standard input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
    /// Kind `mastodon`: the server. Kind `bluesky`: the Jetstream. Kind `x`: the server, when it is not X's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// Kind `mastodon`: hashtags beside the watchlist's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hashtags: Vec<String>,
    /// Accounts beside the watchlist's. Kind `mastodon`: `name@host`. Kind `x`: names. Kind `bluesky`, mode `poll`: handles
    /// or DIDs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) accounts: Vec<String>,
    /// Kind `mastodon`: an access token; kind `x`: the bearer token of an app.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<SecretString>,
    /// Kind `mastodon`: whether hashtags come over streams beside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) stream: bool,
    /// Kind `bluesky`: `jetstream` or `poll`. Kind `x`: `search`, `timeline` or `stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<String>,
    /// Kind `bluesky`, mode `jetstream`: other Jetstreams, for when that one fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fallback: Vec<String>,
    /// Kind `bluesky`, mode `jetstream`: whether events are sent compressed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) compress: bool,
    /// Kind `bluesky`, mode `jetstream`: the server's zstd dictionary, a file or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dictionary: Option<String>,
    /// Kind `bluesky`, mode `poll`, and kind `x`: searches beside those made of the watchlist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) queries: Vec<String>,
    /// Kind `bluesky`: where posts and profiles are asked for without a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api: Option<String>,
    /// Kind `bluesky`: who logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<String>,
    /// Kind `bluesky`: the password to it.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<SecretString>,
    /// Kind `bluesky`: the server of the account that logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
    /// Kind `x`: how it names its fields, `post` or `tweet`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dialect: Option<String>,
    /// Kind `x`: the longest query, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query_limit: Option<usize>,
    /// Kind `x`: how far the first pass looks back.
    #[serde(with = "humantime_serde", skip_serializing_if = "Option::is_none")]
    pub(crate) backfill: Option<Duration>,
    /// Kind `x`: whether authors are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) users: Option<bool>,
    /// Kind `x`: the most reads a UTC day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) daily_reads: Option<u64>,
    /// Kind `x`: the most reads a UTC month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) monthly_reads: Option<u64>,
    /// Kind `x`: what a post costs, in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) post_price: Option<f64>,
    /// Kind `x`: what a user costs, in dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_price: Option<f64>,
    /// A post whose author has fewer followers is never best or worst.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) min_followers: u64,
    /// A post in another language (BCP 47; `en` covers `en-US`) is never best or worst; with none, all pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) languages: Vec<String>,
    /// A post with one of these words or phrases is never best or worst.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) exclude: Vec<String>,
    /// When it is collected, in place of `[schedule] collect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cron: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A destination.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Channel {
    /// `discord`, `slack`, `telegram`, `webhook` or `stdout`.
    pub(crate) kind: String,
    /// Its own name: letters, digits, `-` and `_`.
    pub(crate) name: String,
    /// Where digests are posted; kind `telegram`: the server of bots, when it is not Telegram's own.
    #[serde(serialize_with = "masked_url", skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<SecretString>,
    /// Kind `telegram`: the bot's token.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<SecretString>,
    /// Kind `webhook`: what deliveries are signed with.
    #[serde(serialize_with = "masked", skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<SecretString>,
    /// Kind `telegram`: the chat's id or `@name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) chat_id: Option<String>,
    /// Kinds `discord` and `telegram`: the thread or topic that digests go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thread_id: Option<String>,
    /// Kind `discord`, in a forum: the title of the thread that each digest begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thread_name: Option<String>,
    /// Kind `discord`: whether a chart is attached.
    pub(crate) chart: bool,
    /// Kind `discord`: what says that a digest arrived.
    pub(crate) confirm: Confirm,
    /// Whether the service's limits are kept before it has to say so.
    pub(crate) paced: bool,
    /// What digests are written in.
    pub(crate) language: moodwire_channels::Language,
    /// Only posts that match one of these actors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) actors: Vec<String>,
    /// Only posts that one of these sources brought.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sources: Vec<String>,
    /// An hour with fewer posts is skipped.
    pub(crate) min_posts: u64,
    /// What follows when it cannot be known whether a digest arrived: `hold` or `resend`.
    pub(crate) on_uncertain: moodwire_workers::OnUncertain,
    /// Whether an hour without posts is announced.
    pub(crate) announce_empty: bool,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            kind: String::new(),
            name: String::new(),
            url: None,
            token: None,
            secret: None,
            chat_id: None,
            thread_id: None,
            thread_name: None,
            chart: true,
            confirm: Confirm::default(),
            paced: true,
            language: moodwire_channels::Language::default(),
            actors: Vec::new(),
            sources: Vec::new(),
            min_posts: 0,
            on_uncertain: moodwire_workers::OnUncertain::default(),
            announce_empty: false,
        }
    }
}

/// What says that a digest arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confirm {
    /// The answer to the one request that it is sent with.
    #[default]
    Answer,
    /// The answer to an edit, which can be repeated, of a short message that is posted first.
    Edit,
}

/// A secret as it may be shown: that there is one.
fn masked<S: serde::Serializer>(
    _: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("****")
}

/// A URL as it may be shown: without what identifies or unlocks.
fn masked_url<S: serde::Serializer>(
    url: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use secrecy::ExposeSecret;
    match url {
        Some(url) => serializer.serialize_str(&mask(url.expose_secret())),
        None => serializer.serialize_none(),
    }
}

/// The URL without its password and its options, any of which may unlock something; of a webhook, whose path holds its
/// token, only scheme and host.
pub(crate) fn mask(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else {
        return "****".to_owned();
    };
    if parsed.password().is_some() && parsed.set_password(Some("****")).is_err() {
        return "****".to_owned();
    }
    if matches!(parsed.scheme(), "http" | "https") {
        parsed.set_path("/****");
    }
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.to_string()
}
