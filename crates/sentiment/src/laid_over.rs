//! VADER's tables with an overlay's words, phrases and emoji in them.

use std::collections::BTreeMap;

use crate::{
    grammar,
    index::{Index, Key, key},
    lexicon::{BASE, Lexicon},
    overlay::Overlay,
    phrases::{Phrase, Phrases},
    word::Word,
};

/// The words by their keys. A word's length belongs to its key: zero bytes at its end would be lost.
type Words = BTreeMap<(Key, usize), Word>;

impl Lexicon {
    /// VADER's lexicon with the overlay's over it.
    pub(crate) fn with(overlay: &Overlay) -> Self {
        let mut words: Words = BASE
            .index
            .words()
            .map(|entry| ((entry.key, entry.len), entry.word))
            .collect();
        for (name, tenths) in &overlay.words {
            set(word(&mut words, name), *tenths);
        }
        let mut letters = BASE.letters.clone();
        for (emoji, tenths) in &overlay.emoji {
            set(word(&mut words, emoji.encode_utf8(&mut [0; 4])), *tenths);
            letters.own(*emoji);
        }
        let phrases = phrases(overlay, &mut words);
        let words: Vec<_> = words
            .into_iter()
            .map(|((key, len), word)| (key, len, word))
            .collect();
        Self {
            index: Index::build(&words),
            letters,
            phrases,
        }
    }
}

/// The word's place, made if need be.
fn word<'a>(words: &'a mut Words, name: &str) -> &'a mut Word {
    let key = key(name).expect("the overlay was checked");
    words
        .entry((key, name.len()))
        .or_insert_with(|| grammar::word(name))
}

/// Gives the word a valence; 0 takes it out of the lexicon.
fn set(word: &mut Word, tenths: i8) {
    word.tenths = tenths;
    match tenths {
        0 => word.flags &= !Word::LEXICON,
        _ => word.flags |= Word::LEXICON,
    }
}

/// Numbers the words that occur in phrases, from 1.
fn phrases(overlay: &Overlay, words: &mut Words) -> Phrases {
    let mut next = 1;
    let mut phrases = vec![Vec::new()];
    for (names, tenths) in &overlay.phrases {
        let numbers: Vec<u16> = names
            .iter()
            .map(|name| {
                let word = word(words, name);
                if word.phrase == 0 {
                    word.phrase = next;
                    next += 1;
                    phrases.push(Vec::new());
                }
                word.phrase
            })
            .collect();
        word(words, &names[0]).flags |= Word::PHRASE_START;
        phrases[usize::from(numbers[0])].push(Phrase {
            text: names.join(" "),
            words: numbers,
            tenths: *tenths,
        });
    }
    for same_start in &mut phrases {
        same_start.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
    }
    Phrases(phrases)
}
