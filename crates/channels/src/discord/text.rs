//! A stranger's text in an embed: shown as it was written, never obeyed as markdown, and within Discord's lengths.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    cut::{Piece, fit},
    text::harmless,
};

/// Shows nothing and keeps its neighbours from being read as one word.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// `text` for a place that shows markdown (a description, a field's value), in at most `room` units.
///
/// Links stay links, since their words are their address; one that does not fit is left out whole.
pub(super) fn markdown(text: &str, room: usize) -> String {
    let text = harmless(text);
    let mut escape = Escape::default();
    let pieces = text.grapheme_indices(true).map(|(at, grapheme)| {
        let was_in_link = escape.in_link;
        escape.enter(&text[at..], grapheme);
        let mut piece = String::new();
        if was_in_link && !escape.in_link && !grapheme.starts_with(char::is_whitespace) {
            // Discord would take the escape for a part of the address.
            piece.push(' ');
        }
        for (inside, c) in grapheme.char_indices() {
            escape.push(&mut piece, c, &text[at + inside + c.len_utf8()..]);
        }
        let cuttable = !(was_in_link && escape.in_link);
        Piece {
            cuttable,
            ..Piece::of(piece)
        }
    });
    fit(pieces, room)
}

/// `text` on one line for a place that shows no markdown (an author's name), in at most `room` units.
pub(super) fn plain(text: &str, room: usize) -> String {
    let pieces = text.grapheme_indices(true).map(|(at, grapheme)| {
        let mut piece = grapheme.to_owned();
        if grapheme.ends_with('@') && is_everyone(&text[at + grapheme.len()..]) {
            piece.push(ZERO_WIDTH_SPACE);
        }
        Piece::of(piece)
    });
    fit(pieces, room)
}

/// Where in a text the escaping stands.
#[derive(Default)]
struct Escape {
    in_link: bool,
    /// True behind anything but blanks and digits in the present line: before it, some signs begin a list or a heading.
    inside_line: bool,
}

impl Escape {
    /// Notes whether a link begins or ends with `grapheme`, where `rest` begins.
    fn enter(&mut self, rest: &str, grapheme: &str) {
        let ends = |c: char| c.is_whitespace() || "<>\"`|\\^{}".contains(c);
        self.in_link = if self.in_link {
            !grapheme.contains(ends)
        } else {
            begins(rest, "http://") || begins(rest, "https://")
        };
    }

    /// Adds `c`, which `rest` follows, to `piece` so that Discord shows it and does nothing else.
    fn push(&mut self, piece: &mut String, c: char, rest: &str) {
        let line_begins = !self.inside_line;
        self.inside_line =
            c != '\n' && (self.inside_line || !(c.is_whitespace() || c.is_ascii_digit()));
        match c {
            '*' if self.in_link => piece.push_str("%2A"),
            '~' if self.in_link => piece.push_str("%7E"),
            '[' if self.in_link => piece.push_str("%5B"),
            ']' if self.in_link => piece.push_str("%5D"),
            '@' if self.in_link && is_everyone(rest) => piece.push_str("%40"),
            c if self.in_link => piece.push(c),
            '@' if is_everyone(rest) => piece.extend([c, ZERO_WIDTH_SPACE]),
            // Before a mention, a channel, an emoji, a time or a command.
            '<' if rest.starts_with(['@', '#', ':', '/', 'a', 't', 'i']) => {
                piece.extend(['\\', c, ZERO_WIDTH_SPACE])
            }
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' | ']' | '(' | ')' | '<' | '>' => {
                piece.extend(['\\', c])
            }
            '#' | '-' | '+' | '.' if line_begins => piece.extend(['\\', c]),
            c => piece.push(c),
        }
    }
}

fn is_everyone(rest: &str) -> bool {
    begins(rest, "everyone") || begins(rest, "here")
}

fn begins(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
}
