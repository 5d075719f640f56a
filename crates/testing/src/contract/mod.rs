//! What a receiver of digests demands of a request, and refuses it for: each service's documented rules.
//!
//! A fake receiver asks here before it takes a message, and the channels' tests ask whether a message would be taken.

mod discord;
mod form;
mod html;
mod slack;
mod telegram;
mod webhook;

use serde_json::Value;

pub use discord::check as discord;
pub use form::{Part, parts};
pub use slack::check as slack;
pub use telegram::check as telegram;
pub use webhook::check as webhook;

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names, in small letters, with their values.
    pub headers: Vec<(String, String)>,
    /// What followed the head.
    pub body: Vec<u8>,
}

impl Request {
    /// A request with this method, target, type and body.
    pub fn new(method: &str, target: &str, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body,
        }
        .with("content-type", content_type)
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The path's segments and the query.
    fn address(&self) -> (Vec<&str>, &str) {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        (path.trim_start_matches('/').split('/').collect(), query)
    }

    /// The body as a JSON document of that type.
    fn json(&self) -> Result<Value, String> {
        let kind = self.header("content-type");
        demand(kind == Some("application/json"), || {
            format!("the content type is {kind:?}")
        })?;
        serde_json::from_slice(&self.body).map_err(|error| format!("the body is no JSON: {error}"))
    }
}

/// Fails with the sentence unless it holds.
fn demand(holds: bool, sentence: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(sentence()) }
}

/// The text's length as the services' own clients count: in UTF-16 units, without the blanks around it.
fn units(text: &str) -> usize {
    text.trim().encode_utf16().count()
}

/// The text at `key`, of 1 to `most` units; none where there is none.
fn text<'a>(object: &'a Value, key: &str, most: usize) -> Result<Option<&'a str>, String> {
    let value = &object[key];
    if value.is_null() {
        return Ok(None);
    }
    let text = value
        .as_str()
        .ok_or_else(|| format!("{key} is no text: {value}"))?;
    let length = units(text);
    demand((1..=most).contains(&length), || {
        format!("{key} has {length} units, and must have 1 to {most}")
    })?;
    Ok(Some(text))
}

/// As [`text`], but it must be there.
fn needed<'a>(object: &'a Value, key: &str, most: usize) -> Result<&'a str, String> {
    text(object, key, most)?.ok_or_else(|| format!("there is no {key} in {object}"))
}

/// Only these keys.
fn only(object: &Value, known: &[&str]) -> Result<(), String> {
    let object = object
        .as_object()
        .ok_or_else(|| format!("no object: {object}"))?;
    let strange = object.keys().find(|key| !known.contains(&key.as_str()));
    match strange {
        Some(key) => Err(format!("{key} is no key here")),
        None => Ok(()),
    }
}

/// The entries at `key`, at most so many; none where the key is missing.
fn entries<'a>(object: &'a Value, key: &str, most: usize) -> Result<&'a [Value], String> {
    match &object[key] {
        Value::Null => Ok(&[]),
        Value::Array(entries) if entries.len() <= most => Ok(entries),
        Value::Array(entries) => Err(format!("{key} has {} entries of {most}", entries.len())),
        other => Err(format!("{key} is no list: {other}")),
    }
}

#[cfg(test)]
mod tests;
