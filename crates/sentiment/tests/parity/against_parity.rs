//! What the oracle says of texts that are made up anew in every run.

use moodwire_sentiment::{Score, Scorer};
use vader_parity::SentimentIntensityAnalyzer;

use crate::{seed::seed, texts::Texts};

/// How many texts a run makes up.
const TEXTS: usize = 60_000;

fn bits(score: Score) -> [u64; 4] {
    [score.neg, score.neu, score.pos, score.compound].map(f64::to_bits)
}

/// Compares the scores of a text with the oracle's.
#[track_caller]
fn agree(oracle: &SentimentIntensityAnalyzer, scorer: &Scorer, text: &str) {
    let theirs = oracle.polarity_scores(text);
    let theirs = Score {
        neg: theirs.neg,
        neu: theirs.neu,
        pos: theirs.pos,
        compound: theirs.compound,
    };
    let ours = scorer.score(text);
    let shown: String = text.chars().take(400).collect();
    assert!(
        bits(ours) == bits(theirs),
        "of {shown:?}\nours   {ours:?}\ntheirs {theirs:?}"
    );
}

#[test]
fn sixty_thousand_made_up_texts_score_as_the_oracle_has_them() {
    let (oracle, scorer) = (SentimentIntensityAnalyzer::new(), Scorer::new());
    let mut texts = Texts::new(seed());
    for _ in 0..TEXTS {
        agree(&oracle, &scorer, &texts.next());
    }
}

#[test]
fn lines_of_100_kilobytes_score_as_the_oracle_has_them() {
    let (oracle, scorer) = (SentimentIntensityAnalyzer::new(), Scorer::new());
    let mut texts = Texts::new(seed());
    for _ in 0..8 {
        agree(&oracle, &scorer, &texts.long(100_000));
    }
    for line in [
        "good bad but great ",
        "1 1.5 but lol rofl ",
        "\u{1f600}",
        "a",
        "!",
        "n't",
        "\u{e9}",
        "KIND of good ",
    ] {
        agree(&oracle, &scorer, &line.repeat(100_000 / line.len()));
    }
}

#[test]
fn every_character_scores_as_the_oracle_has_it() {
    let (oracle, scorer) = (SentimentIntensityAnalyzer::new(), Scorer::new());
    for letter in (0..0x2_0000)
        .chain(0xE_0000..0xE_0200)
        .filter_map(char::from_u32)
    {
        agree(
            &oracle,
            &scorer,
            &format!(
                "GOOD{letter} bad {letter} good {letter}{letter}GREAT !{letter}x? {letter}n't nice"
            ),
        );
    }
}

#[test]
fn every_word_of_the_lexicon_scores_as_the_oracle_has_it() {
    let (oracle, scorer) = (SentimentIntensityAnalyzer::new(), Scorer::new());
    for word in vader_sentiment::LEXICON.keys() {
        for text in [
            format!("{word}"),
            format!("NOT {word}, but very {word}!"),
            format!("it is so {word} of the"),
        ] {
            agree(&oracle, &scorer, &text);
            agree(&oracle, &scorer, &text.to_uppercase());
        }
    }
}
