//! The fast way through a text against the plain one, which says its reasons.

use moodwire_sentiment::{Overlay, Scorer};

use crate::{seed::seed, texts::Texts};

/// How many texts a run makes up for each scorer.
const TEXTS: usize = 15_000;

fn agree(scorer: &Scorer, text: &str) {
    let explained = scorer.explain(text);
    let (fast, plain) = (scorer.score(text), explained.score);
    let bits = |score: moodwire_sentiment::Score| {
        [score.neg, score.neu, score.pos, score.compound].map(f64::to_bits)
    };
    assert!(
        bits(fast) == bits(plain),
        "of {text:?}\nfast  {fast:?}\nplain {plain:?}\n{explained:#?}"
    );
    let shares: f64 = explained
        .tokens
        .iter()
        .map(|token| token.share)
        .sum::<f64>()
        + explained.emphasis_share;
    assert!(
        (shares - plain.compound).abs() < 0.000_051,
        "of {text:?}: {shares} for {}",
        plain.compound
    );
}

#[test]
fn the_fast_way_and_the_explained_one_agree_and_shares_make_up_the_compound() {
    let scorer = Scorer::new();
    let mut texts = Texts::new(seed());
    for _ in 0..TEXTS {
        agree(&scorer, &texts.next());
    }
}

#[test]
fn the_fast_way_and_the_explained_one_agree_under_an_overlay() {
    let overlay = r#"
        [words]
        market = 1.5
        good = -2.0
        bad = 0
        today = 0.1
        ":)" = -3.0
        [phrases]
        "not good" = 3.1
        "the market" = -1.2
        "the market today" = 2.2
        "very great" = 0
        "kind of" = 1.1
        [emoji]
        "😀" = -1.0
        "❤️" = 2.5
        "👍" = 0
        "…" = 0.4
    "#;
    let scorer = Scorer::with_overlay(&Overlay::parse("mine", overlay).unwrap());
    let mut texts = Texts::new(seed());
    for round in 0..TEXTS {
        let text = texts.next();
        agree(&scorer, &text);
        if round % 4 == 0 {
            agree(
                &scorer,
                &format!(
                    "The MARKET today, NOT good: {text} 😀👍❤️❤️ very great! the market today"
                ),
            );
        }
    }
}
