//! The measured process: reads, matches, and says what it took.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use moodwire_model::SystemClock;
use moodwire_sources::{
    Actor, BlueskySettings, BlueskySource, Page, Source, Stream, Unbounded, Watchlist,
};
use serde_json::{Value, json};

use super::{SERVE, events};

/// What was read.
#[derive(Default)]
struct Read {
    posts: usize,
    others: usize,
    /// What each page took.
    pages: Vec<Duration>,
}

/// Starts a stand-in, reads it to its end and gives what it took.
pub(super) fn run(events: u32, dictionary: &Path) -> Value {
    let (mut server, stream, api) = server(events, dictionary);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let compress = !dictionary.as_os_str().is_empty();
    let settings = BlueskySettings {
        url: Some(stream),
        api: Some(api),
        compress,
        dictionary: compress.then(|| dictionary.display().to_string()),
        ..BlueskySettings::default()
    };
    let measured = runtime.block_on(measure(events, &settings));
    server.kill().expect("the stand-in ends");
    server.wait().expect("the stand-in ended");
    measured
}

fn server(events: u32, dictionary: &Path) -> (Child, String, String) {
    let program = std::env::current_exe().expect("this program");
    let mut server = Command::new(program)
        .args([SERVE, &events.to_string()])
        .arg(dictionary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the stand-in starts");
    let mut line = String::new();
    let said = server.stdout.take().expect("what the stand-in says");
    BufReader::new(said)
        .read_line(&mut line)
        .expect("the stand-in's addresses");
    let (stream, api) = line.trim().split_once(' ').expect("two addresses");
    let (stream, api) = (stream.to_owned(), api.to_owned());
    (server, stream, api)
}

async fn measure(events: u32, settings: &BlueskySettings) -> Value {
    let list = watchlist();
    let source = BlueskySource::new("sky".to_owned(), settings, &list, Arc::new(SystemClock))
        .expect("settings that can be used");
    let streaming = source.streaming().expect("a stream");
    let mut stream = streaming
        .connect(&Value::Null, Arc::new(Unbounded))
        .await
        .expect("a connection");
    let (begun, cpu) = (Instant::now(), cpu());
    let read = read(&mut *stream, &list, events).await;
    let (whole, cpu) = (begun.elapsed().as_secs_f64(), self::cpu() - cpu);
    let mut pages = read.pages;
    pages.sort_unstable();
    let at = |percent: usize| {
        let page = pages.get((pages.len() * percent).div_ceil(100).saturating_sub(1));
        page.map(|page| page.as_secs_f64() * 1e3)
    };
    json!({
        "name": if settings.compress { "stream, zstd" } else { "stream, plain" },
        "n": events,
        "seconds": whole,
        "per_second": f64::from(events) / whole,
        "p50_ms": at(50),
        "p99_ms": at(99),
        "peak_rss_mb": peak(),
        "parts": {
            "posts": read.posts,
            "others": read.others,
            "pages": pages.len(),
            "cpu_seconds": cpu,
            "per_cpu_second": f64::from(events) / cpu,
        },
    })
}

async fn read(stream: &mut dyn Stream, list: &Watchlist, events: u32) -> Read {
    let mut read = Read::default();
    loop {
        let begun = Instant::now();
        let page = stream.next().await.expect("a page");
        let matched = matched(&page, list);
        read.pages.push(begun.elapsed());
        read.posts += matched;
        read.others += page.deleted.len() + page.quarantined.len();
        if page.position["time_us"] == events::time(events - 1) {
            return read;
        }
    }
}

/// As a collect does.
fn matched(page: &Page, list: &Watchlist) -> usize {
    let mentioned = |post: &&moodwire_model::Post| {
        let mentions = page.mentions.get(&post.key).map_or(&[][..], Vec::as_slice);
        !list.matches(post, mentions).is_empty()
    };
    page.posts.iter().filter(mentioned).count()
}

fn watchlist() -> Watchlist {
    let keywords = events::keywords();
    let actor = |(number, words): (usize, &[String])| Actor {
        name: format!("Actor {number}"),
        bluesky: Some(format!("actor{number}.example.com")),
        keywords: words.to_vec(),
        ..Actor::default()
    };
    let actors = keywords.chunks(5).enumerate().map(actor).collect();
    Watchlist::new(actors).expect("a watchlist")
}

/// Processor time of this thread, which is the only one that reads, in seconds.
fn cpu() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds: Option<f64> = told.split(' ').next().and_then(|word| word.parse().ok());
    nanoseconds.unwrap_or(f64::NAN) / 1e9
}

/// The process's peak of resident memory, in megabytes.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024.0 / 1e6)
}
