//! One pass over a text that is not all ASCII: afterwards every character is one byte.

use crate::letters::{Becomes, Letters};

/// Follows some emoji and only says that they are to be drawn in colour.
const IN_COLOUR: &str = "\u{FE0F}";

/// Writes the text into `out`: ASCII as it is, emoji as their descriptions, every other character as one byte that
/// stands for it. The reference puts a space before a description unless there is one; one more changes nothing,
/// since the text is split at runs of them.
pub(crate) fn rewrite(text: &str, letters: &Letters, out: &mut Vec<u8>) {
    out.clear();
    let mut rest = text;
    loop {
        let (plain, after) = rest.split_at(ascii_prefix(rest.as_bytes()));
        out.extend_from_slice(plain.as_bytes());
        let mut following = after.chars();
        let Some(letter) = following.next() else {
            return;
        };
        rest = following.as_str();
        match letters.of(letter) {
            Becomes::Byte(byte) => out.push(byte),
            Becomes::Described(description) => {
                out.push(b' ');
                out.extend_from_slice(description);
            }
            Becomes::Own(emoji) => {
                out.push(b' ');
                out.extend_from_slice(emoji);
                out.push(b' ');
                rest = rest.strip_prefix(IN_COLOUR).unwrap_or(rest);
            }
        }
    }
}

/// How many bytes of ASCII the text begins with.
#[inline]
fn ascii_prefix(bytes: &[u8]) -> usize {
    let is_ascii = |part: &[u8; 8]| u64::from_ne_bytes(*part) & 0x8080_8080_8080_8080 == 0;
    let mut at = 0;
    while bytes[at..].first_chunk().is_some_and(is_ascii) {
        at += 8;
    }
    at + bytes[at..]
        .iter()
        .take_while(|byte| byte.is_ascii())
        .count()
}
