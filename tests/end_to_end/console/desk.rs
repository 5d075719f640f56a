//! Somebody's desk: a process that serves the console, and a browser to look at it.

use std::{fmt::Write, path::Path, process::Stdio};

use chrono::TimeDelta;
use moodwire_model::{Clock, Hour, SystemClock};
use moodwire_testing::Page;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

use super::moody::Moody;
use crate::common::{Installation, Stores};

/// What the program logs when the console can be had.
const SERVED: &str = "console at http://";

/// A running process with its console.
pub(super) struct Desk {
    pub(super) process: Child,
    /// `127.0.0.1:4711`.
    pub(super) address: String,
    /// What it has logged so far.
    log: watch::Receiver<String>,
}

impl Desk {
    /// Starts a role that serves the console, with these settings beside the file's.
    pub(super) async fn start(
        installation: &Installation,
        args: &[&str],
        settings: &[(&str, &str)],
    ) -> Self {
        let mut desk = Self::start_without_console(installation, args, settings);
        let served = desk.log.wait_for(|log| log.contains(SERVED)).await;
        let Ok(log) = served.map(|log| log.clone()) else {
            panic!("no console was served: {}", desk.log.borrow().as_str());
        };
        let (_, rest) = log.split_once(SERVED).unwrap();
        let address = rest.split_whitespace().next().unwrap();
        // Colours of the log may follow.
        address
            .split('\u{1b}')
            .next()
            .unwrap()
            .clone_into(&mut desk.address);
        desk
    }

    /// Starts a role whose console cannot be served.
    pub(super) fn start_without_console(
        installation: &Installation,
        args: &[&str],
        settings: &[(&str, &str)],
    ) -> Self {
        let mut process = installation
            .command(args)
            .envs(settings.iter().copied())
            .env("MOODWIRE_LOG", "info")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (sender, log) = watch::channel(String::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                sender.send_modify(|log| writeln!(log, "{line}").unwrap());
            }
        });
        Self {
            process,
            address: String::new(),
            log,
        }
    }

    /// Where a page of it is.
    pub(super) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Loads a page of it.
    pub(super) async fn open(&self, page: &Page, path: &str) {
        page.load(&self.at(path)).await;
    }

    /// Asks it to stop, and waits for its end.
    pub(super) async fn terminate(mut self) -> std::process::ExitStatus {
        let pid = self.process.id().unwrap().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(asked.unwrap().success());
        self.process.wait().await.unwrap()
    }

    /// Returns once it has logged this.
    pub(super) async fn logs(&self, words: &str) {
        self.log
            .clone()
            .wait_for(|log| log.contains(words))
            .await
            .unwrap();
    }
}

/// A page did nothing that nobody asked for: no script that is not ours ran, and nothing was fetched from elsewhere.
pub(super) fn assert_innocent(page: &Page, desk: &Desk) {
    let seen = page.seen();
    assert_eq!(seen.dialogs, [""; 0]);
    assert_eq!(seen.errors, [""; 0]);
    let home = desk.at("/");
    let elsewhere: Vec<_> = seen
        .requests
        .iter()
        // The browser's own icons, in fields for dates, are data.
        .filter(|url| !url.starts_with(&home) && !url.starts_with("data:"))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

/// The hours that ended last, oldest first.
pub(super) fn last_hours(count: i64) -> Vec<Hour> {
    let this = Hour::of(SystemClock.now());
    (1..=count)
        .rev()
        .map(|back| Hour::of(this.start() - TimeDelta::hours(back)))
        .collect()
}

/// Writes a replay file with a post in each of the hours that ended last, as an hour's only post or with others.
pub(super) fn write_recent(folder: &Path, hours: i64, each: usize) -> std::path::PathBuf {
    const TEXTS: [&str; 5] = [
        "What a great day, bitcoin is winning!",
        "My coins were stolen, this is terrible",
        "gm",
        "I LOVE this community :)",
        "Fees are horrible and the chain is slow",
    ];
    let path = folder.join("recent.jsonl");
    let mut lines = String::new();
    for (index, hour) in last_hours(hours).into_iter().enumerate() {
        for post in 0..each {
            let at = hour.start() + TimeDelta::minutes(i64::try_from(post % 60).unwrap());
            let line = json!({
                "id": format!("{index}-{post}"),
                "author": format!("user{}", (index + post) % 7),
                "author_name": format!("User No {}", (index + post) % 7),
                "text": TEXTS[(index + post) % TEXTS.len()],
                "created_at": at.to_rfc3339(),
                "url": format!("https://example.com/{index}/{post}"),
            });
            writeln!(lines, "{line}").unwrap();
        }
    }
    std::fs::write(&path, lines).unwrap();
    path
}

/// An installation whose first channel is this receiver, with these settings; more lines of configuration may follow.
pub(super) async fn with_channel(
    stores: Stores,
    posts: &Path,
    moody: &Moody,
    channel: &str,
    more: &str,
) -> Installation {
    let installation = Installation::new(stores, posts, more).await;
    let config = std::fs::read_to_string(installation.config_file()).unwrap();
    let url = format!("url = \"{}\"\n", installation.receiver.url());
    let theirs = format!("url = \"{}\"\nchart = false\n{channel}\n", moody.url());
    assert!(config.contains(&url));
    std::fs::write(
        installation.config_file(),
        config.replacen(&url, &theirs, 1),
    )
    .unwrap();
    installation
}
