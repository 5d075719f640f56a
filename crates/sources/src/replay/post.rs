//! One line of a replay file as a post, or one sentence that says which field is wrong.

use chrono::{DateTime, TimeDelta};
use moodwire_model::{Hour, Post, PostKey, Timestamp, truncate_to_millis};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, error::Category, value::RawValue};

/// The longest text, in bytes: four times the longest that any network allows.
const MAX_TEXT: usize = 100_000;
/// The longest id, in bytes: keys are indexed, and a B-tree entry of Postgres holds no more than 2,704.
const MAX_ID: usize = 1_000;
/// The longest network's name, in bytes.
const MAX_NETWORK: usize = 64;
/// How deep reposts of reposts are followed; no network makes more than one.
const MAX_REPOSTS: usize = 16;
/// How far ahead of our clock an author's may be, in minutes.
const MAX_AHEAD: i64 = 10;

/// A post's fields as they stand in the line; what is null counts as absent.
#[derive(Debug, Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    author: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow)]
    author_name: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    lang: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow)]
    repost_of: Option<&'a RawValue>,
    #[serde(borrow)]
    raw: Option<&'a RawValue>,
}

/// Reads a line, trimmed and not empty. Of a repost only the innermost original counts, and of the posts around it
/// their `source`, where the original names none.
pub(super) fn parse(line: &[u8], now: Timestamp) -> Result<Post, String> {
    let line = std::str::from_utf8(line)
        .map_err(|error| format!("the line is not UTF-8 at byte {}", error.valid_up_to() + 1))?;
    let mut path = String::new();
    let mut fields = object(line, &path)?;
    let mut network = network(&fields, &path)?;
    for depth in 0.. {
        let Some(original) = fields.repost_of else {
            break;
        };
        if depth == MAX_REPOSTS {
            return Err(format!(
                "`repost_of` is nested more than {MAX_REPOSTS} deep"
            ));
        }
        path.push_str("repost_of.");
        fields = object(original.get(), &path)?;
        network = self::network(&fields, &path)?.or(network);
    }
    let raw = fields.raw.map_or(line, RawValue::get);
    post(
        &fields,
        &path,
        network.unwrap_or_else(|| "replay".to_owned()),
        raw,
        now,
    )
}

fn post(
    fields: &Fields<'_>,
    path: &str,
    network: String,
    raw: &str,
    now: Timestamp,
) -> Result<Post, String> {
    let author = required(fields.author, path, "author")?;
    let author = author.trim();
    let author = author.strip_prefix('@').unwrap_or(author).trim();
    if author.is_empty() {
        return Err(format!("`{path}author` is empty"));
    }
    let text = required(fields.text, path, "text")?;
    if text.trim().is_empty() {
        return Err(format!("`{path}text` is empty: there is nothing to score"));
    }
    if text.len() > MAX_TEXT {
        return Err(format!(
            "`{path}text` has {} bytes, and a post may have at most {MAX_TEXT}",
            text.len()
        ));
    }
    let created_at = created_at(fields, path, now)?;
    // Whoever reads the document later parses it: what only looks like JSON must not get that far.
    serde_json::from_str::<Value>(raw)
        .map_err(|error| format!("the line holds JSON that cannot be read: {}", words(&error)))?;
    Ok(Post {
        key: PostKey::new(&network, &id(fields, path)?),
        network,
        author: author.to_owned(),
        author_name: optional(fields.author_name, path, "author_name")?,
        text,
        url: optional(fields.url, path, "url")?,
        lang: optional(fields.lang, path, "lang")?,
        created_at,
        collected_at: now,
        hour: Hour::of(created_at),
        actors: Vec::new(),
        followers: None,
        edited_at: None,
        deleted_at: None,
        raw: raw.to_owned(),
    })
}

fn id(fields: &Fields<'_>, path: &str) -> Result<String, String> {
    let value = fields
        .id
        .ok_or_else(|| format!("`{path}id` is missing"))?
        .get();
    let digits = value.strip_prefix('-').unwrap_or(value);
    let id = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        value.to_owned()
    } else if value.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Err(format!(
            "`{path}id` is a number with a fraction or an exponent: write it as a string"
        ));
    } else {
        string(value, path, "id")?
    };
    if id.trim().is_empty() {
        return Err(format!("`{path}id` is empty"));
    }
    if id.len() > MAX_ID {
        return Err(format!(
            "`{path}id` has {} bytes, and an id may have at most {MAX_ID}",
            id.len()
        ));
    }
    Ok(id)
}

fn created_at(fields: &Fields<'_>, path: &str, now: Timestamp) -> Result<Timestamp, String> {
    let written = required(fields.created_at, path, "created_at")?;
    let at = DateTime::parse_from_rfc3339(written.trim()).map_err(|_| {
        format!(
            "`{path}created_at` is {}, which is no time: write RFC 3339, such as 2026-03-01T17:05:00Z",
            quoted(&written)
        )
    })?;
    let at = truncate_to_millis(at.to_utc());
    if at < DateTime::UNIX_EPOCH {
        return Err(format!(
            "`{path}created_at` is {}, which is before 1970",
            quoted(&written)
        ));
    }
    if at > now + TimeDelta::minutes(MAX_AHEAD) {
        return Err(format!(
            "`{path}created_at` is {}, more than {MAX_AHEAD} minutes in the future",
            quoted(&written)
        ));
    }
    Ok(at)
}

fn network(fields: &Fields<'_>, path: &str) -> Result<Option<String>, String> {
    let Some(value) = fields.source else {
        return Ok(None);
    };
    let network = string(value.get(), path, "source")?;
    let fits = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
    };
    if network.is_empty() || network.len() > MAX_NETWORK || !network.bytes().all(fits) {
        return Err(format!(
            "`{path}source` is {}: a network's name is made of 1 to {MAX_NETWORK} lowercase letters, digits, - and _",
            quoted(&network)
        ));
    }
    Ok(Some(network))
}

/// Reads the fields of an object. `path` names where it stands in the line: empty, or `repost_of.`.
fn object<'a>(json: &'a str, path: &str) -> Result<Fields<'a>, String> {
    let what = match path {
        "" => "the line".to_owned(),
        _ => format!("`{}`", path.trim_end_matches('.')),
    };
    if !json.starts_with('{') {
        // serde would take an array for the fields in order.
        return Err(match serde_json::from_str::<IgnoredAny>(json) {
            Ok(IgnoredAny) => format!("{what} is {}, not a JSON object", kind(json)),
            Err(error) => not_json(&what, &error),
        });
    }
    serde_json::from_str(json).map_err(|error| match error.classify() {
        Category::Data => format!("{what} has a {}", words(&error)),
        Category::Syntax | Category::Eof | Category::Io => not_json(&what, &error),
    })
}

fn required(value: Option<&RawValue>, path: &str, name: &str) -> Result<String, String> {
    let value = value.ok_or_else(|| format!("`{path}{name}` is missing"))?;
    string(value.get(), path, name)
}

/// A string that may be absent; a blank one counts as absent too.
fn optional(value: Option<&RawValue>, path: &str, name: &str) -> Result<Option<String>, String> {
    let value = value
        .map(|value| string(value.get(), path, name))
        .transpose()?;
    Ok(value
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty()))
}

/// The string that `json` is, with U+0000, which Postgres refuses, replaced.
fn string(json: &str, path: &str, name: &str) -> Result<String, String> {
    if !json.starts_with('"') {
        return Err(format!("`{path}{name}` is {}, not a string", kind(json)));
    }
    serde_json::from_str::<String>(json)
        .map(|text| text.replace('\0', "\u{fffd}"))
        .map_err(|error| format!("`{path}{name}` is no readable string: {}", words(&error)))
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn not_json(what: &str, error: &serde_json::Error) -> String {
    format!(
        "{what} is not valid JSON at column {}: {}",
        error.column(),
        words(error)
    )
}

/// What serde says, without its own line and column: ours is another line.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.as_str(), |(words, _)| words)
        .to_owned()
}

/// A value as a reason shows it: on one line and short.
fn quoted(value: &str) -> String {
    let short: String = value.chars().take(40).collect();
    let more = if short.len() < value.len() { "…" } else { "" };
    format!("{short:?}{more}")
}
