//! What a Bluesky source is made of, and what is wrong with settings that cannot be used.

use std::str::FromStr;

use secrecy::SecretString;
use url::Url;

/// How posts are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlueskyMode {
    /// All posts of the network, as they are made, over a Jetstream.
    #[default]
    Jetstream,
    /// The feeds of accounts and the results of searches.
    Poll,
}

impl FromStr for BlueskyMode {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "jetstream" => Ok(Self::Jetstream),
            "poll" => Ok(Self::Poll),
            _ => Err(format!(
                "mode is \"{word}\": the modes are jetstream and poll"
            )),
        }
    }
}

/// What a Bluesky source is made of. Of what is none the network's own is taken.
#[derive(Debug, Clone, Default)]
pub struct BlueskySettings {
    /// How posts are read.
    pub mode: BlueskyMode,
    /// Mode `jetstream`: where the stream is, such as `wss://jetstream2.us-east.bsky.network/subscribe`.
    pub url: Option<String>,
    /// Mode `jetstream`: where else it is, in the order in which these are tried. With neither this nor `url`, the network's
    /// other ones.
    pub fallback: Vec<String>,
    /// Mode `jetstream`: whether events are to be sent compressed.
    pub compress: bool,
    /// The server's zstd dictionary: a file, or a URL.
    pub dictionary: Option<String>,
    /// Mode `poll`: accounts (handles or DIDs) to read beside the watchlist's.
    pub accounts: Vec<String>,
    /// Mode `poll`: searches beside the watchlist's keywords and cashtags.
    pub queries: Vec<String>,
    /// Where posts and profiles are asked for without a login.
    pub api: Option<String>,
    /// Who logs in: a handle, a DID or an e-mail address.
    pub identifier: Option<String>,
    /// The password, best an app password.
    pub password: Option<SecretString>,
    /// The server of the account that logs in.
    pub service: Option<String>,
}

const URL: &str = "wss://jetstream2.us-east.bsky.network/subscribe";

/// The network's other ones. All four compress by the same dictionary.
const OTHERS: [&str; 3] = [
    "wss://jetstream1.us-east.bsky.network/subscribe",
    "wss://jetstream2.us-west.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe",
];
const API: &str = "https://public.api.bsky.app";
const SERVICE: &str = "https://bsky.social";

impl BlueskySettings {
    /// Where the stream is, in the order in which hosts are tried; never empty.
    pub(super) fn streams(&self) -> Result<Vec<Url>, String> {
        const SCHEMES: [&str; 2] = ["wss", "ws"];
        let first = self.url.as_deref().unwrap_or(URL);
        let mut streams = vec![address("url", first, SCHEMES, URL)?];
        if self.url.is_none() && self.fallback.is_empty() {
            for other in OTHERS {
                streams.push(address("fallback", other, SCHEMES, URL)?);
            }
        }
        for other in &self.fallback {
            streams.push(address("fallback", other, SCHEMES, URL)?);
        }
        Ok(streams)
    }

    /// Where posts and profiles are asked for.
    pub(super) fn server(&self) -> Result<Url, String> {
        let (key, written, example) = if self.identifier.is_some() {
            ("service", &self.service, SERVICE)
        } else {
            ("api", &self.api, API)
        };
        let written = written.as_deref().unwrap_or(example);
        address(key, written, ["https", "http"], example)
    }

    /// Refuses what cannot go together.
    pub(super) fn check(&self) -> Result<(), String> {
        let stream = self.mode == BlueskyMode::Jetstream;
        let strays = [
            ("accounts", "poll", stream && !self.accounts.is_empty()),
            ("queries", "poll", stream && !self.queries.is_empty()),
            ("url", "jetstream", !stream && self.url.is_some()),
            (
                "fallback",
                "jetstream",
                !stream && !self.fallback.is_empty(),
            ),
            ("compress", "jetstream", !stream && self.compress),
            (
                "dictionary",
                "jetstream",
                !stream && self.dictionary.is_some(),
            ),
        ];
        if let Some((key, mode, _)) = strays.into_iter().find(|(_, _, stray)| *stray) {
            return Err(format!(
                "{key} belongs to mode = \"{mode}\": take it out, or set that mode"
            ));
        }
        if self.compress && self.dictionary.is_none() {
            return Err("compress is true, but there is no dictionary: set dictionary to the file or URL of Jetstream's zstd dictionary".to_owned());
        }
        if self.identifier.is_some() != self.password.is_some() {
            return Err(
                "a login needs both identifier and password: set the other one as well, or neither"
                    .to_owned(),
            );
        }
        if self.service.is_some() && self.identifier.is_none() {
            return Err("service is where identifier logs in, and there is none: set identifier and password, or take it out".to_owned());
        }
        self.check_lists()
    }

    fn check_lists(&self) -> Result<(), String> {
        let no_account = |name: &&String| {
            let name = name.trim().trim_start_matches('@');
            !(name.starts_with("did:") || name.contains('.')) || name.contains(char::is_whitespace)
        };
        if let Some(name) = self.accounts.iter().find(no_account) {
            return Err(format!(
                "accounts holds \"{name}\": write a handle such as \"name.bsky.social\", or a DID"
            ));
        }
        match self.queries.iter().find(|query| query.trim().is_empty()) {
            Some(_) => Err("queries holds a blank one: take it out".to_owned()),
            None => Ok(()),
        }
    }
}

fn address(key: &str, written: &str, schemes: [&str; 2], example: &str) -> Result<Url, String> {
    let parsed = Url::parse(written.trim()).ok();
    let fits = |url: &Url| {
        schemes.contains(&url.scheme()) && url.host_str().is_some() && url.password().is_none()
    };
    parsed.filter(fits).ok_or_else(|| {
        format!("{key} is \"{written}\": set it to an address such as \"{example}\"")
    })
}
