//! Text broken into lines that fit a terminal.

use unicode_segmentation::UnicodeSegmentation;

/// Breaks `text` into lines of at most `width` columns: between words, and inside a word only where it is wider than a
/// line and no link, which stays whole so that it can be followed.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split_whitespace() {
            let wide = columns(word);
            if used > 0 && used + 1 + wide > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            if wide <= width || word.starts_with("http") {
                line.push_str(word);
                used += wide;
                continue;
            }
            for grapheme in word.graphemes(true) {
                let wide = columns(grapheme);
                if used + wide > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(line);
    }
    lines
}

/// The first `most` graphemes of `text`, with `…` for what is left out.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.grapheme_indices(true).nth(most) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}

/// How wide a terminal shows `text`, near enough for breaking lines: two columns for East Asian wide characters and
/// emoji, one for any other grapheme.
fn columns(text: &str) -> usize {
    text.graphemes(true)
        .map(|grapheme| match grapheme.chars().next() {
            Some('\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}') => 2,
            Some('\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}') => 2,
            Some('\u{1f000}'..='\u{3fffd}') => 2,
            _ => 1,
        })
        .sum()
}
