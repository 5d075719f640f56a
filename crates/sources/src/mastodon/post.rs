//! A status as a post, or one sentence that says why it is none.

use chrono::{DateTime, TimeDelta};
use moodwire_model::{Hour, Post, PostKey, Timestamp, truncate_to_millis};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::html;
use crate::text::{clean, optional};

/// How far ahead of our clock a server's may be, in minutes.
const MAX_AHEAD: i64 = 10;

/// The longest `uri` that is a key, in bytes: keys are indexed, and a B-tree entry of Postgres holds no more than 2,704.
const MAX_ID: usize = 1_000;

/// What of a status is read. (Mastodon documentation, entities/Status.)
#[derive(Debug, Deserialize)]
struct Status<'a> {
    uri: String,
    #[serde(default)]
    url: Option<String>,
    created_at: String,
    #[serde(default)]
    edited_at: Option<String>,
    #[serde(default)]
    content: String,
    #[serde(default)]
    spoiler_text: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    visibility: Option<String>,
    account: Account,
    #[serde(default)]
    mentions: Vec<Mention>,
    #[serde(borrow, default)]
    reblog: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Account {
    acct: String,
    #[serde(default)]
    display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Mention {
    acct: String,
}

/// A post with the handles that its server says are mentioned.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    pub(super) post: Post,
    pub(super) mentions: Vec<String>,
    /// Whether what was read is a boost of the post.
    pub(super) is_boost: bool,
}

/// Reads a status; none where it is not public. Of a reblog the original is read. `host` is the server that was asked:
/// it leaves the host away from the names of its own accounts.
pub(super) fn read(json: &str, host: &str, now: Timestamp) -> Result<Option<Read>, String> {
    let outer = parse(json)?;
    match outer.reblog.map(RawValue::get) {
        Some(original) if is_public(&outer) => {
            let inner = parse(original)?;
            let read = post(&inner, original, host, now)?;
            Ok(read.map(|read| Read {
                is_boost: true,
                ..read
            }))
        }
        Some(_) => Ok(None),
        None => post(&outer, json, host, now),
    }
}

fn parse(json: &str) -> Result<Status<'_>, String> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        let words = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(words, _)| words);
        format!("the status cannot be read: {words}")
    })
}

fn is_public(status: &Status<'_>) -> bool {
    status.visibility.as_deref() == Some("public")
}

fn post(
    status: &Status<'_>,
    raw: &str,
    host: &str,
    now: Timestamp,
) -> Result<Option<Read>, String> {
    if !is_public(status) {
        return Ok(None);
    }
    if status.uri.is_empty() || status.uri.len() > MAX_ID {
        return Err(format!(
            "`uri` has {} bytes: it must have 1 to {MAX_ID}",
            status.uri.len()
        ));
    }
    let created_at = moment("created_at", &status.created_at, now)?;
    let edited_at = status
        .edited_at
        .as_deref()
        .map(|written| moment("edited_at", written, now));
    let post = Post {
        key: PostKey::new("mastodon", &clean(&status.uri)),
        network: "mastodon".to_owned(),
        author: full(&status.account.acct, host),
        author_name: optional(status.account.display_name.as_deref()),
        // Empty where it is an image alone, which counts as a post too.
        text: text(status),
        url: optional(status.url.as_deref()),
        lang: optional(status.language.as_deref()),
        created_at,
        collected_at: now,
        hour: Hour::of(created_at),
        actors: Vec::new(),
        followers: None,
        edited_at: edited_at.transpose()?,
        deleted_at: None,
        raw: raw.to_owned(),
    };
    let mentions = status
        .mentions
        .iter()
        .map(|mention| full(&mention.acct, host))
        .collect();
    Ok(Some(Read {
        post,
        mentions,
        is_boost: false,
    }))
}

/// The content warning, which is part of what its author says, before the text.
fn text(status: &Status<'_>) -> String {
    let warning = clean(status.spoiler_text.as_deref().unwrap_or_default().trim());
    let content = html::text(&status.content);
    match (warning.is_empty(), content.is_empty()) {
        (true, _) => content,
        (_, true) => warning,
        _ => format!("{warning}\n\n{content}"),
    }
}

fn moment(key: &str, written: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = DateTime::parse_from_rfc3339(written)
        .map_err(|_| format!("`{key}` is {written:?}, which is no time"))?;
    let at = truncate_to_millis(at.to_utc());
    if at < DateTime::UNIX_EPOCH || at > now + TimeDelta::minutes(MAX_AHEAD) {
        return Err(format!(
            "`{key}` is {written:?}, which is before 1970 or more than {MAX_AHEAD} minutes in the future"
        ));
    }
    Ok(at)
}

/// `name` of the server's own accounts becomes `name@host`.
fn full(acct: &str, host: &str) -> String {
    let acct = clean(acct);
    if acct.contains('@') {
        acct
    } else {
        format!("{acct}@{host}")
    }
}
