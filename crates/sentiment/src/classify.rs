//! Bytes to bitmaps: what kind of byte stands at each place of a block.

use wide::u8x16;

use crate::letters::{CAPITAL, SMALL};

/// How many bytes are classified at once: one for each bit of a machine word.
pub(crate) const BLOCK: usize = 64;

/// How many of them go through one vector.
const STEP: usize = 16;

/// Where in a block which bytes stand; bit 0 is its first byte.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bitmaps {
    /// What `str.split` splits at: space, tab to carriage return, U+001C to U+001F.
    pub(crate) space: u64,
    /// ASCII punctuation.
    pub(crate) punctuation: u64,
    /// Capitals.
    pub(crate) capital: u64,
    /// Small letters.
    pub(crate) small: u64,
    /// The apostrophe, without which there is no "n't".
    pub(crate) apostrophe: u64,
    /// "!"
    pub(crate) exclamation: u64,
    /// "?"
    pub(crate) question: u64,
}

/// The block's bitmaps; `lowered` becomes the block with its ASCII capitals lowered.
#[inline(always)]
pub(crate) fn classify(block: &[u8; BLOCK], lowered: &mut [u8; BLOCK]) -> Bitmaps {
    let mut maps = Bitmaps::default();
    for (step, (from, to)) in block
        .as_chunks::<STEP>()
        .0
        .iter()
        .zip(lowered.as_chunks_mut::<STEP>().0)
        .enumerate()
    {
        let bytes = u8x16::new(*from);
        let capital = range(bytes, b'A', b'Z');
        let folded = bytes | capital & u8x16::splat(0x20);
        *to = folded.to_array();
        let letter = range(folded, b'a', b'z');
        let printed = range(bytes, b'!', b'~');
        let add =
            |map: &mut u64, mask: u8x16| *map |= u64::from(mask.to_bitmask()) << (step * STEP);
        add(
            &mut maps.space,
            range(bytes, b'\t', b'\r') | range(bytes, 0x1C, b' '),
        );
        add(
            &mut maps.punctuation,
            printed & !(letter | range(bytes, b'0', b'9')),
        );
        add(&mut maps.capital, capital | equal(bytes, CAPITAL));
        add(&mut maps.small, letter & !capital | equal(bytes, SMALL));
        add(&mut maps.apostrophe, equal(bytes, b'\''));
        add(&mut maps.exclamation, equal(bytes, b'!'));
        add(&mut maps.question, equal(bytes, b'?'));
    }
    maps
}

#[inline(always)]
fn equal(bytes: u8x16, byte: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(byte))
}

/// The bytes from `first` to `last`.
#[inline(always)]
fn range(bytes: u8x16, first: u8, last: u8) -> u8x16 {
    let above = bytes - u8x16::splat(first);
    above.min(u8x16::splat(last - first)).simd_eq(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_bit_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..BLOCK {
                let (mut block, mut lowered) = ([b'a'; BLOCK], [0; BLOCK]);
                block[place] = byte;
                let maps = classify(&block, &mut lowered);
                let has = |map: u64| map >> place & 1 == 1;
                assert_eq!(lowered[place], byte.to_ascii_lowercase());
                assert_eq!(has(maps.space), matches!(byte, 9..=13 | 28..=32), "{byte}");
                assert_eq!(has(maps.punctuation), byte.is_ascii_punctuation(), "{byte}");
                assert_eq!(
                    has(maps.capital),
                    byte.is_ascii_uppercase() || byte == CAPITAL,
                    "{byte}"
                );
                assert_eq!(
                    has(maps.small),
                    byte.is_ascii_lowercase() || byte == SMALL,
                    "{byte}"
                );
                let marks = [maps.apostrophe, maps.exclamation, maps.question].map(has);
                assert_eq!(
                    marks,
                    [b'\'', b'!', b'?'].map(|mark| mark == byte),
                    "{byte}"
                );
            }
        }
    }
}
