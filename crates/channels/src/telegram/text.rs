//! A stranger's text in a message of Telegram's HTML: shown as it was written, naming nobody and commanding nothing.
//!
//! Telegram counts a message after it has read its entities, so an escaped sign counts once.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    cut::{Piece, fit, length},
    links::link,
    text::{escape_html, harmless, harmless_line},
};

/// The longest link that is made.
const MAX_LINK: usize = 2_000;
/// Shows nothing and keeps its neighbours from being read as one word.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// `text` in at most `room` units, escaped.
pub(super) fn html(text: &str, room: usize) -> String {
    escaped(&harmless(text), room)
}

/// The same on one line.
pub(super) fn line(text: &str, room: usize) -> String {
    escaped(&harmless_line(text), room)
}

/// A link with words of ours.
pub(super) fn linked(url: Option<&str>, words: &str) -> Option<String> {
    let url = link(url, MAX_LINK)?;
    Some(format!(
        "<a href=\"{}\">{}</a>",
        url.replace('&', "&amp;"),
        escape_html(words)
    ))
}

/// How long Telegram holds HTML of ours to be.
pub(super) fn shown_length(html: &str) -> usize {
    let mut shown = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            c if !in_tag => shown.push(c),
            _ => {}
        }
    }
    let shown = shown
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    length(&shown)
}

fn escaped(text: &str, room: usize) -> String {
    let pieces = text.grapheme_indices(true).map(|(at, grapheme)| {
        let mut shown = grapheme.to_owned();
        // Telegram makes a mention, which notifies, of any @name, and a command of any /word.
        // Some signs, such as U+0600, are one with what follows them.
        let last = at + grapheme.len() - 1;
        if grapheme.ends_with('@') || (grapheme.ends_with('/') && begins_word(&text[..last])) {
            shown.push(ZERO_WIDTH_SPACE);
        }
        Piece {
            units: length(&shown),
            text: escape_html(&shown),
            cuttable: true,
        }
    });
    fit(pieces, room)
}

fn begins_word(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_none_or(|c| !c.is_alphanumeric() && c != '/' && c != ':')
}
