//! From valences to the four scores.

use crate::{
    Score,
    round::{to_four, to_three},
    scratch::Valence,
    tokens::Overview,
};

/// Approximates the largest sum that is to be expected.
const ALPHA: f64 = 15.0;

/// What a "!" adds.
const EXCLAMATION: f64 = 0.292;
/// What two or three "?" add, each; one adds nothing.
const QUESTION: f64 = 0.18;
/// What four "?" or more add.
const QUESTIONS: f64 = 0.96;

/// The text's four scores, from the valences that are not zero. The first token whose valence is zero but, in Python, no
/// integer decides how `sum` goes on, see [`sum`].
pub(crate) fn score(valences: &[Valence], float_zero: usize, overview: &Overview) -> Score {
    if valences.is_empty() {
        return Score {
            neu: if overview.tokens == 0 { 0.0 } else { 1.0 },
            ..Score::default()
        };
    }
    let emphasis = emphasis(overview);
    let (positive, negative) = sift(valences, emphasis);
    let neutral = to_float(overview.tokens - valences.len());
    let total = positive + negative + neutral;
    Score {
        neg: to_three(negative / total),
        neu: to_three(neutral / total),
        pos: to_three(positive / total),
        compound: to_four(normalize(emphasize(sum(valences, float_zero), emphasis))),
    }
}

/// What "!" and "?" add.
pub(crate) fn emphasis(overview: &Overview) -> f64 {
    let questions = match overview.questions {
        0 | 1 => 0.0,
        few @ 2..=3 => f64::from(few) * QUESTION,
        _ => QUESTIONS,
    };
    f64::from(overview.exclamations.min(4)) * EXCLAMATION + questions
}

/// The sum with the emphasis, away from zero.
pub(crate) fn emphasize(sum: f64, emphasis: f64) -> f64 {
    if sum > 0.0 {
        sum + emphasis
    } else if sum < 0.0 {
        sum - emphasis
    } else {
        sum
    }
}

/// The sum brought between −1 and 1.
fn normalize(sum: f64) -> f64 {
    (sum / (sum * sum + ALPHA).sqrt()).clamp(-1.0, 1.0)
}

/// The positive and the negative weight. A word counts one more than its valence, as a neutral one counts one.
fn sift(valences: &[Valence], emphasis: f64) -> (f64, f64) {
    let (mut positive, mut negative) = (0.0, 0.0);
    for &Valence { value, .. } in valences {
        if value > 0.0 {
            positive += value + 1.0;
        } else {
            negative += value - 1.0;
        }
    }
    let mut negative = f64::abs(negative);
    if positive > negative {
        positive += emphasis;
    } else if positive < negative {
        negative += emphasis;
    }
    (positive, negative)
}

/// Python's `sum` since 3.12: integers at the front are added as such, the first float plainly, and what follows with the
/// compensation of Neumaier (1974). A float that is zero counts as the first one too.
fn sum(valences: &[Valence], float_zero: usize) -> f64 {
    let (mut sum, mut lost, mut integers) = (0.0_f64, 0.0, true);
    for &Valence { value, at, integer } in valences {
        if integers && at < float_zero {
            sum += value;
            integers = integer;
            continue;
        }
        integers = false;
        let next = sum + value;
        lost += if sum.abs() >= value.abs() {
            sum - next + value
        } else {
            value - next + sum
        };
        sum = next;
    }
    sum + lost
}

#[expect(clippy::cast_precision_loss, reason = "no text has 2^53 tokens")]
fn to_float(count: usize) -> f64 {
    count as f64
}
