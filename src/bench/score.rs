//! `bench score`: how fast the configured scorer goes through a file's texts, on one thread and on all.

use std::{
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use moodwire_sentiment::Scorer;
use serde::Deserialize;
use serde_json::json;

use super::{
    latencies::{Latencies, millis},
    memory::{mb, peak},
};
use crate::{config::Config, failure::Failure, output, scorer};

/// `bench score`
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ScoreBench {
    /// A text a line, or a JSON object with `text`
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// How many rounds there are at least; the best counts, since other work on the machine only ever slows.
const ROUNDS: u32 = 5;

/// How long they go on at least.
const PATIENCE: Duration = Duration::from_secs(2);

/// Measures and prints.
pub(crate) fn run(config: &Config, bench: &ScoreBench, json: bool) -> Result<(), Failure> {
    let scorer = scorer::configured(config)?;
    let texts = texts(&bench.file)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let one = best(|| {
        for text in &texts {
            black_box(scorer.score(black_box(text)));
        }
    });
    let all = best(|| drop(black_box(scorer.score_all(black_box(&texts)))));
    Report {
        version: scorer.version(),
        each: each(&scorer, &texts),
        texts: &texts,
        one,
        all,
    }
    .print(json)
}

/// The file's texts.
fn texts(file: &Path) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Line {
        text: String,
    }
    let name = file.display();
    let read = std::fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("{name} cannot be read: {error}")))?;
    let text = |line: &str| {
        serde_json::from_str::<Line>(line).map_or_else(|_| line.to_owned(), |line| line.text)
    };
    let texts: Vec<String> = read
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(text)
        .collect();
    match texts.is_empty() {
        true => Err(Failure::Usage(format!(
            "{name} holds no text: name a file with a text a line"
        ))),
        false => Ok(texts),
    }
}

/// The best round of several.
fn best(round: impl Fn()) -> Duration {
    let (begin, mut best, mut rounds) = (Instant::now(), Duration::MAX, 0);
    while rounds < ROUNDS || begin.elapsed() < PATIENCE {
        let start = Instant::now();
        round();
        best = best.min(start.elapsed());
        rounds += 1;
    }
    best
}

/// How long each text took by itself; the clock's own time is in it.
fn each(scorer: &Scorer, texts: &[&str]) -> Latencies {
    let time = |text: &&str| {
        let start = Instant::now();
        black_box(scorer.score(black_box(text)));
        start.elapsed()
    };
    texts.iter().map(time).collect()
}

struct Report<'a> {
    version: &'a str,
    texts: &'a [&'a str],
    one: Duration,
    all: Duration,
    each: Latencies,
}

impl Report<'_> {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    fn print(&self, json: bool) -> Result<(), Failure> {
        let count = self.texts.len() as f64;
        let bytes = self.texts.iter().map(|text| text.len()).sum::<usize>() as f64;
        let rate = |time: Duration| count / time.as_secs_f64();
        let megabytes = bytes / self.one.as_secs_f64() / 1e6;
        let quantile = |share| millis(self.each.quantile(share));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if json {
            return output::json(&json!({
                "name": "score",
                "n": self.texts.len(),
                "seconds": self.one.as_secs_f64(),
                "per_second": rate(self.one),
                "p50_ms": quantile(0.5),
                "p99_ms": quantile(0.99),
                "peak_rss_mb": peak().map(mb),
                "parts": {
                    "scorer": self.version,
                    "bytes": bytes,
                    "mb_per_second": megabytes,
                    "all_cores": {"cores": cores, "seconds": self.all.as_secs_f64(), "per_second": rate(self.all)},
                },
            }));
        }
        let row = |name: &str, value: String| vec![name.to_owned(), value];
        output::table(
            &["", ""],
            &[
                row("scorer", self.version.to_owned()),
                row(
                    "texts",
                    format!("{count}, of {:.0} bytes on average", bytes / count),
                ),
                row(
                    "one thread",
                    format!("{:.0} texts/s, {megabytes:.1} MB/s", rate(self.one)),
                ),
                row(
                    "all cores",
                    format!("{:.0} texts/s on {cores}", rate(self.all)),
                ),
                row(
                    "a text",
                    format!("p50 {:.4} ms, p99 {:.4} ms", quantile(0.5), quantile(0.99)),
                ),
            ],
        )
    }
}
