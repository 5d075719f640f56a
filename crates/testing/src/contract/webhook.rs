//! A signed webhook: the headers of the Standard Webhooks specification, and the document's keys as docs/webhook.md says.

use serde_json::Value;

use super::{Request, demand, only};

/// The keys that a digest has.
pub(super) const KEYS: [&str; 16] = [
    "version",
    "type",
    "channel",
    "hour",
    "hour_end",
    "posts",
    "mean_compound",
    "change",
    "positive",
    "neutral",
    "negative",
    "late",
    "missing",
    "best",
    "worst",
    "trend",
];

/// The document of a delivery that a careful receiver takes; the signature itself is not verified.
///
/// # Errors
/// A sentence that says why it does not.
pub fn check(request: &Request) -> Result<Value, String> {
    demand(request.method == "POST", || {
        format!("no such thing as {}", request.method)
    })?;
    let document = request.json()?;
    only(&document, &KEYS)?;
    demand(
        document["version"] == 1 && document["type"] == "digest",
        || format!("no digest: {document:.200}"),
    )?;
    let missing = KEYS.iter().find(|key| document.get(**key).is_none());
    demand(missing.is_none(), || format!("{missing:?} is missing"))?;
    // `publish:{channel}:{hour}`, the hour without its minutes.
    let id = request.header("webhook-id").unwrap_or_default();
    let hour = document["hour"].as_str().unwrap_or_default();
    let channel = document["channel"].as_str().unwrap_or_default();
    let named = id
        .strip_prefix(&format!("publish:{channel}:"))
        .is_some_and(|short| !short.is_empty() && hour.starts_with(short));
    demand(named, || {
        format!("webhook-id is {id:?} for {channel} and {hour}")
    })?;
    let at = request.header("webhook-timestamp").unwrap_or_default();
    demand(at.parse::<i64>().is_ok_and(|at| at > 0), || {
        format!("webhook-timestamp is {at:?}")
    })?;
    // `v1,` and 32 bytes in base64.
    let signature = request.header("webhook-signature");
    demand(
        signature.is_none_or(|signature| {
            signature
                .strip_prefix("v1,")
                .is_some_and(|base64| base64.len() == 44)
        }),
        || format!("webhook-signature is {signature:?}"),
    )?;
    Ok(document)
}
