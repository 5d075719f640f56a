//! The run: several workers and a producer on a private Redis, faults at random, and what came of it.

mod faults;
mod fleet;
mod produce;
mod report;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use moodwire_model::{Entropy, SystemEntropy};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::Instant,
};

use self::{faults::Chaos, report::Report};
use crate::{
    audit::Audit,
    sink::say,
    store::{is_drained, rows, until},
};

/// What a run is started with.
#[derive(Debug, Clone, clap::Args)]
pub struct Run {
    /// How long faults are made
    #[arg(long, default_value_t = 1.0)]
    pub minutes: f64,
    /// Make so many faults instead, with short pauses
    #[arg(long, conflicts_with = "minutes")]
    pub steps: Option<u64>,
    /// What the faults are drawn from; without it, from the system's randomness
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many workers there are
    #[arg(long, default_value_t = 3)]
    pub workers: usize,
    /// Leave the sink, its journal and the workers' log in this folder
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

/// How long the queue may take to drain once nothing disturbs it: leases of 3 s, looked for every 5 s, and a job that
/// aborts three workers after one another.
const DRAINED_WITHIN: Duration = Duration::from_secs(180);

/// What a run of a fixed number of faults waits between two of them at most, and how long it pauses Redis.
const SHORT: Tempo = Tempo {
    between: Duration::from_millis(500),
    outage: Duration::from_secs(3),
};

/// The same in a run by the clock. A pause of 20 s is far more than a lease.
const LONG: Tempo = Tempo {
    between: Duration::from_millis(2_000),
    outage: Duration::from_secs(20),
};

/// How fast faults follow one another, and how long they last at most.
#[derive(Debug, Clone, Copy)]
struct Tempo {
    between: Duration,
    outage: Duration,
}

impl Run {
    /// Makes faults, lets everything drain, prints what came of it.
    ///
    /// # Errors
    /// When Redis or a worker cannot be started.
    pub async fn run(self) -> Result<ExitCode> {
        // Each of these ends the run with all that it started; the default would leave Redis behind.
        let [mut interrupt, mut terminate, mut hang_up] = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ];
        tokio::select! {
            ended = self.to_its_end() => ended,
            _ = interrupt.recv() => Ok(ExitCode::from(130)),
            _ = terminate.recv() => Ok(ExitCode::from(143)),
            _ = hang_up.recv() => Ok(ExitCode::from(129)),
        }
    }

    async fn to_its_end(&self) -> Result<ExitCode> {
        let seed = self.seed.unwrap_or_else(|| SystemEntropy.bits() >> 32);
        // First, so that a run that goes wrong can be had again.
        say(&format!("seed {seed}"));
        let tempo = if self.steps.is_some() { SHORT } else { LONG };
        let begun = Instant::now();
        let mut chaos = Chaos::begin(seed, self.workers, tempo, self.keep.clone()).await?;
        match self.steps {
            Some(steps) => {
                for _ in 0..steps {
                    chaos.step().await?;
                }
            }
            None => {
                let length = Duration::try_from_secs_f64(60.0 * self.minutes)
                    .context("--minutes is no length of time")?;
                while begun.elapsed() < length {
                    chaos.step().await?;
                }
            }
        }
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        let report = end(chaos, minutes).await?;
        report.say();
        Ok(if report.is_clean() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Stops producing, lets everything drain, stops the workers, counts.
async fn end(mut chaos: Chaos, minutes: f64) -> Result<Report> {
    chaos.proxy.stop_cutting();
    let enqueued = chaos.producer.stop().await?;
    let drained = until("everything drained", DRAINED_WITHIN, async || {
        chaos.fleet.mend().await?;
        Ok(is_drained(&*chaos.store, fleet::KIND).await?.then_some(()))
    });
    if let Err(error) = drained.await {
        // What is left is counted as lost.
        tracing::error!("{error:#}");
    }
    chaos.fleet.stop().await?;
    let rows = rows(&*chaos.store, fleet::KIND).await?;
    let count = Audit::read(&chaos.fleet.sink())?.count(&enqueued, &rows);
    Ok(Report {
        minutes,
        tally: chaos.tally,
        deploys: chaos.deploys.len(),
        cuts: chaos.proxy.made(),
        ends: chaos.fleet.ends,
        burned: chaos.deploys.burned(&rows),
        count,
    })
}
