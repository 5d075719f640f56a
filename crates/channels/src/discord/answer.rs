//! What Discord's answer means for a digest: sent, to be sent later, never, or unknown.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::{SendError, Sent, text::harmless_line};

/// What is waited for when a rate limit names no time that can be read.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);
/// The longest wait that is believed; asking again once an hour harms nobody.
const MAX_WAIT: Duration = Duration::from_secs(3600);
/// The most that is read of an answer, in bytes: several times the largest message.
const MAX_BODY: usize = 256 * 1024;
/// "API resource is currently overloaded. Try again a little later": Discord's word that nothing was done.
const OVERLOADED: i64 = 130_000;
/// "Invalid Form Body", with a tree of what is wrong.
const INVALID_FORM: i64 = 50_035;

/// Reads the answer to the one request that was made. A success stands, whether or not the rest of it arrives.
pub(super) async fn judge(response: Response) -> Result<Sent, SendError> {
    let status = response.status();
    let wait = header_wait(response.headers());
    let body: Value = serde_json::from_slice(&read(response).await).unwrap_or(Value::Null);
    if status.is_success() {
        let message_id = body["id"]
            .as_str()
            .filter(|id| !id.is_empty())
            .map(str::to_owned);
        return Ok(Sent { message_id });
    }
    let said = said(status, &body);
    if body["code"].as_i64() == Some(OVERLOADED) {
        return Err(SendError::Unsent(format!("Discord is overloaded ({said})")));
    }
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => {
            let after = seconds(body["retry_after"].as_f64())
                .or(wait)
                .unwrap_or(DEFAULT_WAIT);
            let reason = format!(
                "Discord's rate limit asks to wait {} s ({said})",
                after.as_secs_f64()
            );
            SendError::Later { after, reason }
        }
        // A server may send this about a request that it has read, and Discord does not say when it does.
        StatusCode::REQUEST_TIMEOUT => unknown(&said),
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::GONE => SendError::Dead(format!(
            "Discord refused the webhook ({said}): make a new one in the Discord channel's settings, under \
                 Integrations, and set it as the channel's `url`"
        )),
        _ if status.is_redirection() => SendError::Dead(format!(
            "the webhook's address has moved ({said}) and redirects are not followed: set the channel's `url` to the \
             webhook's own address"
        )),
        _ if status.is_client_error() => {
            SendError::Dead(format!("Discord refused the digest ({said})"))
        }
        _ => unknown(&said),
    })
}

fn unknown(said: &str) -> SendError {
    SendError::Uncertain(format!(
        "Discord failed ({said}) and may have posted the digest all the same: look in the Discord channel"
    ))
}

/// The body, as far as it came.
async fn read(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            break;
        }
    }
    body
}

/// The answer in a few words: `400, code 50035: Invalid Form Body; embeds.0.title: Too long (BASE_TYPE_MAX_LENGTH)`.
fn said(status: StatusCode, body: &Value) -> String {
    let mut said = status.as_u16().to_string();
    if let Some(code) = body["code"].as_i64().filter(|code| *code != 0) {
        said += &format!(", code {code}");
    }
    if let Some(message) = body["message"].as_str() {
        said += &format!(": {message}");
    }
    if body["code"].as_i64() == Some(INVALID_FORM) {
        let mut wrong = Vec::new();
        form_errors(&body["errors"], "", &mut wrong);
        for one in wrong.iter().take(3) {
            said += &format!("; {one}");
        }
    }
    harmless_line(&said).chars().take(400).collect()
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

/// The wait that the headers ask for, in seconds; a page of a proxy before Discord has nothing else.
fn header_wait(headers: &HeaderMap) -> Option<Duration> {
    ["retry-after", "x-ratelimit-reset-after"]
        .iter()
        .find_map(|name| seconds(headers.get(*name)?.to_str().ok()?.trim().parse().ok()))
}

fn seconds(wait: Option<f64>) -> Option<Duration> {
    let wait = wait.filter(|wait| *wait > 0.0)?;
    Some(Duration::try_from_secs_f64(wait).map_or(MAX_WAIT, |wait| wait.min(MAX_WAIT)))
}
