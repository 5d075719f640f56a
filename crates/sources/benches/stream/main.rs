//! How fast a Jetstream is read and matched: a stand-in in a process of its own sends made-up events over a WebSocket on
//! 127.0.0.1, plain and compressed, and one thread reads them until their posts are in hand.
//!
//! `cargo bench -p moodwire-sources --bench stream -- [EVENTS] [--json]`

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod events;
mod reader;
mod server;

use std::{path::Path, process::Command};

use serde_json::Value;

/// How many events are sent where nothing else is said.
const EVENTS: u32 = 200_000;

/// The argument by which the program runs as one of its parts.
const SERVE: &str = "serve";
const READ: &str = "read";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [SERVE, events, dictionary] => server::run(number(events), Path::new(dictionary)),
        [READ, events, dictionary] => {
            println!("{}", reader::run(number(events), Path::new(dictionary)));
        }
        _ => compare(&words),
    }
}

/// Both ways, each in a process of its own, so that the memory of one does not show in the other's.
fn compare(words: &[&str]) {
    let events = words.iter().find_map(|word| word.parse().ok());
    let events: u32 = events.unwrap_or(EVENTS);
    let folder = tempfile::tempdir().expect("a folder for the dictionary");
    let dictionary = folder.path().join("dictionary");
    std::fs::write(&dictionary, events::dictionary()).expect("a dictionary");
    let measured: Vec<Value> = [Path::new(""), &*dictionary]
        .into_iter()
        .map(|dictionary| measured(events, dictionary))
        .collect();
    if words.contains(&"--json") {
        println!("{}", Value::from(measured));
        return;
    }
    for one in measured {
        println!(
            "{}: {:.0} events/s ({} events in {:.2} s, {:.2} s of processor time), {} posts, a page p50 {:.0} ms, p99 {:.0} ms, peak memory {:.1} MB",
            one["name"].as_str().unwrap_or_default(),
            one["per_second"].as_f64().unwrap_or_default(),
            one["n"],
            one["seconds"].as_f64().unwrap_or_default(),
            one["parts"]["cpu_seconds"].as_f64().unwrap_or_default(),
            one["parts"]["posts"],
            one["p50_ms"].as_f64().unwrap_or_default(),
            one["p99_ms"].as_f64().unwrap_or_default(),
            one["peak_rss_mb"].as_f64().unwrap_or_default(),
        );
    }
}

fn measured(events: u32, dictionary: &Path) -> Value {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args([READ, &events.to_string()])
        .arg(dictionary)
        .stderr(std::process::Stdio::inherit())
        .output()
        .expect("the reader runs");
    assert!(
        output.status.success(),
        "the reader ended with {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).expect("the reader's measurement")
}

fn number(word: &str) -> u32 {
    word.parse().expect("a number of events")
}
