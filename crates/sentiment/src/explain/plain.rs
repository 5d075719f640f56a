//! A text's tokens, found as Python finds them.

use super::{Rule, Token};
use crate::{
    letters::{Becomes, CAPITAL, Letters, SMALL},
    lexicon::Lexicon,
    phrases::Phrases,
    word::Word,
};

/// What stands for each character beyond ASCII of a description: they are all quotation marks.
const QUOTE: char = '\u{2019}';

/// The text with its emoji spelled out.
pub(super) fn spell_emoji(letters: &Letters, text: &str) -> String {
    let mut spelled = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match becomes(letters, letter) {
            Becomes::Byte(_) => spelled.push(letter),
            Becomes::Described(description) => {
                spelled.push(' ');
                spelled.extend(description.iter().map(|byte| {
                    if byte.is_ascii() {
                        char::from(*byte)
                    } else {
                        QUOTE
                    }
                }));
            }
            Becomes::Own(_) => {
                spelled.extend([' ', letter, ' ']);
                if rest.as_str().starts_with('\u{FE0F}') {
                    rest.next();
                }
            }
        }
    }
    spelled
}

fn becomes(letters: &Letters, letter: char) -> Becomes<'_> {
    match u8::try_from(letter) {
        Ok(byte) if byte.is_ascii() => Becomes::Byte(byte),
        _ => letters.of(letter),
    }
}

/// The tokens, looked up.
pub(super) fn tokens(lexicon: &Lexicon, text: &str) -> Vec<Token> {
    let byte = |letter| match becomes(&lexicon.letters, letter) {
        Becomes::Byte(byte) => byte,
        Becomes::Described(_) | Becomes::Own(_) => b'*',
    };
    let is_space = |letter| matches!(byte(letter), b'\t'..=b'\r' | 0x1C..=b' ');
    let is_capital = |letter| byte(letter).is_ascii_uppercase() || byte(letter) == CAPITAL;
    let is_small = |letter| byte(letter).is_ascii_lowercase() || byte(letter) == SMALL;
    let parts = text
        .split(is_space)
        .filter(|part| !part.is_empty())
        .map(strip);
    parts
        .map(|part| {
            let capitals = part.chars().any(is_capital) && !part.chars().any(is_small);
            let mut token = Token::new(part.to_owned(), capitals, Word::NONE);
            let word = lexicon.index.word(&token.lower).unwrap_or_default();
            token = Token::new(part.to_owned(), capitals, word);
            token
        })
        .collect()
}

/// The part without the punctuation around it, if more than two characters are left.
fn strip(part: &str) -> &str {
    let stripped = part.trim_matches(|letter: char| letter.is_ascii_punctuation());
    if stripped.chars().count() > 2 {
        stripped
    } else {
        part
    }
}

/// Whether some tokens are in capitals and some are not.
pub(super) fn is_mixed(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| token.capitals) && tokens.iter().any(|token| !token.capitals)
}

/// Makes one token of each phrase, and nothing of what follows of it.
pub(super) fn phrases(phrases: &Phrases, tokens: &mut [Token]) {
    let mut place = 0;
    while place < tokens.len() {
        let here = &tokens[place..];
        let found = phrases.0.iter().flatten().filter(|phrase| {
            let words = here
                .iter()
                .take(phrase.words.len())
                .map(|token| token.lower.as_str());
            words.eq(phrase.text.split(' '))
        });
        let Some(phrase) = found.max_by_key(|phrase| phrase.words.len()) else {
            place += 1;
            continue;
        };
        let end = place + phrase.words.len();
        let capitals = tokens[place..end].iter().all(|token| token.capitals);
        for token in &mut tokens[place..end] {
            (token.word, token.base) = (Word::NONE, 0.0);
            token.lower.clear();
            token.step(Rule::InPhrase, &phrase.text, 0.0);
        }
        let lexicon = if phrase.tenths == 0 { 0 } else { Word::LEXICON };
        let word = Word {
            flags: lexicon,
            tenths: phrase.tenths,
            ..Word::NONE
        };
        tokens[place] = Token {
            lower: String::new(),
            ..Token::new(phrase.text.clone(), capitals, word)
        };
        place = end;
    }
}
