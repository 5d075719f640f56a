//! The commands of `cargo xtask`, and how their command line is read.

mod accuracy;
mod bench;
mod chaos;
mod ci;
mod compose;
mod docs;
mod peers;
mod screenshots;
mod services;
mod stock;
mod test;

use std::{ffi::OsString, fmt};

use anyhow::Result;

use crate::session::Session;

/// The exit code for a command line that makes no sense.
pub(crate) const WRONG_USAGE: u8 = 2;

pub(crate) const USAGE: &str = "\
Usage: cargo xtask COMMAND

  test [ARGS…]   start Redis, PostgreSQL and MongoDB, run `cargo test ARGS…` with them and a Chromium, stop them
  accuracy FILE [OVERLAY]
                 how well labelled texts (label TAB text) score, with the overlay (crypto) and without
  ci             format, clippy, docs, then `test`: what CI runs
  bench [POSTS]  drain a file of posts (100,000) on SQLite and on servers: seconds and peak memory
  peers [ROUNDS] measure the queue beside BullMQ, graphile-worker and the stock crate (5 rounds); needs npm
  chaos [--minutes N] [--seed S]
                 kill workers and Redis at random while they work: kills, outages, jobs, lost, duplicated, dead
  chaos publish [--runs N] [--seed S]
                 publish to a receiver that misbehaves while processes are killed (1,000 runs): sent, uncertain, failed
  screenshots    picture every page of the console into docs/screenshots; needs Chromium
  stock          show on a Redis of its own the defects of apalis's own Redis storage; fails when one is mended
  compose-test [POSTS]
                 run docker-compose.yml on a Docker engine under load (100,000 posts), kill, restart, scale, restore: nothing
                 lost, each hour once
  docs           write docs/configuration.md anew from moodwire.example.toml
  services       start the servers, print the variables that tests read, stop the servers on Ctrl-C

A server named in MOODWIRE_TEST_REDIS_URL, MOODWIRE_TEST_POSTGRES_URL or MOODWIRE_TEST_MONGODB_URL is used
as it is. Else a private copy is started on a free port: of the installed server, else, as root on Debian or
Ubuntu, of one that is installed first, else in Docker. A Chromium named in MOODWIRE_TEST_CHROMIUM is used, else an
installed one, else one that is installed likewise. What cannot be had is skipped; with CI=true it fails.";

/// What one call of `cargo xtask` is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Run the tests with these arguments for `cargo test`.
    Test(Vec<OsString>),
    /// Run all checks.
    Ci,
    /// Drain so many posts and say what it took.
    Bench(u64),
    /// Measure the queue beside others, in so many rounds.
    Peers(u64),
    /// Make faults at random, with these arguments for the run.
    Chaos(Vec<OsString>),
    /// Try the containers, with so many posts.
    ComposeTest(u64),
    /// Picture the pages of the console.
    Screenshots,
    /// Show the defects of the stock crate.
    Stock,
    /// Say how well the labelled texts of a file score.
    Accuracy(Vec<OsString>),
    /// Write the configuration's chapter of the book.
    Docs,
    /// Keep the servers up.
    Services,
    /// Print the usage.
    Help,
}

impl Task {
    /// Reads the arguments that follow `cargo xtask`.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, WrongUsage> {
        let Some(name) = arguments.next() else {
            return Err(WrongUsage("A command is missing.".to_owned()));
        };
        let rest: Vec<OsString> = arguments.collect();
        let task = match name.to_str() {
            Some("test") => return Ok(Self::Test(rest)),
            Some("accuracy") => return Ok(Self::Accuracy(rest)),
            Some("chaos") => return Ok(Self::Chaos(rest)),
            Some("bench") => {
                return number("bench", "posts", &rest, bench::POSTS).map(Self::Bench);
            }
            Some("compose-test") => {
                return number("compose-test", "posts", &rest, compose::POSTS)
                    .map(Self::ComposeTest);
            }
            Some("peers") => {
                return number("peers", "rounds", &rest, peers::ROUNDS).map(Self::Peers);
            }
            Some("ci") => Self::Ci,
            Some("screenshots") => Self::Screenshots,
            Some("stock") => Self::Stock,
            Some("docs") => Self::Docs,
            Some("services") => Self::Services,
            Some("help" | "--help" | "-h") => Self::Help,
            _ => {
                let name = name.to_string_lossy();
                return Err(WrongUsage(format!("There is no command \"{name}\".")));
            }
        };
        match rest.first() {
            None => Ok(task),
            Some(extra) => Err(WrongUsage(format!(
                "`cargo xtask {}` takes no argument, and got \"{}\".",
                name.to_string_lossy(),
                extra.to_string_lossy()
            ))),
        }
    }

    /// Does it, and returns the exit code.
    pub(crate) async fn run(self, session: &mut Session) -> Result<u8> {
        match self {
            Self::Test(arguments) => test::run(&arguments, session).await,
            Self::Ci => ci::run(session).await,
            Self::Bench(posts) => bench::run(posts, session).await,
            Self::Peers(rounds) => peers::run(rounds, session).await,
            Self::ComposeTest(posts) => compose::run(posts, session).await,
            Self::Chaos(arguments) => chaos::run(&arguments, session).await,
            Self::Accuracy(arguments) => accuracy::run(&arguments),
            Self::Screenshots => screenshots::run(session).await,
            Self::Stock => stock::run(session).await,
            Self::Docs => docs::run(session.root()),
            Self::Services => services::run(session).await,
            Self::Help => {
                eprintln!("{USAGE}");
                Ok(0)
            }
        }
    }
}

/// Reads the one number that a command takes, if it is given.
fn number(command: &str, what: &str, rest: &[OsString], default: u64) -> Result<u64, WrongUsage> {
    match rest {
        [] => Ok(default),
        [word] => word
            .to_str()
            .and_then(|word| word.parse().ok())
            .filter(|number| *number > 0)
            .ok_or_else(|| {
                WrongUsage(format!(
                    "\"{}\" is no number of {what}.",
                    word.to_string_lossy()
                ))
            }),
        _ => Err(WrongUsage(format!(
            "`cargo xtask {command}` takes one number."
        ))),
    }
}

/// Why a command line makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongUsage(String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Task, WrongUsage> {
        Task::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn what_follows_test_is_for_cargo() {
        assert_eq!(
            parse(&["test", "-p", "xtask", "--", "--nocapture"]),
            Ok(Task::Test(
                ["-p", "xtask", "--", "--nocapture"]
                    .map(OsString::from)
                    .to_vec()
            ))
        );
    }

    #[test]
    fn a_benchmark_takes_a_number_of_posts() {
        assert_eq!(parse(&["bench"]), Ok(Task::Bench(100_000)));
        assert_eq!(parse(&["bench", "500"]), Ok(Task::Bench(500)));
        assert!(parse(&["bench", "many"]).is_err());
        assert!(parse(&["bench", "0"]).is_err());
        assert_eq!(parse(&["peers"]), Ok(Task::Peers(5)));
    }

    #[test]
    fn an_unknown_command_and_a_stray_argument_are_named() {
        assert_eq!(
            parse(&["deploy"]).unwrap_err().to_string(),
            "There is no command \"deploy\"."
        );
        assert_eq!(
            parse(&["ci", "--fast"]).unwrap_err().to_string(),
            "`cargo xtask ci` takes no argument, and got \"--fast\"."
        );
        assert!(parse(&[]).is_err());
    }
}
