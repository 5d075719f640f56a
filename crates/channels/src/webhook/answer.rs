//! What a receiver's answer means for a digest; docs/webhook.md tells receivers.

use reqwest::StatusCode;

use crate::{SendError, Sent, http::Answer};

const SERVICE: &str = "the webhook's receiver";

/// Reads the answer to the one request that was made. Any success stands. A 503 that says when to come back says that
/// nothing was taken; any other failure of the server says nothing.
pub(super) fn judge(answer: &Answer) -> Result<Sent, SendError> {
    let first_line = answer.body.lines().next();
    let said = answer.said(first_line);
    if answer.status.is_success() {
        return Ok(Sent { message_id: None });
    }
    Err(match answer.status {
        StatusCode::TOO_MANY_REQUESTS => answer.limited(SERVICE, None, &said),
        StatusCode::SERVICE_UNAVAILABLE if answer.wait.is_some() => {
            answer.limited(SERVICE, None, &said)
        }
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::GONE => {
            SendError::Gone(format!(
                "the webhook's receiver is gone or refuses us ({said}): mend the channel's `url` or `secret`"
            ))
        }
        _ => answer.refused(SERVICE, &said),
    })
}
