//! A digest as plain text.

use moodwire_model::Digest;

use crate::{
    story::{Mood, Story, Told},
    text::{harmless, harmless_line},
    words::Language,
};

use super::text::{cut, wrap};

/// Columns of a line, the narrowest that terminals have by custom.
const WIDTH: usize = 80;
/// What a post is set in by.
const INDENT: &str = "    ";
/// The most that is shown of a post, in graphemes: a page; the warehouse has the rest.
const MAX_TEXT: usize = 2_000;
/// The most that is shown of a name or a link, in graphemes.
const MAX_LINE: usize = 500;

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "1;32";
const RED: &str = "1;31";

/// The digest as English text, without colours: the hour with its counts and mean, then the best and the worst post with
/// author, compound, text and link. Ends with a newline; no post can steer a terminal with it.
pub fn render(digest: &Digest) -> String {
    styled(digest, Language::En, false)
}

/// The same in a language, with ANSI colours when `coloured`.
pub(super) fn styled(digest: &Digest, language: Language, coloured: bool) -> String {
    let paint = |text: &str, code: &str| match coloured {
        true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    let story = Story::of(digest, language);
    let open = if digest.summary.sealed_at.is_none() {
        language.pick(", still open", ", encore ouverte")
    } else {
        ""
    };
    let mean = match &story.mean {
        Some((word, mean)) => format!(", {word} {mean}"),
        None => String::new(),
    };
    let count = match &story.mean {
        Some(_) => story.count.clone(),
        None => language.pick("no posts", "aucun post").to_owned(),
    };
    let mut lines = vec![format!(
        "{}  {count}{mean}{open}",
        paint(&story.title, BOLD)
    )];
    if !story.changes.is_empty() {
        lines.push(format!("  {}", story.changes.join(" · ")));
    }
    lines.extend(
        story
            .shares
            .iter()
            .map(|shares| format!("  {}", paint(shares, DIM))),
    );
    lines.extend(story.notes.iter().map(|note| format!("  {note}")));
    for told in &story.posts {
        let code = match told.mood {
            Mood::Positive => GREEN,
            Mood::Negative => RED,
            Mood::Neutral => BOLD,
        };
        post(&mut lines, &paint(told.title, code), told, language);
    }
    lines.join("\n") + "\n"
}

fn post(lines: &mut Vec<String>, title: &str, told: &Told<'_>, language: Language) {
    let post = told.post;
    lines.push(String::new());
    lines.push(format!(
        "  {title}  {} {}  {}  {}",
        told.score,
        told.bar,
        cut(&told.author, MAX_LINE),
        post.created_at.format("%H:%M")
    ));
    let about = told.actors.as_ref().map(|actors| {
        let about = language.pick("about", "à propos de");
        cut(&format!("{about} {actors}"), MAX_LINE)
    });
    let text = wrap(&cut(&harmless(&post.text), MAX_TEXT), WIDTH - INDENT.len());
    let link = post
        .url
        .as_deref()
        .map(|url| cut(&harmless_line(url), MAX_LINE));
    let set_in = about
        .into_iter()
        .chain(text)
        .chain(link)
        .map(|line| format!("{INDENT}{line}"));
    lines.extend(set_in.map(|line| line.trim_end().to_owned()));
}

/// A line that says that it is a test, of the channel called `name`.
pub(super) fn test(name: &str, language: Language) -> String {
    let (title, text) = language.test(name);
    format!("{title}\n{text}\n")
}
