//! A stranger's text made harmless, for every channel alike.

use moodwire_model::DigestPost;

/// The most that is looked at of a text, in bytes: longer ones are never scored, and no receiver shows so much.
const LONGEST: usize = 100_000;

/// A stranger's text with ordinary line ends, at most one blank line in a row, no control characters, and none of the
/// marks that override the direction of what follows (Unicode Technical Report 36, "Bidirectional Text Spoofing").
pub(crate) fn harmless(text: &str) -> String {
    let text = &text[..text.floor_char_boundary(LONGEST)];
    let text = text.replace("\r\n", "\n");
    let safe: String = text.chars().filter_map(harmless_char).collect();
    let mut lines: Vec<&str> = Vec::new();
    for line in safe.split('\n') {
        let line = if is_blank(line) { "" } else { line.trim_end() };
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}

fn harmless_char(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\t' => Some(' '),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c if c.is_control() => Some(char::REPLACEMENT_CHARACTER),
        c => Some(c),
    }
}

/// Whether nothing of it can be seen: only white space and the characters of no width.
fn is_blank(line: &str) -> bool {
    let unseen = [
        '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}',
    ];
    line.chars()
        .all(|c| c.is_whitespace() || unseen.contains(&c))
}

/// The same on one line, for names and links.
pub fn harmless_line(text: &str) -> String {
    harmless(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Who wrote a post. The handle comes first, so that no display name can pass for another's handle.
pub(crate) fn author(post: &DigestPost) -> String {
    let handle = format!("@{}", harmless_line(&post.author));
    match post.author_name.as_deref().map(harmless_line) {
        Some(name) if !name.is_empty() => format!("{handle} · {name}"),
        _ => handle,
    }
}

/// A text for a place that reads HTML or Slack's markup: these three signs are all that begins anything there.
pub(crate) fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_steer_a_terminal_or_turn_its_direction() {
        assert_eq!(
            harmless("\u{1b}[31mred\u{7}\u{9b}2J"),
            "\u{fffd}[31mred\u{fffd}\u{fffd}2J"
        );
        assert_eq!(harmless("a\u{202e}b\u{2066}c\u{2069}"), "abc");
        assert_eq!(harmless("a\r\nb\rc\u{2028}d\te"), "a\nb\nc\nd e");
        assert_eq!(harmless("a\n \n\n\n \n\nb\n\n"), "a\n\nb");
        assert_eq!(harmless_line(" a\n\n b "), "a b");
    }

    #[test]
    fn html_is_escaped_once() {
        assert_eq!(escape_html("<b>&amp;"), "&lt;b&gt;&amp;amp;");
    }
}
