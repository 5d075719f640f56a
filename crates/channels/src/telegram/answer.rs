//! What Telegram's answer means for a digest: JSON with `ok`, and with a description where that is false.

use reqwest::StatusCode;
use serde_json::Value;

use crate::{SendError, Sent, http::Answer};

const SERVICE: &str = "Telegram";

/// Descriptions, in small letters, that say that the bot can write to the chat no more.
const GONE: [&str; 4] = [
    "chat not found",
    "bot was blocked",
    "bot was kicked",
    "bot is not a member",
];

/// What an answer says: that the message was taken or not, or where the chat has moved.
pub(super) enum Verdict {
    Judged(Result<Sent, SendError>),
    /// A group became a supergroup, with this id; nothing was sent.
    Moved(i64),
}

/// Reads the answer to the one request that was made.
pub(super) fn judge(answer: &Answer) -> Verdict {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    let description = body["description"].as_str().unwrap_or_default();
    let said = answer.said(Some(description));
    if answer.status.is_success() {
        return Verdict::Judged(taken(answer, &body, &said));
    }
    if let Some(chat) = body["parameters"]["migrate_to_chat_id"].as_i64() {
        return Verdict::Moved(chat);
    }
    let lower = description.to_lowercase();
    let is_gone = GONE.iter().any(|words| lower.contains(words));
    Verdict::Judged(Err(match answer.status {
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = body["parameters"]["retry_after"].as_f64();
            answer.limited(SERVICE, wait, &said)
        }
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => SendError::Gone(format!(
            "Telegram refused the bot's token ({said}): ask @BotFather for it, and set it as the channel's `token`"
        )),
        StatusCode::FORBIDDEN => gone(&said),
        StatusCode::BAD_REQUEST if is_gone => gone(&said),
        _ => answer.refused(SERVICE, &said),
    }))
}

fn taken(answer: &Answer, body: &Value, said: &str) -> Result<Sent, SendError> {
    // A proxy's page, or a word of Telegram that nobody knows.
    if answer.is_page || body["ok"] == Value::Bool(false) {
        return Err(answer.unknown(SERVICE, said));
    }
    let message_id = body["result"]["message_id"].as_i64();
    Ok(Sent {
        message_id: message_id.map(|id| id.to_string()),
    })
}

fn gone(said: &str) -> SendError {
    SendError::Gone(format!(
        "Telegram does not let the bot write to the chat ({said}): add the bot to it, or set another `chat_id`"
    ))
}
