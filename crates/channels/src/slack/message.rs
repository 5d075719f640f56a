//! A digest as blocks of Slack: a header and a section for the hour, then for each post a line about it and its text.

use moodwire_model::Digest;
use serde_json::{Value, json};

use crate::{
    story::{Story, Told},
    words::Language,
};

use super::text::{line, linked, plain};

/// The longest header, in UTF-16 units.
pub(super) const MAX_HEADER: usize = 150;
/// The longest text of a section.
pub(super) const MAX_SECTION: usize = 3_000;
/// The most that is shown of a name or of a list of names.
const MAX_LINE: usize = 300;

/// The body for `digest`.
pub(super) fn message(digest: &Digest, language: Language) -> Value {
    let story = Story::of(digest, language);
    let mut blocks = vec![header(&story.title), section(&hour(&story))];
    if !story.notes.is_empty() {
        blocks.push(context(&plain(&story.notes.join("\n"), MAX_SECTION)));
    }
    for told in &story.posts {
        blocks.push(json!({"type": "divider"}));
        blocks.extend(post(told, language));
    }
    body(&fallback(&story), &blocks)
}

/// A message that says that it is a test, of the channel called `name`.
pub(super) fn test(name: &str, language: Language) -> Value {
    let (title, text) = language.test(name);
    body(&title, &[header(&title), section(&text)])
}

/// `text` is what notifications show, and programs that read to the blind.
fn body(text: &str, blocks: &[Value]) -> Value {
    json!({
        "text": plain(text, MAX_SECTION),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn fallback(story: &Story<'_>) -> String {
    match &story.mean {
        Some((word, mean)) => format!("{}: {}, {word} {mean}", story.title, story.count),
        None => format!("{}: {}", story.title, story.count),
    }
}

fn hour(story: &Story<'_>) -> String {
    let mut lines = vec![match &story.mean {
        Some((word, mean)) => format!("{} {} · {word} {mean}", story.mood.sign(), story.count),
        None => story.count.clone(),
    }];
    lines.extend(story.changes.iter().cloned());
    lines.extend(story.shares.clone());
    lines.join("\n")
}

fn post(told: &Told<'_>, language: Language) -> Vec<Value> {
    let title = format!(
        "{} {} · {} {}",
        told.mood.sign(),
        told.title,
        told.score,
        told.bar
    );
    let mut about = told.author.clone();
    if let Some(actors) = &told.actors {
        about += &format!(" · {} {actors}", language.pick("about", "à propos de"));
    }
    let written = told.post.created_at.format("%H:%M UTC");
    let mut blocks = vec![section(&title), context(&line(&about, MAX_LINE))];
    // A section may not be empty.
    let text = plain(&told.post.text, MAX_SECTION);
    if !text.is_empty() {
        blocks.push(escaped_section(&text));
    }
    let words = format!(
        "{} {written}",
        language.pick("Open the post of", "Voir le post de")
    );
    if let Some(link) = linked(told.post.url.as_deref(), &words) {
        blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": link}]}));
    }
    blocks
}

fn header(text: &str) -> Value {
    let text = line(text, MAX_HEADER);
    json!({"type": "header", "text": {"type": "plain_text", "text": text, "emoji": true}})
}

fn section(text: &str) -> Value {
    escaped_section(&plain(text, MAX_SECTION))
}

fn escaped_section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "plain_text", "text": text, "emoji": false}})
}

/// A small line of text that is escaped already.
fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": false}]})
}
