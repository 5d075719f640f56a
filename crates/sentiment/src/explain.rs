//! How a text comes by its score: each token's valence, the rules that changed it, and its share.
//!
//! This is the plain way through the rules, written as the reference has it and without a thought of speed. Tests and the
//! fuzzer compare the fast way with it.

mod plain;
mod rules;
mod steps;
mod token;
mod total;

pub use self::{
    steps::{Rule, Step},
    token::Token,
};
use crate::{Score, Scorer};

/// A score with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The score.
    pub score: Score,
    /// The tokens in order. Their shares and that of the emphasis add up to the compound, before it is rounded.
    pub tokens: Vec<Token>,
    /// What "!" and "?" add to the sum, towards its sign.
    pub emphasis: f64,
    /// The share of the emphasis in the compound.
    pub emphasis_share: f64,
    /// The sum of the valences and the emphasis, which brought between −1 and 1 is the compound.
    pub sum: f64,
}

impl Scorer {
    /// Says how the text comes by its score, which is that of [`Scorer::score`].
    pub fn explain(&self, text: &str) -> Explanation {
        let text = plain::spell_emoji(&self.lexicon.letters, text);
        let mut tokens = plain::tokens(&self.lexicon, &text);
        let mixed_case = plain::is_mixed(&tokens);
        plain::phrases(&self.lexicon.phrases, &mut tokens);
        for place in 0..tokens.len() {
            rules::apply(&mut tokens, place, mixed_case);
        }
        rules::but(&mut tokens);
        total::explanation(tokens, &text)
    }
}
