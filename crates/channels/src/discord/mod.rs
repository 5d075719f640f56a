//! The discord channel: a digest as one message of a Discord webhook.
//!
//! A webhook knows no idempotency key and lists no messages, so a digest is posted exactly once per send: no retry, no
//! redirect, no connection that was used before.

mod answer;
mod message;
#[cfg(test)]
mod tests;
mod text;

use std::{error::Error, fmt, time::Duration};

use async_trait::async_trait;
use moodwire_model::Digest;
use reqwest::{Client, Url, redirect::Policy, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::{Channel, SEND_DEADLINE, SendError, Sent};

/// The form that Discord requires; without it its proxy may refuse the request (code 40333).
const USER_AGENT: &str = concat!(
    "DiscordBot (https://github.com/moodwire/moodwire, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// Time for name, connection and TLS: half of the deadline, so that a server that cannot be reached is told, as proof
/// that nothing was sent, from one that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A Discord webhook as a channel.
pub struct DiscordChannel {
    name: String,
    /// With the webhook's token: never shown.
    url: Url,
    client: Client,
}

impl DiscordChannel {
    /// The channel called `name` that posts to the webhook at `url`, as Discord's channel settings show it. A
    /// `thread_id` in its query is kept.
    ///
    /// # Errors
    /// One sentence, without the URL, when it is no http(s) URL, or when TLS cannot be set up.
    pub fn new(name: String, url: &SecretString) -> Result<Self, String> {
        let url = webhook(url.expose_secret()).ok_or_else(|| {
            format!(
                "the `url` of channel \"{name}\" is no http(s) URL: copy it from the Discord channel's settings, under \
                 Integrations, Webhooks"
            )
        })?;
        let client = client(&url).map_err(|error| {
            format!(
                "TLS for channel \"{name}\" could not be set up ({}): install the system's CA certificates",
                chain(&error)
            )
        })?;
        Ok(Self { name, url, client })
    }

    /// What a failed request proves about whether the digest arrived.
    fn transport_error(&self, error: reqwest::Error) -> SendError {
        let error = error.without_url();
        let said = self.redacted(&chain(&error));
        if error.is_builder() || error.is_redirect() {
            SendError::Dead(format!("the request to Discord could not be made: {said}"))
        } else if error.is_connect() {
            SendError::Unsent(format!("Discord could not be reached: {said}"))
        } else {
            SendError::Uncertain(format!(
                "the connection to Discord was lost before an answer came ({said}), and the digest may have been \
                 posted: look in the Discord channel"
            ))
        }
    }

    /// `text` without the webhook's token, which a server might repeat.
    fn redacted(&self, text: &str) -> String {
        let segments = self.url.path_segments().into_iter().flatten();
        segments
            .filter(|segment| segment.len() > "webhooks".len())
            .fold(text.to_owned(), |text, secret| {
                text.replace(secret, "[redacted]")
            })
    }

    fn redacted_error(&self, error: SendError) -> SendError {
        match error {
            SendError::Unsent(said) => SendError::Unsent(self.redacted(&said)),
            SendError::Later { after, reason } => SendError::Later {
                after,
                reason: self.redacted(&reason),
            },
            SendError::Dead(said) => SendError::Dead(self.redacted(&said)),
            SendError::Uncertain(said) => SendError::Uncertain(self.redacted(&said)),
        }
    }
}

#[async_trait]
impl Channel for DiscordChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "discord"
    }

    async fn send(&self, digest: &Digest) -> Result<Sent, SendError> {
        let request = self
            .client
            .post(self.url.clone())
            .json(&message::message(digest));
        let response = request
            .send()
            .await
            .map_err(|error| self.transport_error(error))?;
        answer::judge(response)
            .await
            .map_err(|error| self.redacted_error(error))
    }
}

impl fmt::Debug for DiscordChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscordChannel")
            .field("name", &self.name)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

/// The address to post to: with `wait=true`, without which Discord reports success before it has saved the message.
fn webhook(configured: &str) -> Option<Url> {
    let mut url = Url::parse(configured.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let others: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(key, _)| key != "wait")
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("wait", "true");
    url.set_fragment(None);
    Some(url)
}

fn client(url: &Url) -> Result<Client, reqwest::Error> {
    // Err: another part of the program has installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(SEND_DEADLINE)
        .redirect(Policy::none())
        .retry(retry::never())
        // On a connection that was kept, a request may meet its close, and nobody can tell whether it was read.
        .pool_max_idle_per_host(0)
        .http1_only();
    if url.scheme() == "http" {
        // Plain HTTP must work where no CA certificates are installed.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// An error with its causes on one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}
