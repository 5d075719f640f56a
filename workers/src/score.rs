//! The scorer: VADER's four numbers for a text.

use std::panic::AssertUnwindSafe;

use moodwire_model::Score;
use vader_parity::SentimentIntensityAnalyzer;

/// The scorer's name and version, stored with every score.
const VERSION: &str = "vader-3.3.2";

/// Scores texts exactly as Python's `vaderSentiment` 3.3.2 does, by way of the `vader-parity` crate.
pub struct Scorer(SentimentIntensityAnalyzer);

impl Scorer {
    /// Parses the lexicons, once a process.
    pub fn new() -> Self {
        Self(SentimentIntensityAnalyzer::new())
    }

    /// A text's score. Takes time in proportion to the text: call it off the async threads.
    pub fn score(&self, text: &str) -> Score {
        let scores = self.0.polarity_scores(text);
        Score {
            neg: scores.neg,
            neu: scores.neu,
            pos: scores.pos,
            compound: scores.compound,
            scorer: VERSION.to_owned(),
        }
    }
}

impl Scorer {
    /// A text's score; none where the scorer panics on it, so that one text costs no other its score.
    pub(crate) fn try_score(&self, text: &str) -> Option<Score> {
        std::panic::catch_unwind(AssertUnwindSafe(|| self.score(text))).ok()
    }
}

impl Default for Scorer {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Scorer").field(&VERSION).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_example_scores_as_the_reference_prints_it() {
        let score = Scorer::new().score("VADER is smart, handsome, and funny!");
        assert_eq!(
            (score.neg, score.neu, score.pos, score.compound),
            (0.0, 0.248, 0.752, 0.8439)
        );
    }
}
