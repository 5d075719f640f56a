//! `bench match`: how many posts a second are matched against a watchlist, on one thread and in memory alone.

mod texts;

use std::time::{Duration, Instant};

use moodwire_model::{Hour, Post, PostKey};
use moodwire_sources::{Actor, Watchlist};
use serde_json::json;

use super::{
    latencies::{Latencies, millis},
    memory::{mb, peak},
};
use crate::{environment, failure::Failure, output};

/// `bench match`
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct MatchBench {
    /// How many keywords the watchlist has
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) keywords: u32,
    /// How many posts are matched
    #[arg(long, default_value_t = 200_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) posts: u32,
}

/// Keywords of one actor.
const KEYWORDS: usize = 10;

/// How many different posts are gone through, over and over.
const DISTINCT: usize = 20_000;

/// What was measured.
struct Measured {
    built: Duration,
    whole: Duration,
    /// What each post took.
    each: Latencies,
    bytes: u64,
    matched: u64,
}

/// Measures and prints.
pub(crate) fn run(bench: MatchBench, json: bool) -> Result<(), Failure> {
    let measured = measure(bench)?;
    let rate = f64::from(bench.posts) / measured.whole.as_secs_f64();
    let at = |share| millis(measured.each.quantile(share));
    let peak = peak().map(mb);
    if json {
        return output::json(&json!({
            "name": "match",
            "n": bench.posts,
            "seconds": measured.whole.as_secs_f64(),
            "per_second": rate,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "peak_rss_mb": peak,
            "parts": {
                "keywords": bench.keywords,
                "build_seconds": measured.built.as_secs_f64(),
                "text_bytes": measured.bytes,
                "matched": measured.matched,
            },
        }));
    }
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let rows = [
        row("keywords", bench.keywords.to_string()),
        row(
            "posts",
            format!("{} ({} matched)", bench.posts, measured.matched),
        ),
        row("matched on one thread", format!("{rate:.0} posts/s")),
        row(
            "a post",
            format!("p50 {:.4} ms, p99 {:.4} ms", at(0.5), at(0.99)),
        ),
        row(
            "building the matcher",
            format!("{:.1} ms", millis(measured.built)),
        ),
        row(
            "peak memory",
            peak.map_or_else(|| "unknown".to_owned(), |mb| format!("{mb:.1} MB")),
        ),
    ];
    output::table(&["", ""], &rows)
}

fn measure(bench: MatchBench) -> Result<Measured, Failure> {
    let words = texts::keywords(bench.keywords as usize);
    let distinct = DISTINCT.min(bench.posts as usize);
    let posts: Vec<Post> = texts::posts(&words, distinct).map(post).collect();
    let begun = Instant::now();
    let list = Watchlist::new(actors(&words)).map_err(Failure::Runtime)?;
    let built = begun.elapsed();
    let (mut each, mut bytes, mut matched) = (Vec::with_capacity(bench.posts as usize), 0, 0);
    let begun = Instant::now();
    for post in posts.iter().cycle().take(bench.posts as usize) {
        let one = Instant::now();
        let found = list.matches(post, &[]);
        each.push(one.elapsed());
        matched += u64::from(!found.is_empty());
        bytes += post.text.len() as u64;
    }
    Ok(Measured {
        built,
        whole: begun.elapsed(),
        each: each.into_iter().collect(),
        bytes,
        matched,
    })
}

fn actors(words: &[String]) -> Vec<Actor> {
    let actor = |(number, words): (usize, &[String])| Actor {
        name: format!("actor {number}"),
        x: Some(format!("actor_{number}")),
        keywords: words.to_vec(),
        ..Actor::default()
    };
    words.chunks(KEYWORDS).enumerate().map(actor).collect()
}

fn post(text: String) -> Post {
    let now = environment::clock().now();
    Post {
        key: PostKey::new("x", "1"),
        network: "x".to_owned(),
        author: "someone".to_owned(),
        author_name: None,
        text,
        url: None,
        lang: None,
        created_at: now,
        collected_at: now,
        hour: Hour::of(now),
        actors: Vec::new(),
        followers: None,
        edited_at: None,
        deleted_at: None,
        raw: String::new(),
    }
}
