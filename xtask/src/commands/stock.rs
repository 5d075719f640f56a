//! `cargo xtask stock`: whether the defects that are told of apalis's own Redis storage still show.

use std::ffi::OsString;

use anyhow::Result;

use crate::{
    services::{self, Service},
    session::{Session, exit_code},
};

/// The example that shows them, built as it comes, and built with the stock crate's feature that has defects of its own.
const RUNS: [&[&str]; 2] = [
    &["--example", "stock"],
    &[
        "--example",
        "stock",
        "--features",
        "apalis-redis/task-tracking",
        "--",
        "tracked",
    ],
];

/// Starts a Redis of its own, runs the example on it, and returns its exit code: 1 when a defect shows no longer.
pub(crate) async fn run(session: &mut Session) -> Result<u8> {
    // Never one that the environment names: the example fills it and slows it down.
    let url = services::start_own(Service::Redis, session).await?;
    let variables = [
        ("MOODWIRE_STOCK_REDIS_URL", url),
        // Workers that panic are what it is about.
        ("RUST_BACKTRACE", "0".to_owned()),
    ];
    let mut worst = 0;
    for run in RUNS {
        let code = exit_code(session.cargo(&arguments(run), &variables).await?);
        worst = worst.max(code);
    }
    Ok(worst)
}

fn arguments(run: &[&str]) -> Vec<OsString> {
    ["run", "--quiet", "--locked", "--package", "moodwire-queue"]
        .iter()
        .chain(run)
        .map(OsString::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_is_switched_on_for_the_second_run_alone() {
        let words: Vec<String> = RUNS
            .iter()
            .map(|run| {
                let words = arguments(run);
                words.join(" ".as_ref()).into_string().unwrap()
            })
            .collect();
        assert_eq!(
            words,
            [
                "run --quiet --locked --package moodwire-queue --example stock",
                "run --quiet --locked --package moodwire-queue --example stock --features \
                 apalis-redis/task-tracking -- tracked"
            ]
        );
    }
}
