//! The stock twins: each defect of the published Redis storage that was seen by running it, shown by running it again.
//!
//! `cargo xtask stock` runs this on a private Redis. It prints a line for each defect, and fails when one no longer
//! shows: what is claimed of the stock crate must then be withdrawn. With the argument `tracked` it shows the defects of
//! the feature `task-tracking`, with which it must be built.

mod attempts;
mod bench;
mod fetching;
mod keeping;
mod pushing;
mod spawning;
mod tracked;

use std::{future::Future, pin::Pin, process::ExitCode};

use apalis::prelude::BoxDynError;

use bench::{Bench, Seen};

/// Letters of what was seen: errors of scripts end in their hashes.
const WIDEST: usize = 140;

type Showing = Pin<Box<dyn Future<Output = Result<Seen, BoxDynError>> + Send>>;

/// A defect: its number in the crate's README, and what shows it.
type Twin = (&'static str, fn(Bench) -> Showing);

/// Makes a twin of an async function.
macro_rules! twin {
    ($id:literal, $($path:ident)::+) => {
        ($id, |bench| Box::pin($($path)::+(bench)))
    };
}

const TWINS: [Twin; 17] = [
    twin!("V1", pushing::v01_a_push_wakes_nobody),
    twin!("V2", fetching::v02_a_backlog_of_8000_ends_every_worker),
    twin!("V3", attempts::v03_max_attempts_are_ignored),
    twin!("V4", attempts::v04_backoff_is_the_attempt_in_seconds),
    twin!("V5", attempts::v05_vacuum_deletes_what_waits_for_its_retry),
    twin!("V6", fetching::v06_an_id_without_data_ends_the_worker),
    twin!("V7", pushing::v07_an_idempotency_key_expires_at_once),
    twin!(
        "V8",
        attempts::v08_a_task_that_kills_its_worker_burns_no_attempt
    ),
    twin!("V10", fetching::v10_a_stopped_workers_name_is_refused),
    twin!("V12", fetching::v12_one_stale_ack_strands_the_rest),
    twin!("V13", keeping::v13_statistics_fail),
    twin!("V14", keeping::v14_queues_workers_and_tasks_are_not_listed),
    twin!("V21", keeping::v21_nothing_expires),
    twin!("V23", pushing::v23_an_idle_worker_waits_for_its_heartbeat),
    twin!("V24", spawning::v24_a_worker_cannot_be_spawned),
    twin!("V26", spawning::v26_a_backend_that_ends_leaves_its_worker),
    // Alone and last: it holds Redis up.
    twin!("V15", keeping::v15_listing_and_vacuum_read_all_of_history),
];

const TRACKED: [Twin; 2] = [
    twin!("V17", tracked::v17_a_heartbeat_ends_the_worker),
    twin!("V28", tracked::v28_an_id_that_comes_twice_panics_the_worker),
];

#[tokio::main]
async fn main() -> ExitCode {
    let Ok(url) = std::env::var("MOODWIRE_STOCK_REDIS_URL") else {
        eprintln!(
            "MOODWIRE_STOCK_REDIS_URL is not set; run `cargo xtask stock`, which brings a Redis"
        );
        return ExitCode::from(2);
    };
    let tracked = std::env::args().any(|argument| argument == "tracked");
    let twins: &[Twin] = if tracked { &TRACKED } else { &TWINS };
    let (last, others) = twins.split_last().unwrap_or((&TWINS[0], &[]));
    let showings: Vec<_> = others
        .iter()
        .map(|twin| (twin.0, tokio::spawn(show(*twin, url.clone()))))
        .collect();
    let mut withdrawn = Vec::new();
    for (id, showing) in showings {
        let seen = showing.await.unwrap_or_else(|error| Err(error.into()));
        if !print(id, seen) {
            withdrawn.push(id);
        }
    }
    if !print(last.0, show(*last, url).await) {
        withdrawn.push(last.0);
    }
    if withdrawn.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("to be withdrawn or looked into: {}", withdrawn.join(", "));
    ExitCode::FAILURE
}

async fn show((id, twin): Twin, url: String) -> Result<Seen, BoxDynError> {
    twin(Bench::connect(&url, id).await?).await
}

/// Prints a line, and answers whether the claim stands.
#[expect(clippy::print_stdout, reason = "the command's one product")]
fn print(id: &str, seen: Result<Seen, BoxDynError>) -> bool {
    let (verdict, stands, what) = match seen {
        Ok(seen) if seen.fails => ("fails as described", true, seen.what),
        Ok(seen) => ("no longer fails", false, seen.what),
        Err(error) => ("could not be shown", false, error.to_string()),
    };
    let line = what.lines().next().unwrap_or_default();
    let what: String = line.chars().take(WIDEST).collect();
    println!("{id:<4} {verdict:<19} {what}");
    stands
}
