//! Case and space as CPython sees them, with the Unicode 16 of CPython 3.14.

/// What Unicode 17 added or changed and the compiler's tables therefore have: no letters for the reference.
const NEWER: [(u32, u32); 5] = [
    (0xA7CE, 0xA7CF),
    (0xA7D2, 0xA7D2),
    (0xA7D4, 0xA7D4),
    (0xA7F1, 0xA7F1),
    (0x16EA0, 0x16ED3),
];

/// A small letter in Unicode 16, without case in 17.
const ONCE_SMALL: char = '\u{295}';

/// Letters of which the first half is a capital, such as 'ǅ'.
const HALF_CAPITALS: [(u32, u32); 10] = [
    (0x1C5, 0x1C5),
    (0x1C8, 0x1C8),
    (0x1CB, 0x1CB),
    (0x1F2, 0x1F2),
    (0x1F88, 0x1F8F),
    (0x1F98, 0x1F9F),
    (0x1FA8, 0x1FAF),
    (0x1FBC, 0x1FBC),
    (0x1FCC, 0x1FCC),
    (0x1FFC, 0x1FFC),
];

/// Whether Python's `str.isupper` is false of whatever contains it.
pub(crate) fn is_small(letter: char) -> bool {
    letter == ONCE_SMALL
        || among(&HALF_CAPITALS, letter)
        || letter.is_lowercase() && !among(&NEWER, letter)
}

/// Whether Python's `str.isupper` may be true of what contains it.
pub(crate) fn is_capital(letter: char) -> bool {
    letter.is_uppercase() && !among(&NEWER, letter)
}

fn among(ranges: &[(u32, u32)], letter: char) -> bool {
    ranges
        .iter()
        .any(|&(first, last)| (first..=last).contains(&u32::from(letter)))
}
