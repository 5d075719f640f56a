//! Telegram: `sendMessage` of the Bot API, with a text in its HTML.

use serde_json::{Value, json};

use super::{Request, demand, html, only};

/// The longest text after its entities are read.
const MAX_TEXT: usize = 4_096;

/// The message of a request that Telegram takes.
///
/// # Errors
/// A sentence that says why it does not.
pub fn check(request: &Request) -> Result<Value, String> {
    let (path, query) = request.address();
    let is_method = matches!(
        path.as_slice(),
        [.., bot, "sendMessage"] if bot.strip_prefix("bot").is_some_and(|token| token.contains(':'))
    );
    demand(
        request.method == "POST" && is_method && query.is_empty(),
        || format!("no such thing as {} {}", request.method, request.target),
    )?;
    let message = request.json()?;
    only(
        &message,
        &[
            "chat_id",
            "text",
            "parse_mode",
            "link_preview_options",
            "message_thread_id",
        ],
    )?;
    let chat = &message["chat_id"];
    demand(
        chat.is_i64() || chat.as_str().is_some_and(|name| name.starts_with('@')),
        || format!("chat_id is {chat}"),
    )?;
    let thread = &message["message_thread_id"];
    demand(thread.is_null() || thread.is_i64(), || {
        format!("message_thread_id is {thread}")
    })?;
    demand(
        message["link_preview_options"] == json!({"is_disabled": true}),
        || "link previews are not disabled".to_owned(),
    )?;
    demand(message["parse_mode"] == "HTML", || {
        format!("parse_mode is {}", message["parse_mode"])
    })?;
    let shown = html::shown(message["text"].as_str().unwrap_or_default())?;
    let units = shown.encode_utf16().count();
    demand((1..=MAX_TEXT).contains(&units), || {
        format!("the text has {units} units of {MAX_TEXT}")
    })?;
    demand(!shown.trim().is_empty(), || {
        "the text must be non-empty".to_owned()
    })?;
    Ok(message)
}
