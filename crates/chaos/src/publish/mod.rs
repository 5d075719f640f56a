//! Publishing under faults: real processes send to a receiver that misbehaves, and are killed while they do.
//!
//! A seed is a run: a channel of some kind, a few hours of posts, a receiver that refuses, delays, cuts, limits, fails
//! and lies, processes that are killed at the worst moments, and then one last drain in peace. What the receiver saw and
//! what the warehouse says must agree: nothing was sent twice, nothing was lost, and what nobody can know is held.

mod answer;
mod audit;
mod fault;
mod lives;
mod log;
mod plan;
mod receiver;
mod report;
mod site;
mod wire;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use moodwire_model::{Entropy, SystemEntropy};
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use self::{
    audit::Evidence, lives::Lives, plan::Plan, receiver::Receiver, report::Tally, site::Site,
};
use crate::sink::say;

pub use report::Outcome;

/// What runs are started with.
#[derive(Debug, Clone, clap::Args)]
pub struct Publish {
    /// The `moodwire` executable
    #[arg(long, value_name = "FILE")]
    pub program: PathBuf,
    /// How many runs there are, of one seed after the other
    #[arg(long, default_value_t = 1_000)]
    pub runs: u64,
    /// The first seed; without it, from the system's randomness
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many runs there are at a time
    #[arg(long, default_value_t = 6)]
    pub jobs: usize,
    /// Leave the folders of runs that failed
    #[arg(long)]
    pub keep: bool,
}

impl Publish {
    /// Makes all runs, prints what came of them.
    ///
    /// # Errors
    /// When a run cannot be made.
    pub async fn run(self) -> Result<ExitCode> {
        let first = self.seed.unwrap_or_else(|| SystemEntropy.bits() >> 40);
        say(&format!(
            "seeds {first} to {}",
            first + self.runs.saturating_sub(1)
        ));
        let begun = Instant::now();
        let program = std::path::absolute(&self.program)?;
        let places = Arc::new(Semaphore::new(self.jobs.max(1)));
        let mut runs = JoinSet::new();
        for seed in first..first + self.runs {
            let (program, places, keep) = (program.clone(), Arc::clone(&places), self.keep);
            runs.spawn(async move {
                let _place = places.acquire_owned().await?;
                (run(&program, seed, keep).await).with_context(|| format!("seed {seed}"))
            });
        }
        let mut tally = Tally::default();
        while let Some(run) = runs.join_next().await {
            let outcome = run??;
            outcome.say();
            tally.add(&outcome);
        }
        tally.say(begun.elapsed());
        Ok(if tally.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Makes the seed's run with the executable `program`. With `keep`, the folder of one that fails is left.
///
/// # Errors
/// When it cannot be made; a promise that was broken is in the outcome.
pub async fn run(program: &Path, seed: u64, keep: bool) -> Result<Outcome> {
    let begun = Instant::now();
    let plan = Plan::of(seed);
    let site = Site::set_up(&plan, program)?;
    let (receiver, reached) = Receiver::start(&plan)?;
    let judged = judge(&plan, &site, &receiver, reached).await;
    let mut outcome = judged.unwrap_or_else(|error| Outcome::broken(&plan, format!("{error:#}")));
    outcome.took = begun.elapsed();
    if !outcome.broken.is_empty() {
        outcome.log = site.said();
        if keep {
            outcome.folder = Some(site.keep());
        }
    }
    Ok(outcome)
}

async fn judge(
    plan: &Plan,
    site: &Site,
    receiver: &Receiver,
    reached: tokio::sync::mpsc::UnboundedReceiver<receiver::Reached>,
) -> Result<Outcome> {
    let lives = Lives::new(site, receiver, reached).live(plan).await?;
    receiver.calm();
    let was_killed = lives.iter().any(|life| life.killed.is_some());
    if was_killed && plan.waits {
        tokio::time::sleep(Duration::from_secs(site::BELIEVED_SECONDS.into())).await;
    } else if was_killed {
        site.time_passes().await?;
    }
    let last = u64::try_from(lives.len())?;
    let report = site.drain(&receiver.url(last)).await?;
    let rows = site.publications().await?;
    let seen = receiver.log().seen().clone();
    let evidence = Evidence {
        plan,
        seen: &seen,
        lives: &lives,
        rows: &rows,
        disabled: report["disabled"]
            .as_array()
            .is_some_and(|names| !names.is_empty()),
    };
    let (count, mut broken) = evidence.judge();
    for (key, expected) in [("posts", plan.posts()), ("dead", 0), ("failed", 0)] {
        if report[key] != expected {
            broken.push(format!("the last drain says {key} {}", report[key]));
        }
    }
    Ok(Outcome::of(plan, &seen, &lives, count, broken))
}
