//! A token on its way through the rules.

use super::{Rule, Step};
use crate::word::Word;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// As the rules see it: without the punctuation around it, an emoji as its description.
    pub text: String,
    /// The lexicon's or the overlay's valence; 0 for what is in neither.
    pub base: f64,
    /// What became of it, rule by rule.
    pub steps: Vec<Step>,
    /// The valence in the end.
    pub valence: f64,
    /// Its share in the compound.
    pub share: f64,
    pub(super) lower: String,
    pub(super) capitals: bool,
    pub(super) word: Word,
    /// In Python the valence is an integer.
    pub(super) integer: bool,
}

impl Token {
    pub(super) fn new(text: String, capitals: bool, word: Word) -> Self {
        // The Kelvin sign is the one letter beyond ASCII that is ASCII in small.
        let lower = text.replace('\u{212A}', "k").to_ascii_lowercase();
        let base = if word.is(Word::LEXICON) {
            f64::from(word.tenths) / 10.0
        } else {
            0.0
        };
        Self {
            text,
            base,
            steps: Vec::new(),
            valence: 0.0,
            share: 0.0,
            lower,
            capitals,
            word,
            integer: true,
        }
    }

    pub(super) fn in_lexicon(&self) -> bool {
        self.word.is(Word::LEXICON)
    }

    pub(super) fn is_booster(&self) -> bool {
        self.word.is(Word::STRONGER | Word::WEAKER)
    }

    pub(super) fn negates(&self) -> bool {
        self.word.is(Word::NEGATION) || self.lower.contains("n't")
    }

    /// Takes over the valence that a rule leaves, a float from now on, and remembers the rule if that is another one.
    pub(super) fn step(&mut self, rule: Rule, by: &str, valence: f64) {
        if valence.to_bits() != self.valence.to_bits()
            || matches!(rule, Rule::Lexicon | Rule::InPhrase | Rule::KindOf)
        {
            self.steps.push(Step {
                rule,
                by: by.to_owned(),
                valence,
            });
        }
        self.valence = valence;
    }
}
