//! The reference itself, in a Python of its own.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// How many rounds Python has; each takes a hundred times ours.
const ROUNDS: &str = "5";

/// Where `cargo xtask test` puts it.
fn folder() -> PathBuf {
    std::env::var_os("MOODWIRE_TEST_VADER").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/vader")),
        PathBuf::from,
    )
}

/// The seconds of Python's best round over these texts; none, with a word, where it is not here.
pub(crate) fn seconds(texts: &[String]) -> Option<f64> {
    let folder = folder();
    if !folder.join("site").is_dir() {
        eprintln!("vaderSentiment 3.3.2: not here; `cargo xtask test` brings it");
        return None;
    }
    let mut python = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/reference.py"))
        .arg(folder)
        .arg(ROUNDS)
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let list = serde_json::to_vec(texts).expect("texts are JSON");
    // Python reads all before it prints anything.
    let mut stdin = python.stdin.take().expect("it is piped");
    stdin.write_all(&list).expect("python3 reads all");
    drop(stdin);
    let output = python.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "the reference failed");
    let printed = String::from_utf8(output.stdout).expect("it prints a number");
    Some(printed.trim().parse().expect("it prints a number"))
}
