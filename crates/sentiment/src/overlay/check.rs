//! What an overlay may say: only what a token of a text can equal, and nothing that VADER's rules own.

use toml::Spanned;

use super::{OverlayError, file::Section};
use crate::{
    grammar,
    index::MAX_WORD,
    word::{Role, Word},
};

/// Follows some emoji and only says that they are to be drawn in colour.
const IN_COLOUR: char = '\u{FE0F}';

/// How many words, with those of phrases, and emoji an overlay may have: what the index has room for.
const MOST: usize = 4_000;

/// The longest phrase, in words.
const LONGEST_PHRASE: usize = 6;

/// Checks the overlay's name, which becomes a part of the scorer's version.
pub(super) fn name(name: &str) -> Result<(), OverlayError> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if !name.is_empty() && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!("\"{name}\" is no name: set name to letters, digits, - and _");
    Err(OverlayError { line: 1, message })
}

/// Checks `[words]`.
pub(super) fn words(text: &str, section: Section) -> Result<Vec<(String, i8)>, OverlayError> {
    each(text, section, |name| {
        if name.contains(char::is_whitespace) {
            return Err(format!("\"{name}\" has a space: put it under [phrases]"));
        }
        token(name)?;
        if is_owned(name) {
            return Err(format!(
                "\"{name}\" has a part in VADER's rules and cannot have a valence: leave it out"
            ));
        }
        Ok(name.to_owned())
    })
}

/// Checks `[phrases]`.
pub(super) fn phrases(
    text: &str,
    section: Section,
) -> Result<Vec<(Vec<String>, i8)>, OverlayError> {
    each(text, section, |name| {
        let words: Vec<String> = name.split_ascii_whitespace().map(str::to_owned).collect();
        if !(2..=LONGEST_PHRASE).contains(&words.len()) {
            return Err(format!(
                "\"{name}\" is no phrase of 2 to {LONGEST_PHRASE} words: put a single word under [words]"
            ));
        }
        words.iter().try_for_each(|word| token(word))?;
        match words.iter().any(|word| word == "but") {
            true => Err(format!(
                "\"{name}\" has a \"but\", which parts a text: leave it out"
            )),
            false => Ok(words),
        }
    })
}

/// Checks `[emoji]`.
pub(super) fn emoji(text: &str, section: Section) -> Result<Vec<(char, i8)>, OverlayError> {
    each(text, section, |name| {
        let mut letters = name.trim_end_matches(IN_COLOUR).chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None)
                if !letter.is_ascii() && !letter.is_alphabetic() && !letter.is_whitespace() =>
            {
                Ok(letter)
            }
            _ => Err(format!(
                "\"{name}\" is no emoji of one character: VADER reads emoji character by character"
            )),
        }
    })
}

/// Checks each of a section's keys by `key`, and its valence.
fn each<T>(
    text: &str,
    section: Section,
    key: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<(T, i8)>, OverlayError> {
    let checked = section.into_iter().map(|(name, valence)| {
        let checked = key(name.get_ref());
        let checked =
            checked.map_err(|message| OverlayError::at(text, name.span().start, message))?;
        Ok((checked, tenths(text, &valence)?))
    });
    checked.collect()
}

/// Refuses an overlay that is too large.
pub(super) fn size(
    words: &[(String, i8)],
    phrases: &[(Vec<String>, i8)],
    emoji: &[(char, i8)],
) -> Result<(), OverlayError> {
    let in_phrases: usize = phrases.iter().map(|(words, _)| words.len()).sum();
    let count = words.len() + in_phrases + emoji.len();
    if count <= MOST {
        return Ok(());
    }
    let message = format!("{count} words and emoji are too many: an overlay holds at most {MOST}");
    Err(OverlayError { line: 1, message })
}

/// The valence in tenths.
fn tenths(text: &str, valence: &Spanned<f64>) -> Result<i8, OverlayError> {
    let value = *valence.get_ref();
    (-40..=40_i8)
        .find(|tenths| f64::from(*tenths) / 10.0 == value)
        .ok_or_else(|| {
            let message = format!(
                "{value} is no valence: give a number from -4 to 4 with at most one decimal"
            );
            OverlayError::at(text, valence.span().start, message)
        })
}

/// Refuses what no token can equal.
fn token(word: &str) -> Result<(), String> {
    if word.is_empty() {
        return Err("\"\" is empty: write a word".to_owned());
    }
    if !word.is_ascii() {
        return Err(format!(
            "\"{word}\" has a letter beyond ASCII, which no word of VADER has: write it without"
        ));
    }
    if word.len() > MAX_WORD {
        return Err(format!(
            "\"{word}\" is too long: a word has at most {MAX_WORD} letters"
        ));
    }
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(format!(
            "\"{word}\" has capitals, but words are compared in small letters: write it in those"
        ));
    }
    let stripped = word.trim_matches(|letter: char| letter.is_ascii_punctuation());
    if stripped.len() > 2 && stripped != word {
        return Err(format!(
            "\"{word}\" never stands in a text, which loses the punctuation around words: write \"{stripped}\""
        ));
    }
    Ok(())
}

/// Whether VADER's rules give the word another part than that of a word with a valence.
fn is_owned(name: &str) -> bool {
    let word = grammar::word(name);
    word.is(Word::STRONGER | Word::WEAKER | Word::NEGATION)
        || matches!(word.role, Role::But | Role::Least | Role::No)
        || name.contains("n't")
}
