//! The slack channel: a digest as one message of a Slack incoming webhook, in blocks.

mod answer;
mod message;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use moodwire_model::{Digest, Pace};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::{
    Body, Channel, Language, Preview, SendError, Sent,
    http::{Endpoint, USER_AGENT, address},
};

/// One message a second to a webhook (Slack's reference, "Rate limits").
const PACES: [Pace; 1] = [Pace {
    requests: 1,
    per: Duration::from_millis(1_200),
}];

/// A Slack incoming webhook as a channel.
pub struct SlackChannel {
    name: String,
    endpoint: Endpoint,
    language: Language,
    paces: &'static [Pace],
}

impl SlackChannel {
    /// The channel called `name` that posts to the webhook at `url`; `paced`, at most once a second.
    ///
    /// # Errors
    /// One sentence, without the URL, when it is no http(s) URL, or when TLS cannot be set up.
    pub fn new(
        name: String,
        url: &SecretString,
        language: Language,
        paced: bool,
    ) -> Result<Self, String> {
        let url = address(url.expose_secret()).ok_or_else(|| {
            format!(
                "the `url` of channel \"{name}\" is no http(s) URL: copy it from the Slack app's settings, under Incoming \
                 Webhooks"
            )
        })?;
        let endpoint = Endpoint::new("Slack", url, USER_AGENT, Vec::new())
            .map_err(|error| format!("TLS for channel \"{name}\" could not be set up ({error}): install the system's CA certificates"))?;
        Ok(Self {
            name,
            endpoint,
            language,
            paces: if paced { &PACES } else { &[] },
        })
    }

    async fn post(&self, message: &Value) -> Result<Sent, SendError> {
        let url = self.endpoint.url().clone();
        let body = message.to_string().into_bytes();
        let answer = self
            .endpoint
            .send(Method::POST, url, &[], "application/json", body)
            .await?;
        answer::judge(&answer).map_err(|error| self.endpoint.redacted_error(error))
    }
}

#[async_trait]
impl Channel for SlackChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "slack"
    }

    async fn send(&self, digest: &Digest) -> Result<Sent, SendError> {
        self.post(&message::message(digest, self.language)).await
    }

    fn preview(&self, digest: &Digest) -> Preview {
        Preview {
            body: Body::Json(message::message(digest, self.language)),
            chart: None,
        }
    }

    async fn test(&self) -> Result<Sent, SendError> {
        self.post(&message::test(&self.name, self.language)).await
    }

    fn paces(&self) -> &[Pace] {
        self.paces
    }
}

impl fmt::Debug for SlackChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackChannel")
            .field("name", &self.name)
            .field("host", &self.endpoint.url().host_str())
            .finish_non_exhaustive()
    }
}
