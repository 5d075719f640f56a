//! How fast texts are scored, side by side with the crates of the same purpose, in rounds that take turns, and then with
//! the reference in Python.
//!
//! `cargo bench -p moodwire-sentiment` scores posts that are made up here; `-- FILE` scores the lines of a file.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod posts;
mod python;

use std::{fs, hint::black_box, time::Instant};

use moodwire_sentiment::Scorer;

/// How many rounds each has; the best one counts, since other work on the machine only ever slows.
const ROUNDS: usize = 25;

/// A way to score.
type Score<'a> = Box<dyn Fn(&str) -> f64 + 'a>;

fn main() {
    let file = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let texts: Vec<String> = match &file {
        Some(file) => fs::read_to_string(file)
            .expect("the file can be read")
            .lines()
            .map(str::to_owned)
            .collect(),
        None => posts::posts(4_000),
    };
    let bytes: usize = texts.iter().map(String::len).sum();
    println!(
        "{} texts of {} bytes on average, best of {ROUNDS} rounds",
        texts.len(),
        bytes / texts.len()
    );
    let (ours, parity) = (
        Scorer::new(),
        vader_parity::SentimentIntensityAnalyzer::new(),
    );
    let crates = vader_sentiment::SentimentIntensityAnalyzer::new();
    let faster = vader_sentimental::SentimentIntensityAnalyzer::new();
    let ways: [(&str, Score<'_>); 4] = [
        (
            "moodwire-sentiment",
            Box::new(|text| ours.score(text).compound),
        ),
        (
            "vader-parity",
            Box::new(|text| parity.polarity_scores(text).compound),
        ),
        (
            "vader_sentiment",
            Box::new(|text| crates.polarity_scores(text)["compound"]),
        ),
        (
            "vader-sentimental",
            Box::new(|text| faster.polarity_scores(text).compound),
        ),
    ];
    let mut best = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        for ((_, way), best) in ways.iter().zip(&mut best) {
            *best = best.min(seconds(&texts, way));
        }
    }
    for ((name, way), seconds) in ways.iter().zip(best) {
        report(
            name,
            texts.len(),
            bytes,
            seconds,
            best[1],
            Some(allocations(&texts, way)),
        );
    }
    if let Some(seconds) = python::seconds(&texts) {
        report(
            "vaderSentiment 3.3.2",
            texts.len(),
            bytes,
            seconds,
            best[1],
            None,
        );
        println!("moodwire-sentiment: {:.1} × Python", seconds / best[0]);
    }
    together(&ours, &texts);
    long(&ours);
}

fn seconds(texts: &[String], way: &Score<'_>) -> f64 {
    let start = Instant::now();
    for text in texts {
        black_box(way(black_box(text)));
    }
    start.elapsed().as_secs_f64()
}

/// Allocations a text.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn allocations(texts: &[String], way: &Score<'_>) -> f64 {
    let counted = allocation_counter::measure(|| {
        for text in texts {
            black_box(way(text));
        }
    });
    counted.count_total as f64 / texts.len() as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn report(
    name: &str,
    texts: usize,
    bytes: usize,
    seconds: f64,
    parity: f64,
    allocations: Option<f64>,
) {
    let (texts, megabytes) = (texts as f64 / seconds, bytes as f64 / seconds / 1e6);
    let times = parity / seconds;
    let allocations = allocations.map_or_else(String::new, |count| {
        format!(" {count:6.2} allocations a text")
    });
    println!(
        "{name:20} {texts:10.0} texts/s {megabytes:7.1} MB/s {times:6.2} × vader-parity{allocations}"
    );
}

/// All of them at once, a hundredfold, on every core.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn together(scorer: &Scorer, texts: &[String]) {
    let many: Vec<&str> = std::iter::repeat_n(texts, 100)
        .flatten()
        .map(String::as_str)
        .collect();
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        black_box(scorer.score_all(black_box(&many)));
        best = best.min(start.elapsed().as_secs_f64());
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "score_all            {:10.0} texts/s on {cores} cores",
        many.len() as f64 / best
    );
}

/// The shapes on which a careless implementation takes a time that grows with the square of the text.
fn long(scorer: &Scorer) {
    let english = posts::posts(1_500).join(" ");
    let word = "a".repeat(100_000);
    let texts = [
        ("English", &english[..english.floor_char_boundary(100_000)]),
        ("25,000 emoji", &"😀".repeat(25_000)),
        (
            "\"good bad but great \"",
            &"good bad but great ".repeat(5_264),
        ),
        ("one token", &word),
    ];
    for (name, text) in texts {
        let mut best = f64::INFINITY;
        for _ in 0..20 {
            let start = Instant::now();
            black_box(scorer.score(black_box(text)));
            best = best.min(start.elapsed().as_secs_f64());
        }
        println!("{name:24} {} bytes {:6.3} ms", text.len(), best * 1e3);
    }
}
