//! The discord channel: a digest as one message of a Discord webhook.
//!
//! A webhook knows no idempotency key and lists no messages, so a digest is posted exactly once per send; or a short
//! message is, and the digest edited into it, which can be repeated at will.

mod answer;
mod message;
mod request;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, sync::Mutex, time::Duration};

use async_trait::async_trait;
use moodwire_model::{Digest, Pace};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use self::message::Message;
use crate::{
    Body, Channel, Editing, Language, Preview, SendError, Sent, chart,
    http::{Endpoint, address},
};

/// The form that Discord requires; without it its proxy may refuse the request (code 40333).
const USER_AGENT: &str = concat!(
    "DiscordBot (https://github.com/moodwire/moodwire, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// Five messages in 2 s to a webhook and 30 in 60 s to a channel: seen by many, and told by Discord's staff, but in no
/// header (discord-api-docs #367, #6753). A little longer, for requests that overtake each other on their way.
const PACES: [Pace; 2] = [
    Pace {
        requests: 5,
        per: Duration::from_millis(2_500),
    },
    Pace {
        requests: 30,
        per: Duration::from_secs(62),
    },
];

/// The longest title of a thread.
const MAX_THREAD_NAME: usize = 100;

/// A Discord webhook as a channel.
pub struct DiscordChannel {
    name: String,
    endpoint: Endpoint,
    options: DiscordOptions,
    /// Until when Discord has asked to be left alone.
    closed_until: Mutex<Option<Instant>>,
}

/// How digests look on a Discord channel, and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscordOptions {
    /// What they are written in.
    pub language: Language,
    /// Whether a chart of the last 24 hours is attached, once there are two hours to show.
    pub chart: bool,
    /// The thread that they go to, by its id.
    pub thread_id: Option<String>,
    /// In a forum: the title of the thread that each begins, `{hour}` in it standing for the hour.
    pub thread_name: Option<String>,
    /// Whether a short message is posted first and the digest edited into it.
    pub edit: bool,
    /// Whether Discord's limits are kept before it has to say so; not for a receiver of one's own.
    pub paced: bool,
}

impl Default for DiscordOptions {
    fn default() -> Self {
        Self {
            language: Language::En,
            chart: true,
            thread_id: None,
            thread_name: None,
            edit: false,
            paced: true,
        }
    }
}

impl DiscordChannel {
    /// The channel called `name` that posts to the webhook at `url`, as Discord's channel settings show it. A
    /// `thread_id` in its query is kept.
    ///
    /// # Errors
    /// One sentence, without the URL, when it is no http(s) URL, when TLS cannot be set up, or when the thread is both
    /// named and to be made.
    pub fn new(name: String, url: &SecretString, options: DiscordOptions) -> Result<Self, String> {
        let url = webhook(url.expose_secret(), options.thread_id.as_deref()).ok_or_else(|| {
            format!(
                "the `url` of channel \"{name}\" is no http(s) URL: copy it from the Discord channel's settings, under \
                 Integrations, Webhooks"
            )
        })?;
        if options.thread_name.is_some() && url.query_pairs().any(|(key, _)| key == "thread_id") {
            return Err(format!(
                "channel \"{name}\" has both thread_id and thread_name: leave one out, since a message goes to a thread \
                 or begins one"
            ));
        }
        let endpoint = Endpoint::new("Discord", url, USER_AGENT, Vec::new()).map_err(|error| {
            format!(
                "TLS for channel \"{name}\" could not be set up ({error}): install the system's CA certificates"
            )
        })?;
        Ok(Self {
            name,
            endpoint,
            options,
            closed_until: Mutex::new(None),
        })
    }

    /// The digest's message and its chart.
    fn compose(&self, digest: &Digest) -> (Message, Option<Vec<u8>>) {
        let language = self.options.language;
        let message = message::message(digest, language);
        let chart = self
            .options
            .chart
            .then(|| chart::of_digest(digest, language));
        match chart.flatten() {
            Some(png) => {
                let described = chart::title(language).to_owned();
                (message.with_chart(described), Some(png))
            }
            None => (message, None),
        }
    }

    /// In a forum each message begins a thread, and says its title.
    fn titled(&self, mut message: Message, hour: &str) -> Message {
        message.thread_name = self
            .options
            .thread_name
            .as_ref()
            .map(|title| crate::cut::cut(&title.replace("{hour}", hour), MAX_THREAD_NAME));
        message
    }

    async fn execute(
        &self,
        method: Method,
        url: Url,
        message: &Message,
        chart: Option<&[u8]>,
    ) -> Result<Sent, SendError> {
        let request = request::request(message, chart);
        let answer = self
            .endpoint
            .send(method, url, &[], &request.content_type, request.body)
            .await?;
        self.obey(answer.exhausted);
        let judged = answer::judge(&answer);
        if let Err(SendError::Later { after, .. }) = &judged {
            self.obey(Some(*after));
        }
        judged.map_err(|error| self.endpoint.redacted_error(error))
    }

    /// Notes that nothing more may be sent for so long.
    fn obey(&self, wait: Option<Duration>) {
        let until = wait.and_then(|wait| Instant::now().checked_add(wait));
        if let (Some(until), Ok(mut closed)) = (until, self.closed_until.lock()) {
            *closed = Some(until);
        }
    }

    /// Where the message of this id is edited. In a forum a thread has the id of the message that began it.
    fn message_url(&self, message_id: &str) -> Url {
        let mut url = self.endpoint.url().clone();
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .into_owned()
            .filter(|(key, _)| key == "thread_id")
            .collect();
        url.set_query(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["messages", message_id]);
        }
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        } else if self.options.thread_name.is_some() {
            url.query_pairs_mut().append_pair("thread_id", message_id);
        }
        url
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
        let (message, chart) = self.compose(digest);
        let message = self.titled(message, &self.options.language.hour(&digest.summary));
        let url = self.endpoint.url().clone();
        self.execute(Method::POST, url, &message, chart.as_deref())
            .await
    }

    fn preview(&self, digest: &Digest) -> Preview {
        let (message, chart) = self.compose(digest);
        let message = if self.options.edit {
            message
        } else {
            self.titled(message, &self.options.language.hour(&digest.summary))
        };
        Preview {
            body: Body::Json(serde_json::to_value(&message).unwrap_or_default()),
            chart,
        }
    }

    async fn test(&self) -> Result<Sent, SendError> {
        let language = self.options.language;
        let message = message::test(&self.name, language);
        let message = self.titled(message, language.pick("test", "essai"));
        let url = self.endpoint.url().clone();
        self.execute(Method::POST, url, &message, None).await
    }

    fn paces(&self) -> &[Pace] {
        if self.options.paced { &PACES } else { &[] }
    }

    fn pause(&self) -> Option<Duration> {
        let until = (*self.closed_until.lock().ok()?)?;
        until
            .checked_duration_since(Instant::now())
            .filter(|wait| !wait.is_zero())
    }

    fn editing(&self) -> Option<&dyn Editing> {
        self.options.edit.then_some(self as &dyn Editing)
    }
}

#[async_trait]
impl Editing for DiscordChannel {
    async fn place(&self, digest: &Digest) -> Result<Sent, SendError> {
        let language = self.options.language;
        let message = message::placeholder(digest, language);
        let message = self.titled(message, &language.hour(&digest.summary));
        let url = self.endpoint.url().clone();
        let sent = self.execute(Method::POST, url, &message, None).await?;
        if sent.message_id.is_none() {
            return Err(SendError::Uncertain(
                "Discord took the short message but did not say its id: look in the Discord channel".to_owned(),
            ));
        }
        Ok(sent)
    }

    async fn edit(&self, message_id: &str, digest: &Digest) -> Result<Sent, SendError> {
        let (message, chart) = self.compose(digest);
        let url = self.message_url(message_id);
        let sent = self
            .execute(Method::PATCH, url, &message, chart.as_deref())
            .await?;
        Ok(Sent {
            message_id: sent.message_id.or_else(|| Some(message_id.to_owned())),
        })
    }
}

impl fmt::Debug for DiscordChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscordChannel")
            .field("name", &self.name)
            .field("host", &self.endpoint.url().host_str())
            .finish_non_exhaustive()
    }
}

/// The address to post to: with `wait=true`, without which Discord reports success before it has saved the message.
fn webhook(configured: &str, thread_id: Option<&str>) -> Option<Url> {
    let mut url = address(configured)?;
    let ours = |key: &str| key == "wait" || (key == "thread_id" && thread_id.is_some());
    let others: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(key, _)| !ours(key))
        .collect();
    let thread = thread_id.map(|id| ("thread_id".to_owned(), id.to_owned()));
    url.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .extend_pairs(thread)
        .append_pair("wait", "true");
    Some(url)
}
