//! What Slack's answer means for a digest. A webhook answers in plain text: `ok`, or one word that says what is wrong.

use reqwest::StatusCode;

use crate::{SendError, Sent, http::Answer};

const SERVICE: &str = "Slack";

/// Words that say that the webhook will never work again by itself (Slack's changelog of 2016-05-17, "Errors for incoming
/// webhooks", and what its users have met).
const GONE: [&str; 5] = [
    "invalid_token",
    "no_service",
    "no_team",
    "channel_not_found",
    "channel_is_archived",
];

/// Reads the answer to the one request that was made. A success that is not Slack's `ok` proves nothing.
pub(super) fn judge(answer: &Answer) -> Result<Sent, SendError> {
    let word = answer.body.trim();
    let said = answer.said(Some(word));
    if answer.status.is_success() {
        // An answer that broke off after its head is one of Slack's as well.
        return match word {
            "ok" | "" => Ok(Sent { message_id: None }),
            _ => Err(answer.unknown(SERVICE, &said)),
        };
    }
    Err(match answer.status {
        StatusCode::TOO_MANY_REQUESTS => answer.limited(SERVICE, None, &said),
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::GONE => gone(&said),
        status if status.is_client_error() && GONE.contains(&word) => gone(&said),
        _ => answer.refused(SERVICE, &said),
    })
}

fn gone(said: &str) -> SendError {
    SendError::Gone(format!(
        "Slack refused the webhook ({said}): make a new one under the app's Incoming Webhooks, and set it as the channel's \
         `url`"
    ))
}
