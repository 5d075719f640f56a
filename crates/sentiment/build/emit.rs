//! The tables as Rust source.

use std::{collections::BTreeMap, fmt::Write};

use super::unicode;
use crate::{
    index::{Entry, Index, Key},
    word::Word,
};

const PAGE: usize = 64;
const END: u32 = 0x20000;
/// `DESCRIPTION` in `src/letters.rs`.
const FIRST_DESCRIPTION: usize = 0x100;

/// The index of words.
pub(crate) fn index(words: &[(Key, usize, Word)]) -> String {
    let index = Index::build(words);
    let mut out = String::new();
    array(&mut out, "FILTER", "u64", index.filter.iter());
    array(&mut out, "PILOTS", "u16", index.pilots.iter());
    array(&mut out, "SLOTS", "u16", index.slots.iter());
    array(
        &mut out,
        "ENTRIES",
        "Entry",
        index.entries.iter().map(entry),
    );
    out
}

fn entry(Entry { key, len, word }: &Entry) -> String {
    let Word {
        flags,
        role,
        tenths,
        ..
    } = word;
    format!(
        "Entry {{ key: {key:?}, len: {len}, word: Word {{ flags: {flags}, role: Role::{role:?}, tenths: {tenths}, phrase: 0 }} }}"
    )
}

/// What becomes of each character beyond ASCII.
pub(crate) fn letters(emoji: &BTreeMap<char, &str>) -> String {
    let numbers: BTreeMap<char, usize> = emoji
        .keys()
        .enumerate()
        .map(|(number, letter)| (*letter, number))
        .collect();
    let cells: Vec<String> = (0..END).map(|code| cell(code, &numbers)).collect();
    let (mut pages, mut distinct) = (Vec::new(), Vec::new());
    for page in cells.chunks(PAGE) {
        let number = distinct
            .iter()
            .position(|known| *known == page)
            .unwrap_or(distinct.len());
        if number == distinct.len() {
            distinct.push(page);
        }
        pages.push(number);
    }
    let mut out = String::new();
    array(&mut out, "PAGES", "u16", pages.iter());
    array(&mut out, "CELLS", "u16", distinct.into_iter().flatten());
    array(
        &mut out,
        "DESCRIPTIONS",
        "&[u8]",
        emoji.values().map(|description| bytes(description)),
    );
    out
}

/// The character's cell; `src/letters.rs` says what it means.
fn cell(code: u32, emoji: &BTreeMap<char, usize>) -> String {
    let Some(letter) = char::from_u32(code) else {
        return "CASELESS as u16".to_owned();
    };
    match emoji.get(&letter) {
        Some(number) => (FIRST_DESCRIPTION + number).to_string(),
        None => format!("{} as u16", stand_in(letter)),
    }
}

/// The byte that stands for the character. The Kelvin sign is the one letter beyond ASCII whose small form is ASCII, and
/// case aside it is treated as K is.
fn stand_in(letter: char) -> &'static str {
    match letter {
        '\u{212A}' => "b'K'",
        _ if letter.is_whitespace() => "b' '",
        _ if unicode::is_small(letter) => "SMALL",
        _ if unicode::is_capital(letter) => "CAPITAL",
        _ => "CASELESS",
    }
}

/// A description as bytes, each letter beyond ASCII as the byte that stands for it.
fn bytes(description: &str) -> String {
    let byte = |letter: char| match letter.is_ascii() {
        true => format!("{}", u32::from(letter)),
        false => stand_in(letter).to_owned(),
    };
    format!(
        "&[{}]",
        description.chars().map(byte).collect::<Vec<_>>().join(", ")
    )
}

fn array<T: std::fmt::Display>(
    out: &mut String,
    name: &str,
    of: &str,
    items: impl Iterator<Item = T>,
) {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    writeln!(
        out,
        "static {name}: [{of}; {}] = [{}];",
        items.len(),
        items.join(",\n")
    )
    .expect("a string takes everything");
}
