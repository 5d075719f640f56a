//! Many texts at once, and what scoring leaves behind.

use moodwire_sentiment::{Overlay, Scorer};

/// More than one thread's share, each text another.
fn texts() -> Vec<String> {
    let moods = [
        "good",
        "not bad",
        "terrible, but great!",
        "😀 lol",
        "the market",
        "",
    ];
    (0..3_000)
        .map(|number| format!("{} {}", moods[number % 6], "nice ".repeat(number % 17)))
        .collect()
}

#[test]
fn many_texts_at_once_score_in_order_as_each_alone() {
    let (texts, scorer) = (texts(), Scorer::new());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for count in [0, 1, 255, 257, 3_000] {
        let alone: Vec<_> = texts[..count]
            .iter()
            .map(|text| scorer.score(text))
            .collect();
        assert_eq!(scorer.score_all(&texts[..count]), alone);
    }
}

#[test]
fn a_text_costs_no_allocation_once_a_thread_has_scored_a_few() {
    let overlay = Overlay::parse(
        "mine",
        "[phrases]\n\"the market\" = 1\n[emoji]\n\"😀\" = 2\n",
    )
    .unwrap();
    let (texts, scorers) = (texts(), [Scorer::new(), Scorer::with_overlay(&overlay)]);
    let long = "good bad but great 😀 ".repeat(5_000);
    let score_all = || {
        for scorer in &scorers {
            scorer.score(&long);
            for text in &texts {
                scorer.score(text);
            }
        }
    };
    score_all();
    assert_eq!(allocation_counter::measure(score_all).count_total, 0);
}
