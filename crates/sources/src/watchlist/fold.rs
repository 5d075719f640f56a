//! Folding: a text in the form in which texts and patterns are compared.
//!
//! Lowercase; white space of any length as one blank; compatible forms made one (NFKC), so that `ＢＴＣ`, `𝗯𝗶𝘁𝗰𝗼𝗶𝗻` and
//! a decomposed `é` are what they look like; without the selectors that only choose how a character is drawn.

use unicode_normalization::UnicodeNormalization;

/// The text as it is compared.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        for byte in text.bytes() {
            push(&mut folded, char::from(byte.to_ascii_lowercase()));
        }
        return folded;
    }
    for char in text.nfkc() {
        for lower in char.to_lowercase() {
            push(&mut folded, lower);
        }
    }
    folded
}

fn push(folded: &mut String, char: char) {
    match char {
        // Text or emoji style of the character before: ❤ and ❤️ are the same word.
        '\u{fe0e}' | '\u{fe0f}' => {}
        // A soft hyphen shows only where a line breaks.
        '\u{ad}' => {}
        char if char.is_whitespace() => {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
        }
        char => folded.push(char),
    }
}
