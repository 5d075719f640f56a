//! The webhook channel: a digest as a signed JSON document to any URL.
//!
//! Each delivery has an id that names the hour and the channel, the same however often it is sent, so that a receiver
//! that keeps the ids it has seen never takes an hour twice.

mod answer;
mod message;
mod sign;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use moodwire_model::{Clock, Digest, Entropy, mint_ulid, slot};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

use self::{message::Message, sign::Key};
use crate::{
    Body, Channel, Preview, SendError, Sent,
    http::{Endpoint, USER_AGENT, address},
};

/// A URL that takes JSON, as a channel.
pub struct WebhookChannel {
    name: String,
    endpoint: Endpoint,
    /// None: deliveries are not signed.
    key: Option<Key>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl WebhookChannel {
    /// The channel called `name` that posts to `url`, signing with `secret` where there is one.
    ///
    /// # Errors
    /// One sentence, without URL and secret, when either can be none, or when TLS cannot be set up.
    pub fn new(
        name: String,
        url: &SecretString,
        secret: Option<&SecretString>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, String> {
        let url = address(url.expose_secret()).ok_or_else(|| {
            format!("the `url` of channel \"{name}\" is no http(s) URL: set it to where digests are to be posted")
        })?;
        let key = match secret {
            None => None,
            Some(secret) => Some(Key::of(secret).ok_or_else(|| {
                format!(
                    "the `secret` of channel \"{name}\" is none: give at least 24 random bytes in base64, such as \
                     `openssl rand -base64 32` prints"
                )
            })?),
        };
        let secrets = secret.map(|secret| secret.expose_secret().to_owned());
        let endpoint = Endpoint::new("the webhook's receiver", url, USER_AGENT, secrets.into_iter().collect())
            .map_err(|error| format!("TLS for channel \"{name}\" could not be set up ({error}): install the system's CA certificates"))?;
        Ok(Self {
            name,
            endpoint,
            key,
            clock,
            entropy,
        })
    }

    async fn post(&self, delivery: String, message: &Message<'_>) -> Result<Sent, SendError> {
        let body = serde_json::to_vec(message)
            .map_err(|error| SendError::Dead(format!("the digest is no JSON: {error}")))?;
        let timestamp = self.clock.now().timestamp();
        let signature = self
            .key
            .as_ref()
            .and_then(|key| key.sign(&delivery, timestamp, &body));
        let mut headers = vec![
            ("webhook-id", delivery),
            ("webhook-timestamp", timestamp.to_string()),
        ];
        headers.extend(signature.map(|signature| ("webhook-signature", signature)));
        let url = self.endpoint.url().clone();
        let answer = self
            .endpoint
            .send(Method::POST, url, &headers, "application/json", body)
            .await?;
        answer::judge(&answer).map_err(|error| self.endpoint.redacted_error(error))
    }
}

#[async_trait]
impl Channel for WebhookChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "webhook"
    }

    async fn send(&self, digest: &Digest) -> Result<Sent, SendError> {
        let delivery = slot::publish(&self.name, digest.summary.hour);
        self.post(delivery, &message::message(digest, &self.name))
            .await
    }

    fn preview(&self, digest: &Digest) -> Preview {
        let message = message::message(digest, &self.name);
        Preview {
            body: Body::Json(serde_json::to_value(message).unwrap_or_default()),
            chart: None,
        }
    }

    async fn test(&self) -> Result<Sent, SendError> {
        let ulid = mint_ulid(&*self.clock, &*self.entropy);
        let delivery = format!("test:{}:{ulid}", self.name);
        self.post(delivery, &message::test(&self.name)).await
    }
}

impl fmt::Debug for WebhookChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookChannel")
            .field("name", &self.name)
            .field("host", &self.endpoint.url().host_str())
            .finish_non_exhaustive()
    }
}
