//! An overlay's phrases: several words that have one valence.

use crate::word::Word;

/// A phrase.
#[derive(Debug, Clone)]
pub(crate) struct Phrase {
    /// As it is written, in small letters.
    pub(crate) text: String,
    /// The numbers of its words.
    pub(crate) words: Vec<u16>,
    /// Its valence in tenths.
    pub(crate) tenths: i8,
}

/// The phrases, each under the number of its first word, the longest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phrases(pub(crate) Vec<Vec<Phrase>>);

impl Phrases {
    /// None, as in VADER.
    pub(crate) const NONE: Self = Self(Vec::new());

    /// Finds the phrases that begin at `starts` and makes of each one word with its valence; what follows of it is then
    /// neutral. Where two begin at a word the longer one is found, and none inside another.
    pub(crate) fn apply(&self, tokens: &mut [Word], starts: &[usize]) {
        let mut free = 0;
        for &start in starts {
            if start < free {
                continue;
            }
            let found = self
                .0
                .get(usize::from(tokens[start].phrase))
                .into_iter()
                .flatten()
                .find(|phrase| {
                    let end = start + phrase.words.len();
                    let words = tokens
                        .get(start..end)
                        .into_iter()
                        .flatten()
                        .map(|word| word.phrase);
                    words.eq(phrase.words.iter().copied())
                });
            if let Some(phrase) = found {
                free = start + phrase.words.len();
                merge(&mut tokens[start..free], phrase.tenths);
            }
        }
    }
}

fn merge(tokens: &mut [Word], tenths: i8) {
    let capitals = tokens
        .iter()
        .fold(Word::CAPITALS, |flags, word| flags & word.flags);
    for word in &mut *tokens {
        *word = Word {
            flags: word.flags & Word::CAPITALS,
            ..Word::NONE
        };
    }
    let lexicon = if tenths == 0 { 0 } else { Word::LEXICON };
    tokens[0] = Word {
        flags: lexicon | capitals,
        tenths,
        ..Word::NONE
    };
}
