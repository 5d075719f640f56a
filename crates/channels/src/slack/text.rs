//! A stranger's text in a message of Slack: shown as it was written, never obeyed as markup.
//!
//! It stands in `plain_text`, which knows no emphasis, links or mentions; the three signs that begin Slack's markup are
//! escaped all the same (Slack's reference, "Formatting text for app surfaces").

use crate::{
    cut::cut_escaped,
    links::link,
    text::{escape_html, harmless, harmless_line},
};

/// The longest link that is made; Slack's own limit on a button's is 3,000.
const MAX_LINK: usize = 2_000;

/// `text` in at most `room` units, escaped.
pub(super) fn plain(text: &str, room: usize) -> String {
    cut_escaped(&harmless(text), room, escape_html)
}

/// The same on one line.
pub(super) fn line(text: &str, room: usize) -> String {
    cut_escaped(&harmless_line(text), room, escape_html)
}

/// A link of Slack's markup, with words of ours.
pub(super) fn linked(url: Option<&str>, words: &str) -> Option<String> {
    let url = link(url, MAX_LINK)?;
    Some(format!(
        "<{}|{}>",
        url.replace('&', "&amp;"),
        escape_html(words)
    ))
}
