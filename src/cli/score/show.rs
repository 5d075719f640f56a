//! A text's score for people and for scripts, with its reasons if they are asked for.

use moodwire_sentiment::{Explanation, Score, Scorer, Token};
use serde_json::{Value, json};

use crate::{failure::Failure, output};

/// Prints the text's score.
pub(super) fn text(scorer: &Scorer, text: &str, explain: bool, json: bool) -> Result<(), Failure> {
    let explanation = explain.then(|| scorer.explain(text));
    let score = scorer.score(text);
    if json {
        return output::json(&document(
            text,
            &score,
            scorer.version(),
            explanation.as_ref(),
        ));
    }
    if let Some(explanation) = &explanation {
        reasons(explanation)?;
    }
    let Score {
        neg,
        neu,
        pos,
        compound,
    } = score;
    output::line(&format!(
        "compound {compound:.4}  pos {pos:.3}  neu {neu:.3}  neg {neg:.3}  {}",
        scorer.version()
    ))
}

fn document(text: &str, score: &Score, version: &str, explanation: Option<&Explanation>) -> Value {
    let mut document = json!({
        "text": text,
        "neg": score.neg,
        "neu": score.neu,
        "pos": score.pos,
        "compound": score.compound,
        "scorer": version,
    });
    if let Some(explanation) = explanation {
        document["tokens"] = explanation.tokens.iter().map(token).collect();
        document["emphasis"] = explanation.emphasis.into();
        document["emphasis_share"] = explanation.emphasis_share.into();
        document["sum"] = explanation.sum.into();
    }
    document
}

fn token(token: &Token) -> Value {
    let step = |step: &moodwire_sentiment::Step| json!({"rule": step.rule.name(), "by": step.by, "valence": step.valence});
    json!({
        "text": token.text,
        "base": token.base,
        "steps": token.steps.iter().map(step).collect::<Vec<_>>(),
        "valence": token.valence,
        "share": token.share,
    })
}

/// A row for each token, one for the emphasis, and the sum, whose share is the compound.
fn reasons(explanation: &Explanation) -> Result<(), Failure> {
    let number = |number: f64| format!("{number:+.4}");
    let row = |token: &Token| {
        let base = if token.base == 0.0 {
            String::new()
        } else {
            format!("{:+.1}", token.base)
        };
        vec![
            token.text.clone(),
            base,
            rules(token),
            number(token.valence),
            number(token.share),
        ]
    };
    let whole = |name: &str, value: f64, share: f64| {
        vec![
            name.to_owned(),
            String::new(),
            String::new(),
            number(value),
            number(share),
        ]
    };
    let mut rows: Vec<_> = explanation.tokens.iter().map(row).collect();
    rows.push(whole(
        "! and ?",
        explanation.emphasis,
        explanation.emphasis_share,
    ));
    let share = explanation
        .tokens
        .iter()
        .map(|token| token.share)
        .sum::<f64>()
        + explanation.emphasis_share;
    rows.push(whole("sum", explanation.sum, share));
    output::table(&["token", "base", "rules", "valence", "share"], &rows)
}

/// The rules that touched the token, each with the word that brought it about and the valence that it left.
fn rules(token: &Token) -> String {
    let steps = token.steps.iter().map(|step| match step.by.as_str() {
        "" => format!("{} {:+.4}", step.rule.name(), step.valence),
        by => format!("{} \"{by}\" {:+.4}", step.rule.name(), step.valence),
    });
    steps.collect::<Vec<_>>().join(", ")
}
