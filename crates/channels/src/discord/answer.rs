//! What Discord's answer means for a digest: sent, to be sent later, never, or unknown.

use reqwest::StatusCode;
use serde_json::Value;

use crate::{SendError, Sent, http::Answer};

const SERVICE: &str = "Discord";
/// "API resource is currently overloaded. Try again a little later": Discord's word that nothing was done.
const OVERLOADED: i64 = 130_000;
/// "Invalid Form Body", with a tree of what is wrong.
const INVALID_FORM: i64 = 50_035;
/// "Unknown Message": the one that was to be edited.
const UNKNOWN_MESSAGE: i64 = 10_008;
/// "Invalid Webhook Token".
const INVALID_TOKEN: i64 = 50_027;

/// Reads the answer to the one request that was made. A success stands, whether or not the rest of it arrives; a web
/// page with a success is some proxy's, and proves nothing.
pub(super) fn judge(answer: &Answer) -> Result<Sent, SendError> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    let said = answer.said(Some(&words(&body)));
    let code = body["code"].as_i64();
    if answer.status.is_success() {
        if answer.is_page {
            return Err(answer.unknown(SERVICE, &said));
        }
        let message_id = body["id"]
            .as_str()
            .filter(|id| !id.is_empty())
            .map(str::to_owned);
        return Ok(Sent { message_id });
    }
    if code == Some(OVERLOADED) {
        return Err(SendError::Unsent(format!("Discord is overloaded ({said})")));
    }
    Err(match answer.status {
        StatusCode::TOO_MANY_REQUESTS => {
            answer.limited(SERVICE, body["retry_after"].as_f64(), &said)
        }
        StatusCode::NOT_FOUND if code == Some(UNKNOWN_MESSAGE) => {
            SendError::Withdrawn(format!("the message is there no more ({said})"))
        }
        StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::GONE => gone(&said),
        _ if code == Some(INVALID_TOKEN) => gone(&said),
        StatusCode::FORBIDDEN => SendError::Dead(format!(
            "Discord does not let the webhook post there ({said}): look at its channel's permissions"
        )),
        _ => answer.refused(SERVICE, &said),
    })
}

/// "If a webhook returns a 404 status you should not attempt to use it again" (Discord's rate limits, "Invalid Request
/// Limit"): ten thousand such requests in ten minutes have the machine's address banned.
fn gone(said: &str) -> SendError {
    SendError::Gone(format!(
        "Discord refused the webhook ({said}): make a new one in the Discord channel's settings, under Integrations, and \
         set it as the channel's `url`"
    ))
}

/// The answer in a few words: `code 50035: Invalid Form Body; embeds.0.title: Too long (BASE_TYPE_MAX_LENGTH)`.
fn words(body: &Value) -> String {
    let mut said = Vec::new();
    if let Some(code) = body["code"].as_i64().filter(|code| *code != 0) {
        said.push(format!("code {code}"));
    }
    if let Some(message) = body["message"].as_str() {
        said.push(message.to_owned());
    }
    let mut said = said.join(": ");
    if body["code"].as_i64() == Some(INVALID_FORM) {
        let mut wrong = Vec::new();
        form_errors(&body["errors"], "", &mut wrong);
        for one in wrong.iter().take(3) {
            said += &format!("; {one}");
        }
    }
    said
}

/// Collects the leaves of Discord's tree of errors, each with the path of its field. serde_json bounds the depth.
fn form_errors(tree: &Value, path: &str, wrong: &mut Vec<String>) {
    for (key, below) in tree.as_object().into_iter().flatten() {
        if key != "_errors" {
            let dot = if path.is_empty() { "" } else { "." };
            form_errors(below, &format!("{path}{dot}{key}"), wrong);
            continue;
        }
        for error in below.as_array().into_iter().flatten() {
            let word = |key: &str| error[key].as_str().unwrap_or("unknown").to_owned();
            wrong.push(format!("{path}: {} ({})", word("message"), word("code")));
        }
    }
}
