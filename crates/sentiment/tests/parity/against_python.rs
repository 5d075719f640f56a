//! What Python itself says: `vaderSentiment` 3.3.2, as `cargo xtask test` brings it.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use moodwire_sentiment::Scorer;

use crate::{seed::seed, texts::Texts};

/// Names the folder that holds the reference.
const VARIABLE: &str = "MOODWIRE_TEST_VADER";

/// How many texts a run makes up for Python, which scores some thousand a second.
const TEXTS: usize = 20_000;

/// The folder that holds the reference; without it the test says so.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map(PathBuf::from);
    if folder.is_none() {
        eprintln!(
            "skipped: Python's vaderSentiment is not here ({VARIABLE} is not set); `cargo xtask test` brings it"
        );
    }
    folder
}

/// What the reference prints, line by line.
fn reference(folder: &PathBuf, argument: Option<&str>, input: Vec<u8>) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/reference.py");
    let mut python = Command::new("python3");
    python
        .arg(script)
        .arg(folder)
        .args(argument)
        .env("PYTHONUTF8", "1");
    let mut python = python
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let mut stdin = python.stdin.take().expect("it is piped");
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = python.wait_with_output().expect("python3 ends");
    writer
        .join()
        .expect("the writer ends")
        .expect("python3 reads all");
    assert!(output.status.success(), "the reference failed");
    let printed = String::from_utf8(output.stdout).expect("the reference prints UTF-8");
    printed.lines().map(str::to_owned).collect()
}

/// Compares the scores as Python prints them.
fn agree(folder: &PathBuf, texts: &[String]) {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| serde_json::to_string(text).expect("a string") + "\n")
        .collect();
    let printed = reference(folder, None, lines.concat().into_bytes());
    assert_eq!(printed.len(), texts.len());
    let scorer = Scorer::new();
    let mut known = 0;
    for (text, theirs) in texts
        .iter()
        .zip(&printed)
        .filter(|(_, theirs)| *theirs != "unknown")
    {
        let score = scorer.score(text);
        let ours = [score.neg, score.neu, score.pos, score.compound]
            .map(|number| format!("{number:?}"))
            .join(" ");
        assert_eq!(ours, **theirs, "of {text:?}");
        known += 1;
    }
    assert!(
        known * 10 > texts.len() * 8,
        "Python knew all characters of only {known} texts of {}",
        texts.len()
    );
    eprintln!("equal to Python on {known} texts");
}

#[test]
fn made_up_texts_score_as_python_prints_them() {
    let Some(folder) = folder() else { return };
    let mut texts = Texts::new(seed());
    let texts: Vec<String> = (0..TEXTS).map(|_| texts.next()).collect();
    agree(&folder, &texts);
}

#[test]
fn the_corpora_of_the_paper_score_as_python_prints_them() {
    let Some(folder) = folder() else { return };
    let texts = reference(&folder, Some("corpora"), Vec::new());
    let texts: Vec<String> = texts
        .iter()
        .map(|text| serde_json::from_str(text).expect("a JSON string"))
        .collect();
    assert!(texts.len() > 20_000, "{} texts", texts.len());
    agree(&folder, &texts);
}
