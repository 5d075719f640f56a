//! Discord: Execute Webhook and Edit Webhook Message.
//!
//! Beyond the types and lengths of its specification, what only its documentation says: the sum of all embeds ("Embed
//! Limits"), a message of nothing (code 50006), the parts of a form ("Uploading Files"), the client's name ("User Agent").

use chrono::DateTime;
use serde_json::Value;

use super::{Request, demand, entries, form, needed, only, text, units};

/// What titles, descriptions, fields, footers and authors of all embeds may have together.
const MAX_TOTAL: usize = 6_000;
/// The largest file.
const MAX_FILE: usize = 10 * 1024 * 1024;

/// The message of a request that Discord takes.
///
/// # Errors
/// A sentence that says why it does not.
pub fn check(request: &Request) -> Result<Value, String> {
    is_named(request.header("user-agent").unwrap_or_default())?;
    let edits = is_addressed(request)?;
    let (message, files) = read(request)?;
    let mut known = vec!["content", "embeds", "allowed_mentions", "attachments"];
    if !edits {
        known.push("thread_name");
    }
    only(&message, &known)?;
    text(&message, "thread_name", 100)?;
    mentions_nobody(&message)?;
    let content = text(&message, "content", 2_000)?;
    let embeds = entries(&message, "embeds", 10)?;
    demand(
        content.is_some() || !embeds.is_empty() || !files.is_empty(),
        || "the message is empty (code 50006)".to_owned(),
    )?;
    let mut total = 0;
    for one in embeds {
        total += embed(one, &files)?;
    }
    demand(total <= MAX_TOTAL, || {
        format!("all embeds have {total} units of {MAX_TOTAL}")
    })?;
    shows_every_embed(embeds)?;
    Ok(message)
}

/// `DiscordBot ($url, $version)`.
fn is_named(agent: &str) -> Result<(), String> {
    let named = agent
        .strip_prefix("DiscordBot (")
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|rest| rest.split_once(", "));
    demand(
        named.is_some_and(|(url, version)| url.starts_with("https://") && !version.is_empty()),
        || format!("the user agent is {agent:?} (code 40333)"),
    )
}

/// Whether the request edits a message; else it posts one.
fn is_addressed(request: &Request) -> Result<bool, String> {
    let (path, query) = request.address();
    let webhook = path.iter().rposition(|segment| *segment == "webhooks");
    let path = webhook.and_then(|at| path.get(at + 1..)).unwrap_or(&[]);
    let waits = query.split('&').any(|pair| pair == "wait=true");
    match (request.method.as_str(), path) {
        ("POST", [_, _]) => {
            demand(waits, || {
                "without wait=true nobody learns whether the message was saved".to_owned()
            })?;
            Ok(false)
        }
        ("PATCH", [_, _, "messages", _]) => Ok(true),
        (method, _) => Err(format!("no such thing as {method} {}", request.target)),
    }
}

/// The message, and the names of its files.
fn read(request: &Request) -> Result<(Value, Vec<String>), String> {
    if request.header("content-type") == Some("application/json") {
        let message = request.json()?;
        let attached = entries(&message, "attachments", 10)?.len();
        demand(attached == 0, || {
            "an attachment has no file: the request is no form".to_owned()
        })?;
        return Ok((message, Vec::new()));
    }
    let parts = form::parts(request)?;
    let [payload, files @ ..] = parts.as_slice() else {
        return Err("the form is empty".to_owned());
    };
    demand(
        payload.name == "payload_json"
            && payload.content_type.as_deref() == Some("application/json"),
        || format!("the first part is {} and no payload_json", payload.name),
    )?;
    let message: Value = serde_json::from_slice(&payload.content)
        .map_err(|error| format!("payload_json is no JSON: {error}"))?;
    let attachments = entries(&message, "attachments", 10)?;
    demand(attachments.len() == files.len(), || {
        format!(
            "{} attachments for {} files",
            attachments.len(),
            files.len()
        )
    })?;
    let mut names = Vec::new();
    for (at, (file, attachment)) in files.iter().zip(attachments).enumerate() {
        let name = file.filename.clone().unwrap_or_default();
        demand(
            file.name == format!("files[{at}]")
                && attachment["id"]
                    .as_str()
                    .is_some_and(|id| id.parse() == Ok(at))
                && attachment["filename"] == *name
                && !name.is_empty(),
            || format!("part {} and attachment {attachment} differ", file.name),
        )?;
        text(attachment, "description", 1_024)?;
        demand(
            file.content_type.as_deref() != Some("image/png")
                || file.content.starts_with(b"\x89PNG\r\n\x1a\n"),
            || format!("{name} is no PNG file"),
        )?;
        demand((1..=MAX_FILE).contains(&file.content.len()), || {
            format!("{name} has {} bytes", file.content.len())
        })?;
        names.push(name);
    }
    Ok((message, names))
}

/// Nobody may be notified, whatever a post says.
fn mentions_nobody(message: &Value) -> Result<(), String> {
    let allowed = &message["allowed_mentions"];
    demand(*allowed == serde_json::json!({"parse": []}), || {
        format!("allowed_mentions is {allowed}")
    })
}

/// Checks an embed; what it adds to the total.
fn embed(embed: &Value, files: &[String]) -> Result<usize, String> {
    const KNOWN: [&str; 9] = [
        "author",
        "title",
        "url",
        "description",
        "fields",
        "footer",
        "image",
        "color",
        "timestamp",
    ];
    only(embed, &KNOWN)?;
    let mut shown = vec![
        text(embed, "title", 256)?,
        text(embed, "description", 4_096)?,
    ];
    for (part, key, most) in [("author", "name", 256), ("footer", "text", 2_048)] {
        if !embed[part].is_null() {
            only(&embed[part], &[key])?;
            shown.push(Some(needed(&embed[part], key, most)?));
        }
    }
    for field in entries(embed, "fields", 25)? {
        only(field, &["name", "value", "inline"])?;
        shown.push(Some(needed(field, "name", 256)?));
        shown.push(Some(needed(field, "value", 1_024)?));
    }
    if let Some(url) = text(embed, "url", 2_048)? {
        demand(
            url.starts_with("https://") || url.starts_with("http://"),
            || format!("an embed's url is {url}"),
        )?;
    }
    if !embed["image"].is_null() {
        let url = needed(&embed["image"], "url", 2_048)?;
        let name = url.strip_prefix("attachment://");
        demand(
            name.is_some_and(|name| files.iter().any(|file| file == name)),
            || format!("the image {url} is none of the files"),
        )?;
    }
    demand(
        embed["color"].is_null() || embed["color"].as_u64().is_some_and(|rgb| rgb <= 0xff_ff_ff),
        || format!("an embed's color is {}", embed["color"]),
    )?;
    if let Some(at) = text(embed, "timestamp", 64)? {
        DateTime::parse_from_rfc3339(at)
            .map_err(|error| format!("an embed's timestamp is {at}: {error}"))?;
    }
    let shown: Vec<&str> = shown.into_iter().flatten().collect();
    demand(!shown.is_empty(), || "an embed is empty".to_owned())?;
    Ok(shown.into_iter().map(units).sum())
}

/// Of embeds with the same link Discord shows only the first.
fn shows_every_embed(embeds: &[Value]) -> Result<(), String> {
    let urls: Vec<&str> = embeds
        .iter()
        .filter_map(|embed| embed["url"].as_str())
        .collect();
    let twice = urls
        .iter()
        .enumerate()
        .find(|(at, url)| urls.iter().skip(at + 1).any(|other| other == *url));
    match twice {
        Some((_, url)) => Err(format!("two embeds link to {url}")),
        None => Ok(()),
    }
}
