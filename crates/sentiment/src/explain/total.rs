//! The score of a text whose tokens have their valences.

use super::{Explanation, Token};
use crate::Score;

/// Sums up the tokens of a text.
pub(super) fn explanation(mut tokens: Vec<Token>, text: &str) -> Explanation {
    let emphasis = emphasis(text);
    let plain = sum(&tokens);
    let emphasis = if plain == 0.0 {
        0.0
    } else {
        emphasis.copysign(plain)
    };
    let sum = plain + emphasis;
    let scale = (sum * sum + 15.0).sqrt();
    for token in &mut tokens {
        token.share = token.valence / scale;
    }
    let score = score(&tokens, text, sum / scale);
    Explanation {
        score,
        tokens,
        emphasis,
        emphasis_share: emphasis / scale,
        sum,
    }
}

fn score(tokens: &[Token], text: &str, compound: f64) -> Score {
    if tokens.is_empty() {
        return Score::default();
    }
    let (mut positive, mut negative) = (weight(tokens, 1.0), weight(tokens, -1.0));
    let neutral = tokens
        .iter()
        .filter(|token| token.valence == 0.0)
        .fold(0.0, |sum, _| sum + 1.0);
    if positive > negative {
        positive += emphasis(text);
    } else if positive < negative {
        negative += emphasis(text);
    }
    let total = positive + negative + neutral;
    Score {
        neg: round(negative / total, 3),
        neu: round(neutral / total, 3),
        pos: round(positive / total, 3),
        compound: round(compound.clamp(-1.0, 1.0), 4),
    }
}

/// The weight of the valences of a sign, added up one by one.
fn weight(tokens: &[Token], sign: f64) -> f64 {
    let valences = tokens
        .iter()
        .map(|token| token.valence * sign)
        .filter(|valence| *valence > 0.0);
    valences.fold(0.0, |sum, valence| sum + (valence + 1.0))
}

fn emphasis(text: &str) -> f64 {
    let count = |mark: char| {
        text.chars()
            .filter(|letter| *letter == mark)
            .take(4)
            .fold(0.0, |sum, _| sum + 1.0)
    };
    let questions = match count('?') {
        0.0 | 1.0 => 0.0,
        few @ (2.0 | 3.0) => few * 0.18,
        _ => 0.96,
    };
    count('!') * 0.292 + questions
}

/// Python's `sum`: integers first, then floats with Neumaier's compensation.
fn sum(tokens: &[Token]) -> f64 {
    let integers = tokens.iter().take_while(|token| token.integer).count();
    let start: f64 = tokens[..integers].iter().map(|token| token.valence).sum();
    let Some(first) = tokens.get(integers) else {
        return start + 0.0;
    };
    let (mut sum, mut lost) = (start + first.valence, 0.0);
    for token in &tokens[integers + 1..] {
        let next = sum + token.valence;
        if f64::abs(sum) >= token.valence.abs() {
            lost += (sum - next) + token.valence;
        } else {
            lost += (token.valence - next) + sum;
        }
        sum = next;
    }
    sum + lost
}

fn round(value: f64, places: usize) -> f64 {
    format!("{value:.places$}")
        .parse()
        .expect("a number was printed")
}
