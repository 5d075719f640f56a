//! What each kind of receiver says, word for word, and what it demands of a request.

use moodwire_testing::contract::{self, Request};
use serde_json::{Value, json};

use super::fault::Limit;

/// A kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// One message.
    Discord,
    /// A short message, and the digest edited into it.
    Edit,
    Slack,
    Telegram,
    Webhook,
}

/// An answer before it is written.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

const PAGE: &str = "<!DOCTYPE html>\n<html><body><h1>One moment, please</h1></body></html>";

impl Answer {
    fn json(status: u16, body: &Value) -> Self {
        Self {
            content_type: "application/json",
            ..Self::text(status, &body.to_string())
        }
    }

    fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "text/plain",
            body: body.to_owned(),
        }
    }

    /// A page of whatever stands before the receiver.
    pub(super) fn page(status: u16) -> Self {
        Self {
            content_type: "text/html; charset=UTF-8",
            ..Self::text(status, PAGE)
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same as the last one that is allowed for a moment.
    pub(super) fn last_for_now(self) -> Self {
        self.with("X-RateLimit-Remaining", "0")
            .with("X-RateLimit-Reset-After", "0.25")
    }

    /// The request breaks the contract.
    pub(super) fn refused(sentence: &str) -> Self {
        Self::text(400, sentence)
    }
}

impl Kind {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Edit => "discord, edited",
            Self::Slack => "slack",
            Self::Telegram => "telegram",
            Self::Webhook => "webhook",
        }
    }

    /// The channel's lines of configuration, but for its address.
    pub(super) fn config(self) -> &'static str {
        match self {
            Self::Discord => "kind = \"discord\"",
            Self::Edit => "kind = \"discord\"\nconfirm = \"edit\"",
            Self::Slack => "kind = \"slack\"",
            Self::Telegram => {
                "kind = \"telegram\"\ntoken = \"123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11\"\nchat_id = \"-1001234567890\""
            }
            Self::Webhook => {
                "kind = \"webhook\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\""
            }
        }
    }

    /// The address's path.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Discord | Self::Edit => {
                "/api/webhooks/123456789012345678/kE7rPz0Vd1mQw8aYxJtHcN5uLfS2gBoI9nR4eKq6ZvTbWlXyMhGjDsUaCpFi3OQ0aB_-"
            }
            Self::Slack => "/services/T000/B000/kE7rPz0Vd1mQw8aYxJtHcN5u",
            Self::Telegram => "",
            Self::Webhook => "/hooks/mood",
        }
    }

    /// The message of a request, when it keeps the contract.
    pub(super) fn read(self, request: &Request) -> Result<Value, String> {
        match self {
            Self::Discord | Self::Edit => contract::discord(request),
            Self::Slack => contract::slack(request),
            Self::Telegram => contract::telegram(request),
            Self::Webhook => contract::webhook(request),
        }
    }

    /// The hour of the day that a message is about.
    pub(super) fn hour(self, message: &Value) -> Option<u64> {
        let text = match self {
            Self::Discord | Self::Edit => message["embeds"][0]["timestamp"].as_str()?,
            Self::Slack => message["blocks"][0]["text"]["text"].as_str()?,
            Self::Telegram => message["text"].as_str()?.strip_prefix("<b>")?,
            Self::Webhook => message["hour"].as_str()?,
        };
        // `2026-03-01`, a sign between, and the hour.
        text.get(11..13)?.parse().ok()
    }

    /// The message is taken, under this number.
    pub(super) fn taken(self, id: u64) -> Answer {
        match self {
            Self::Discord | Self::Edit => Answer::json(200, &json!({"id": id.to_string()})),
            Self::Slack => Answer::text(200, "ok"),
            Self::Telegram => Answer::json(200, &json!({"ok": true, "result": {"message_id": id}})),
            Self::Webhook => Answer::text(204, ""),
        }
    }

    /// The target is there no more.
    pub(super) fn gone(self) -> Answer {
        match self {
            Self::Discord | Self::Edit => {
                Answer::json(404, &json!({"message": "Unknown Webhook", "code": 10_015}))
            }
            Self::Slack => Answer::text(404, "no_service"),
            Self::Telegram => Answer::json(
                403,
                &json!({"ok": false, "error_code": 403,
                    "description": "Forbidden: bot was kicked from the supergroup chat"}),
            ),
            Self::Webhook => Answer::text(410, "Gone"),
        }
    }

    /// The message that was to be edited is there no more.
    pub(super) fn withdrawn() -> Answer {
        Answer::json(404, &json!({"message": "Unknown Message", "code": 10_008}))
    }

    /// Nothing was done, in the kind's own words; none where it has none.
    pub(super) fn overloaded(self) -> Option<Answer> {
        match self {
            Self::Discord | Self::Edit => Some(Answer::json(
                503,
                &json!({"message": "API resource is currently overloaded. Try again a little later", "code": 130_000}),
            )),
            Self::Webhook => Some(Answer::text(503, "later").with("Retry-After", "1")),
            Self::Slack | Self::Telegram => None,
        }
    }

    /// A failure of the server.
    pub(super) fn failed(self, status: u16) -> Answer {
        match self {
            Self::Discord | Self::Edit => Answer::json(
                status,
                &json!({"message": "Internal Server Error", "code": 0}),
            ),
            Self::Telegram => Answer::json(
                status,
                &json!({"ok": false, "error_code": status, "description": "Internal Server Error"}),
            ),
            Self::Slack => Answer::text(status, "rollup_error"),
            Self::Webhook => Answer::text(status, ""),
        }
    }

    /// A rate limit.
    pub(super) fn limited(self, form: Limit) -> Answer {
        let discord = |global: bool| json!({"message": "You are being rate limited.", "retry_after": 0.064, "global": global});
        match (self, form) {
            (_, Limit::Bare) => Answer::page(429),
            (Self::Discord | Self::Edit, Limit::Body) => Answer::json(429, &discord(false))
                .with("Retry-After", "1")
                .with("X-RateLimit-Scope", "user"),
            (Self::Discord | Self::Edit, Limit::Global) => Answer::json(429, &discord(true))
                .with("Retry-After", "1")
                .with("X-RateLimit-Global", "true"),
            (Self::Telegram, Limit::Body | Limit::Global) => Answer::json(
                429,
                &json!({"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 1",
                    "parameters": {"retry_after": 1}}),
            ),
            _ => Answer::text(429, "rate_limited").with("Retry-After", "1"),
        }
    }
}
