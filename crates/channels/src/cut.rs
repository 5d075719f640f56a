//! Cutting a text to a receiver's limit: on grapheme borders, never inside an escape, with `…` for what is left out.
//!
//! Lengths are UTF-16 units. Telegram counts in them; Discord and Slack do not say what they count, and no other unit
//! gives more.

use unicode_segmentation::UnicodeSegmentation;

/// How long a receiver may hold `text` to be.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A grapheme as it will be sent.
pub(crate) struct Piece {
    /// The grapheme with its escapes.
    pub(crate) text: String,
    /// What it counts.
    pub(crate) units: usize,
    /// Whether the text may end before it.
    pub(crate) cuttable: bool,
}

impl Piece {
    /// A piece that counts as it is sent, and before which the text may end.
    pub(crate) fn of(text: String) -> Self {
        Self {
            units: length(&text),
            text,
            cuttable: true,
        }
    }
}

/// Joins `pieces`, ending with `…` when they do not all fit into `room` units.
pub(crate) fn fit(pieces: impl Iterator<Item = Piece>, room: usize) -> String {
    let mut fitted = String::new();
    let mut used = 0;
    // Where the text may end and still leave room for the ellipsis.
    let mut end = 0;
    for piece in pieces {
        if piece.cuttable && used < room {
            end = fitted.len();
        }
        used += piece.units;
        if used > room {
            fitted.truncate(end);
            return match room {
                0 => String::new(),
                _ => format!("{}…", fitted.trim_end()),
            };
        }
        fitted.push_str(&piece.text);
    }
    fitted
}

/// `text` in at most `room` units, each grapheme as `escape` writes it, and counted as it is written.
pub(crate) fn cut_escaped(text: &str, room: usize, escape: impl Fn(&str) -> String) -> String {
    let pieces = text
        .graphemes(true)
        .map(|grapheme| Piece::of(escape(grapheme)));
    fit(pieces, room)
}

/// `text` in at most `room` units, as it stands.
pub(crate) fn cut(text: &str, room: usize) -> String {
    cut_escaped(text, room, str::to_owned)
}

/// Shares `room` among texts of these lengths: to each what it wants, and where that is more than there is, an equal
/// share, or what the others leave.
pub(crate) fn share_out(room: usize, wanted: &[usize]) -> Vec<usize> {
    let total: usize = wanted.iter().sum();
    wanted
        .iter()
        .map(|own| {
            let others = total - own;
            let share = (room / wanted.len()).max(room.saturating_sub(others));
            share.min(*own)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_graphemes() {
        let family = "👩‍👩‍👧‍👦";
        assert_eq!(cut(&family.repeat(2), 12), format!("{family}…"));
        assert_eq!(cut(family, 10), "…");
        assert_eq!(cut("e\u{301}e\u{301}", 3), "e\u{301}…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn an_escape_counts_and_is_never_halved() {
        let escape = |c: &str| c.replace('&', "&amp;");
        assert_eq!(cut_escaped("a&b", 7, escape), "a&amp;b");
        assert_eq!(cut_escaped("a&b", 6, escape), "a…");
    }

    #[test]
    fn room_is_shared_equally_but_not_left_unused() {
        assert_eq!(share_out(10, &[20, 20]), [5, 5]);
        assert_eq!(share_out(10, &[20, 2]), [8, 2]);
        assert_eq!(share_out(100, &[20, 2]), [20, 2]);
        assert_eq!(share_out(10, &[]), Vec::<usize>::new());
    }
}
