//! The score: VADER's four numbers for a text.

use serde::{Deserialize, Serialize};

/// A text's sentiment. The proportions sum to about 1 and have three decimals, `compound` has four.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Share of negative weight, 0 to 1.
    pub neg: f64,
    /// Share of neutral weight, 0 to 1.
    pub neu: f64,
    /// Share of positive weight, 0 to 1.
    pub pos: f64,
    /// The normalised sum, −1 (worst) to 1 (best).
    pub compound: f64,
    /// The scorer and its version, such as `vader-3.3.2`.
    pub scorer: String,
}

impl Score {
    /// VADER's customary threshold: at or above it a text counts as positive, at or below its
    /// negative as negative (README of vaderSentiment, "About the Scoring").
    pub const POSITIVE_FROM: f64 = 0.05;
}
