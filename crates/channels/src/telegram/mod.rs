//! The telegram channel: a digest as one message of a Telegram bot, in its HTML.

mod answer;
mod message;
#[cfg(test)]
mod tests;
mod text;

use std::{fmt, sync::Mutex, time::Duration};

use async_trait::async_trait;
use moodwire_model::{Digest, Pace};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use self::answer::Verdict;
use crate::{
    Body, Channel, Language, Preview, SendError, Sent,
    http::{Endpoint, USER_AGENT, address},
};

/// One message a second to a chat, twenty a minute to a group (Telegram's FAQ for bots, "My bot is hitting limits").
const PACES: [Pace; 2] = [
    Pace {
        requests: 1,
        per: Duration::from_millis(1_200),
    },
    Pace {
        requests: 20,
        per: Duration::from_secs(62),
    },
];

/// Where bots are served, unless the configuration names a server of one's own.
pub const TELEGRAM_API: &str = "https://api.telegram.org";

/// A chat that a bot writes to, as a channel.
pub struct TelegramChannel {
    name: String,
    endpoint: Endpoint,
    /// The chat's id or `@name`; another one once Telegram has said that it moved.
    chat: Mutex<String>,
    options: TelegramOptions,
}

/// Where a bot writes, and how.
#[derive(Debug, Clone)]
pub struct TelegramOptions {
    /// The chat's id or `@name`.
    pub chat_id: String,
    /// The topic within the chat, by its id.
    pub thread_id: Option<i64>,
    /// What digests are written in.
    pub language: Language,
    /// Whether Telegram's limits are kept before it has to say so.
    pub paced: bool,
}

impl TelegramChannel {
    /// The channel called `name` that writes as the bot with this token, by way of the server at `url`.
    ///
    /// # Errors
    /// One sentence, without the token, when it or the URL can be none, or when TLS cannot be set up.
    pub fn new(
        name: String,
        url: &str,
        token: &SecretString,
        options: TelegramOptions,
    ) -> Result<Self, String> {
        let token = token.expose_secret().trim();
        let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        if token.is_empty() || !token.chars().all(is_token) {
            return Err(format!(
                "the `token` of channel \"{name}\" is none of a Telegram bot: @BotFather gives it, such as 123456:ABC-DEF"
            ));
        }
        let mut url = address(url).ok_or_else(|| {
            format!("the `url` of channel \"{name}\" is no http(s) URL: leave it out, for {TELEGRAM_API}")
        })?;
        url.set_path(&format!(
            "{}/bot{token}/sendMessage",
            url.path().trim_end_matches('/')
        ));
        let endpoint = Endpoint::new("Telegram", url, USER_AGENT, vec![token.to_owned()])
            .map_err(|error| format!("TLS for channel \"{name}\" could not be set up ({error}): install the system's CA certificates"))?;
        Ok(Self {
            name,
            endpoint,
            chat: Mutex::new(options.chat_id.clone()),
            options,
        })
    }

    fn request(&self, text: &str) -> Value {
        let chat = self
            .chat
            .lock()
            .map_or_else(|_| self.options.chat_id.clone(), |chat| chat.clone());
        let chat = chat
            .parse::<i64>()
            .map_or_else(|_| json!(chat), |id| json!(id));
        let mut request = json!({
            "chat_id": chat,
            "text": text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        });
        if let Some(thread) = self.options.thread_id {
            request["message_thread_id"] = json!(thread);
        }
        request
    }

    async fn post(&self, text: &str) -> Result<Sent, SendError> {
        let url = self.endpoint.url().clone();
        let body = self.request(text).to_string().into_bytes();
        let answer = self
            .endpoint
            .send(Method::POST, url, &[], "application/json", body)
            .await?;
        let judged = match answer::judge(&answer) {
            Verdict::Judged(judged) => judged,
            Verdict::Moved(chat) => Err(self.follow(chat)),
        };
        judged.map_err(|error| self.endpoint.redacted_error(error))
    }

    /// Writes to the chat's new id from now on, for as long as this process runs.
    fn follow(&self, chat: i64) -> SendError {
        if let Ok(mut now) = self.chat.lock() {
            *now = chat.to_string();
        }
        SendError::Unsent(format!(
            "the chat has become a supergroup: it is written to there from now on; set chat_id = \"{chat}\""
        ))
    }
}

#[async_trait]
impl Channel for TelegramChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "telegram"
    }

    async fn send(&self, digest: &Digest) -> Result<Sent, SendError> {
        self.post(&message::message(digest, self.options.language))
            .await
    }

    fn preview(&self, digest: &Digest) -> Preview {
        let text = message::message(digest, self.options.language);
        Preview {
            body: Body::Json(self.request(&text)),
            chart: None,
        }
    }

    async fn test(&self) -> Result<Sent, SendError> {
        self.post(&message::test(&self.name, self.options.language))
            .await
    }

    fn paces(&self) -> &[Pace] {
        if self.options.paced { &PACES } else { &[] }
    }
}

impl fmt::Debug for TelegramChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramChannel")
            .field("name", &self.name)
            .field("host", &self.endpoint.url().host_str())
            .finish_non_exhaustive()
    }
}
