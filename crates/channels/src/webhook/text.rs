//! A stranger's text in a JSON document: whole, but for what would make the document too large or steer a terminal.

use crate::{
    cut::cut,
    text::{harmless, harmless_line},
};

/// The most that is sent of a post, in UTF-16 units.
pub(super) const MAX_TEXT: usize = 10_000;
/// The most that is sent of a name or a link.
const MAX_LINE: usize = 2_000;

/// `text` in at most [`MAX_TEXT`] units.
pub(super) fn text(text: &str) -> String {
    cut(&harmless(text), MAX_TEXT)
}

/// The same on one line, for names and links.
pub(super) fn line(text: &str) -> String {
    cut(&harmless_line(text), MAX_LINE)
}
