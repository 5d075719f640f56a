//! The score: VADER's four numbers for a text.

/// A text's sentiment, as `vaderSentiment` 3.3.2 prints it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Share of negative weight, 0 to 1, three decimals.
    pub neg: f64,
    /// Share of neutral weight, 0 to 1, three decimals.
    pub neu: f64,
    /// Share of positive weight, 0 to 1, three decimals.
    pub pos: f64,
    /// The normalised sum, −1 (worst) to 1 (best), four decimals.
    pub compound: f64,
}
