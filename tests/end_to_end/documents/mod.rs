//! The documents: what they tell a reader to type is typed here, and what they show is checked.

mod read;
mod scratch;

use std::process::{ExitStatus, Stdio};

use futures::{StreamExt, stream};
use tokio::io::{AsyncBufReadExt, BufReader};

use self::{
    read::{documents, root, words},
    scratch::{Scratch, command},
};
use crate::common::terminate_read;

/// Commands of others that are not typed here, by how they begin, each with the reason.
const ELSEWHERE: [(&str, &str); 6] = [
    (
        "docker compose",
        "needs Docker: `cargo xtask compose-test` does it",
    ),
    (
        "sh deploy/init",
        "writes secrets into the tree: `cargo xtask compose-test` does it in a copy",
    ),
    ("cargo build --release", "builds what is tested here"),
    (
        "cp target/release/moodwire",
        "puts what was built somewhere",
    ),
    ("sqlite3", "a program of others, which need not be here"),
    (
        "curl",
        "its address is looked up in the interface's description, below",
    ),
];

/// How many run at once.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn every_command_in_the_documents_does_what_it_should() {
    let scratch = Scratch::new().await;
    let mut typed = Vec::new();
    for document in documents() {
        for words in document.commands() {
            let line = format!("{}: {}", document.name, words.join(" "));
            if let Some(args) = of_ours(&words) {
                typed.push((line, scratch.filled_in(args)));
            } else {
                check_foreign(&line, &words);
            }
        }
    }
    assert!(typed.len() > 50, "only {} commands were found", typed.len());
    typed.sort_by(|one, other| one.1.cmp(&other.1));
    typed.dedup_by(|one, other| one.1 == other.1);
    let runs = typed
        .into_iter()
        .map(|(line, args)| run(&scratch, line, args));
    let failed: Vec<String> = stream::iter(runs)
        .buffer_unordered(AT_ONCE)
        .filter_map(async |failure| failure)
        .collect()
        .await;
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What follows the program's name, where it is the program's command.
fn of_ours(words: &[String]) -> Option<&[String]> {
    match words {
        [program, args @ ..] if program == "moodwire" => Some(args),
        [cargo, run, release, dashes, args @ ..]
            if [cargo, run, release, dashes] == ["cargo", "run", "--release", "--"] =>
        {
            Some(args)
        }
        _ => None,
    }
}

/// A command of the project's developers, or one that is listed.
fn check_foreign(line: &str, words: &[String]) {
    if let [cargo, xtask, task, ..] = words
        && [cargo, xtask] == ["cargo", "xtask"]
    {
        let tasks = std::fs::read_to_string(root().join("xtask/src/commands/mod.rs")).unwrap();
        assert!(
            tasks.contains(&format!("Some(\"{task}\")")),
            "{line}: no such task"
        );
        return;
    }
    let typed = words.join(" ");
    let listed = ELSEWHERE
        .iter()
        .any(|(begins, _)| typed.starts_with(begins));
    assert!(listed, "{line}: neither run here nor listed with a reason");
    if let Some(path) = typed.split_once("/api/v1").map(|(_, path)| path) {
        let path = path.split(['?', ' ']).next().unwrap();
        let described = std::fs::read_to_string(root().join("src/console/openapi.json")).unwrap();
        let described: serde_json::Value = serde_json::from_str(&described).unwrap();
        assert!(
            described["paths"][path].is_object(),
            "{line}: no such address"
        );
    }
}

/// Runs one; what went wrong.
async fn run(scratch: &Scratch, line: String, args: Vec<String>) -> Option<String> {
    let folder = scratch.folder(&args);
    let mut command = command(folder.path());
    command.args(&args);
    let (status, said) = match stays_until(&args) {
        Some(ready) => (stay(command, ready).await, String::new()),
        None => {
            let output = command.output().await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            (output.status, said)
        }
    };
    (!status.success()).then(|| format!("{line} ended with {status}: {said}"))
}

/// What a command that stays up says once it is up.
fn stays_until(args: &[String]) -> Option<&'static str> {
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    match &*args[0] {
        "demo" if !has("--exit") => Some("The data is in"),
        "up" if !has("--drain") => Some("up; stop with Ctrl-C"),
        "scheduler" => Some("scheduling; stop with Ctrl-C"),
        "worker" => Some("workers started"),
        "console" => Some("console at http"),
        _ => None,
    }
}

/// Starts it, lets it come up, asks it to stop, and waits for its end.
async fn stay(mut command: tokio::process::Command, ready: &str) -> ExitStatus {
    // The demo tells its reader, the others their log.
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut logged = BufReader::new(child.stderr.take().unwrap()).lines();
    loop {
        let line = tokio::select! {
            Ok(Some(line)) = told.next_line() => line,
            Ok(Some(line)) = logged.next_line() => line,
            else => panic!("it ended before it said \"{ready}\""),
        };
        if line.contains(ready) {
            break;
        }
    }
    let rest = tokio::spawn(async move { while let Ok(Some(_)) = told.next_line().await {} });
    let log = tokio::spawn(async move { while let Ok(Some(_)) = logged.next_line().await {} });
    let status = terminate_read(child).await;
    rest.await.unwrap();
    log.await.unwrap();
    status
}

#[tokio::test]
async fn every_command_that_the_documents_name_can_be_written_so() {
    let scratch = Scratch::new().await;
    let alerts = std::fs::read_to_string(root().join("deploy/prometheus/alerts.yml")).unwrap();
    let alerts = ["kind", "channel", "source"]
        .iter()
        .fold(alerts, |text, label| {
            let word = if *label == "kind" { "KIND" } else { "NAME" };
            text.replace(&format!("{{{{ $labels.{label} }}}}"), word)
        });
    let mut all = documents();
    all.push(read::Document {
        name: "alerts.yml".to_owned(),
        text: alerts,
    });
    let named = all.iter().flat_map(|document| {
        let spans = document.mentions().into_iter();
        spans.map(|span| format!("{}\t{span}", document.name))
    });
    let mut named: Vec<String> = named.collect();
    named.sort();
    named.dedup_by(|one, other| {
        one.split_once('\t').map(|(_, span)| span) == other.split_once('\t').map(|(_, span)| span)
    });
    assert!(named.len() > 40);
    let scratch = &scratch;
    let checks = named.into_iter().map(|span| async move {
        let (_, written) = span.split_once('\t').unwrap();
        let words = words(written).remove(0);
        let args = scratch.filled_in(words.get(1..).unwrap());
        // Help is shown only once all that stands before it makes sense.
        let output = crate::common::moodwire()
            .args(args)
            .arg("--help")
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (!output.status.success()).then(|| format!("{span}: {said}"))
    });
    let wrong: Vec<String> = stream::iter(checks)
        .buffer_unordered(AT_ONCE)
        .filter_map(async |wrong| wrong)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_configuration_in_the_documents_can_be_used() {
    let mut checked = 0;
    for document in documents() {
        for block in document.blocks("toml") {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("posts.jsonl"), "").unwrap();
            // The key of an app, and a secret that can be decoded, where the document leaves them to the reader.
            let block = block
                .replace(
                    "whsec_…",
                    "whsec_YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcyBoZXJl",
                )
                .replace(
                    "kind = \"x\"\nname",
                    "kind = \"x\"\ntoken = \"TOKEN\"\nname",
                );
            std::fs::write(folder.path().join("moodwire.toml"), &block).unwrap();
            let output = command(folder.path())
                .args(["config", "check"])
                .output()
                .await
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}: {said}\n{block}",
                document.name
            );
            checked += 1;
        }
    }
    assert!(checked > 15, "only {checked} blocks were found");
}

#[tokio::test]
async fn every_query_in_the_documents_runs() {
    let scratch = Scratch::new().await;
    let mut run = 0;
    for document in documents() {
        for block in document.blocks("sql") {
            for statement in block.split(';').filter(|text| !text.trim().is_empty()) {
                let ran = scratch.sql(statement).await;
                assert!(ran.is_ok(), "{}: {ran:?}: {statement}", document.name);
                run += 1;
            }
        }
    }
    assert!(run >= 4, "only {run} queries were found");
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        for link in document.links() {
            let there = root().join(&link).exists();
            assert!(there, "{}: {} is not there", document.name, link.display());
            links += 1;
        }
    }
    assert!(links > 40, "only {links} links were found");
}

#[test]
fn every_alert_is_explained() {
    let alerts = std::fs::read_to_string(root().join("deploy/prometheus/alerts.yml")).unwrap();
    let guide = std::fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let names: Vec<&str> = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(
            guide.contains(&format!("\n### {name}\n")),
            "{name} is not in the guide"
        );
    }
}
