//! A stranger's text in an embed: shown as it was written, never obeyed as markdown, and within Discord's lengths.
//!
//! Lengths are counted in UTF-16 units: Discord does not say what it counts, and no other unit gives more.

use unicode_segmentation::UnicodeSegmentation;
use url::{Host, Url};

use crate::text::harmless;

/// The longest link that an embed may have.
const MAX_LINK: usize = 2048;
/// Shows nothing and keeps its neighbours from being read as one word.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// How long Discord may hold `text` to be.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

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
            text: piece,
            cuttable,
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
        Piece {
            text: piece,
            cuttable: true,
        }
    });
    fit(pieces, room)
}

/// `url` where Discord would take it as a link: one bad link makes it refuse the whole message.
pub(super) fn link(url: Option<&str>) -> Option<String> {
    let url = Url::parse(url?.trim()).ok()?;
    let fits = matches!(url.scheme(), "http" | "https")
        // A name before the host makes one site pass for another.
        && url.username().is_empty()
        && url.password().is_none()
        // Discord calls a bare name such as `localhost` "not a well formed URL".
        && matches!(url.host(), Some(Host::Domain(name)) if name.trim_matches('.').contains('.'))
        && length(url.as_str()) <= MAX_LINK;
    fits.then(|| url.into())
}

/// A grapheme as it will be sent.
struct Piece {
    text: String,
    /// Whether the text may end before it.
    cuttable: bool,
}

/// Joins `pieces`, ending with `…` when they do not all fit.
fn fit(pieces: impl Iterator<Item = Piece>, room: usize) -> String {
    let mut fitted = String::new();
    let mut used = 0;
    // Where the text may end and still leave room for the ellipsis.
    let mut end = 0;
    for piece in pieces {
        if piece.cuttable && used < room {
            end = fitted.len();
        }
        used += length(&piece.text);
        if used > room {
            fitted.truncate(end);
            return format!("{}…", fitted.trim_end());
        }
        fitted.push_str(&piece.text);
    }
    fitted
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
