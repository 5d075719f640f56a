//! Slack: a message of blocks to an incoming webhook (Block Kit's reference, "Formatting text for app surfaces").

use serde_json::Value;

use super::{Request, demand, entries, needed, only};

/// The longest text of a section or of a context's element.
const MAX_TEXT: usize = 3_000;
/// The longest header.
const MAX_HEADER: usize = 150;
/// The most blocks.
const MAX_BLOCKS: usize = 50;
/// The most elements of a context.
const MAX_ELEMENTS: usize = 10;
/// The longest text of notifications that is not cut.
const MAX_FALLBACK: usize = 4_000;

/// The message of a request that Slack takes.
///
/// # Errors
/// A sentence that says why it does not.
pub fn check(request: &Request) -> Result<Value, String> {
    let (path, query) = request.address();
    demand(
        request.method == "POST" && path.contains(&"services") && query.is_empty(),
        || format!("no such thing as {} {}", request.method, request.target),
    )?;
    let message = request.json()?;
    only(
        &message,
        &["text", "blocks", "unfurl_links", "unfurl_media"],
    )?;
    is_escaped(needed(&message, "text", MAX_FALLBACK)?)?;
    for flag in ["unfurl_links", "unfurl_media"] {
        demand(message[flag].is_boolean(), || format!("{flag} is none"))?;
    }
    let blocks = entries(&message, "blocks", MAX_BLOCKS)?;
    demand(!blocks.is_empty(), || "there are no blocks".to_owned())?;
    blocks.iter().try_for_each(block)?;
    Ok(message)
}

fn block(block: &Value) -> Result<(), String> {
    match block["type"].as_str() {
        Some("divider") => only(block, &["type"]),
        Some("header") => {
            only(block, &["type", "text"])?;
            demand(block["text"]["type"] == "plain_text", || {
                format!("a header is {}", block["text"])
            })?;
            shown(&block["text"], MAX_HEADER)
        }
        Some("section") => {
            only(block, &["type", "text"])?;
            shown(&block["text"], MAX_TEXT)
        }
        Some("context") => {
            only(block, &["type", "elements"])?;
            let elements = entries(block, "elements", MAX_ELEMENTS)?;
            demand(!elements.is_empty(), || "a context is empty".to_owned())?;
            elements
                .iter()
                .try_for_each(|element| shown(element, MAX_TEXT))
        }
        _ => Err(format!("no such block: {block}")),
    }
}

/// A text object.
fn shown(object: &Value, most: usize) -> Result<(), String> {
    let text = needed(object, "text", most)?;
    match object["type"].as_str() {
        Some("plain_text") => {
            only(object, &["type", "text", "emoji"])?;
            is_escaped(text)
        }
        Some("mrkdwn") => {
            only(object, &["type", "text"])?;
            has_only_links(text)
        }
        _ => Err(format!("no such text: {object}")),
    }
}

/// Neither `<` nor `>`, and `&` only where it begins one of Slack's three escapes.
fn is_escaped(text: &str) -> Result<(), String> {
    let known = |rest: &str| {
        ["amp;", "lt;", "gt;"]
            .iter()
            .any(|one| rest.starts_with(one))
    };
    let escaped = text.split('&').skip(1).all(known);
    demand(escaped && !text.contains(['<', '>']), || {
        format!("not escaped: {text}")
    })
}

/// Markup may be of one sort: `<https://…|words>`.
fn has_only_links(text: &str) -> Result<(), String> {
    let mut pieces = text.split('<');
    is_escaped(pieces.next().unwrap_or_default())?;
    for piece in pieces {
        let (link, after) = piece
            .split_once('>')
            .ok_or_else(|| format!("a link without an end: {text}"))?;
        let (url, words) = link
            .split_once('|')
            .ok_or_else(|| format!("a link without words: {text}"))?;
        demand(
            (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(' '),
            || format!("markup that is no link: {text}"),
        )?;
        [url, words, after].into_iter().try_for_each(is_escaped)?;
    }
    Ok(())
}
