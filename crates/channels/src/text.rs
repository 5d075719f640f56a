//! Words that every channel uses: a stranger's text made harmless, and numbers written alike.

use moodwire_model::{DigestPost, HourSummary, Missing};

/// A stranger's text with ordinary line ends, at most one blank line in a row, no control characters, and none of the
/// marks that override the direction of what follows (Unicode Technical Report 36, "Bidirectional Text Spoofing").
pub(crate) fn harmless(text: &str) -> String {
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

/// A compound or a mean: always with its sign, four decimals, never a negative zero.
pub(crate) fn signed(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e4 + 0.0;
    format!("{rounded:+.4}")
}

/// The hour as people write it: `2026-03-01 17:00–18:00 UTC`.
pub(crate) fn hour(summary: &HourSummary) -> String {
    let hour = summary.hour;
    format!(
        "{}–{} UTC",
        hour.start().format("%Y-%m-%d %H:%M"),
        hour.end().format("%H:%M")
    )
}

/// `1 post`, `2 posts`.
pub(crate) fn count(n: u64, noun: &str, plural: &str) -> String {
    format!("{n} {}", if n == 1 { noun } else { plural })
}

/// What the digest lacks, in one sentence; none when it lacks nothing.
pub(crate) fn missing(missing: &Missing) -> Option<String> {
    if missing.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    if !missing.sources.is_empty() {
        let names: Vec<String> = missing
            .sources
            .iter()
            .map(|name| harmless_line(name))
            .collect();
        parts.push(format!(
            "{} had not been read to the hour's end",
            names.join(", ")
        ));
    }
    if missing.batches > 0 {
        let batches = count(missing.batches, "batch", "batches");
        parts.push(format!("{batches} of posts had no scores yet"));
    }
    Some(format!("Incomplete: {}.", parts.join("; ")))
}

/// What came too late to be counted, in one sentence; none when nothing did.
pub(crate) fn late(posts: u64) -> Option<String> {
    (posts > 0).then(|| {
        format!(
            "{} came after the hour was sealed.",
            count(posts, "post", "posts")
        )
    })
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
    fn zero_has_no_minus() {
        assert_eq!(signed(-0.000_01), "+0.0000");
        assert_eq!(signed(-0.5574), "-0.5574");
        assert_eq!(signed(1.0), "+1.0000");
    }
}
