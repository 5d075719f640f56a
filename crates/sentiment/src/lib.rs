//! Moodwire's scorer: the sentiment of a text, exactly as Python's `vaderSentiment` 3.3.2 has it.
//!
//! The rules and the lexicons are VADER's: C. J. Hutto and E. E. Gilbert, "VADER: A Parsimonious Rule-based Model for
//! Sentiment Analysis of Social Media Text", Eighth International Conference on Weblogs and Social Media (ICWSM-14), 2014;
//! its notice is in `LICENSE-VADER`.

mod batch;
mod but;
mod classify;
mod explain;
mod grammar;
mod index;
mod laid_over;
mod letters;
mod lexicon;
mod overlay;
mod phrases;
mod rewrite;
mod round;
mod rules;
mod score;
mod scorer;
mod scratch;
mod table;
mod tokens;
mod total;
mod word;

pub use self::{
    explain::{Explanation, Rule, Step, Token},
    overlay::{Overlay, OverlayError},
    score::Score,
    scorer::Scorer,
};
