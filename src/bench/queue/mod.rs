//! `bench queue`: how fast jobs are enqueued, drained and picked up, and what that costs, on keys of its own.

mod measure;
mod report;
mod sustain;
mod worker;
pub(super) mod workers;

use std::time::Duration;

use self::report::Report;
pub(crate) use self::worker::{Spec, serve};
use super::stage::Stage;
use crate::{config::Config, failure::Failure};

/// `bench queue`
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct QueueBench {
    /// How many jobs wait when the drain begins
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) jobs: u32,
    /// How many worker processes drain them
    #[arg(long, default_value_t = 1, value_name = "P", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) processes: u16,
    /// How many jobs each of them runs at once
    #[arg(long, default_value_t = 100, value_name = "C", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) concurrency: u16,
    /// How many threads each of them has
    #[arg(long, default_value_t = 1, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// Then keep them busy for so many minutes, and see whether anything grows
    #[arg(long, default_value_t = 0, value_name = "M", value_parser = clap::value_parser!(u16).range(0..=1_440))]
    pub(crate) minutes: u16,
}

/// The kind of the jobs that are drained.
const DRAINED: &str = "bench-drain";

/// The kind of the jobs that are enqueued one by one.
const SINGLE: &str = "bench-single";

/// The kind of the jobs that are picked up by an idle worker.
const IDLE: &str = "bench-idle";

/// The kind of the jobs that come for as long as asked.
const SUSTAINED: &str = "bench-sustain";

/// How many jobs are enqueued one by one at most.
const SINGLES: u32 = 20_000;

/// How many jobs are picked up at most.
const PICK_UPS: u32 = 1_000;

/// How long an idle worker is left alone before the next job: it must wait again.
const PAUSE: Duration = Duration::from_millis(3);

/// Measures, prints, and removes what it has made, also when it fails.
pub(crate) async fn run(config: &Config, bench: QueueBench, json: bool) -> Result<(), Failure> {
    let stage = Stage::set(config).await?;
    let measured = measured(&stage, bench).await;
    let removed = stage.remove(&[SINGLE, DRAINED, IDLE, SUSTAINED]).await;
    let report = measured?;
    removed?;
    report.print(json)
}

async fn measured(stage: &Stage, bench: QueueBench) -> Result<Report, Failure> {
    let single = measure::enqueue_one_by_one(stage, bench.jobs.min(SINGLES)).await?;
    let bulk = measure::enqueue_in_bulk(stage, bench.jobs).await?;
    let listing = measure::listing(stage, bench.jobs).await?;
    let drain = measure::drain(stage, bench).await?;
    let pick_up = measure::pick_up(stage, bench).await?;
    let sustained = sustain::sustain(stage, bench).await?;
    Ok(Report {
        bench,
        place: stage.place(),
        single,
        bulk,
        listing,
        drain,
        pick_up,
        sustained,
    })
}
