//! The producer of a run: jobs of every kind of trouble, steadily, through whatever befalls Redis.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use chrono::TimeDelta;
use moodwire_model::{Clock, Entropy, SystemClock};
use moodwire_queue::{NewJob, Store};
use moodwire_testing::FixedEntropy;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::fleet::KIND;
use crate::{
    store::{counts, insist},
    work::Work,
};

/// Jobs in one call, and how often there is one: 250 a second.
const CHUNK: u64 = 25;
const EVERY: Duration = Duration::from_millis(100);

/// No more are added while so many wait.
const WAITING: u64 = 2_000;

/// Attempts of a job that ends well however often its worker is killed.
const ENOUGH: u32 = 40;

/// Attempts of a job that can only fail.
const FEW: u32 = 3;

/// The producing task, and which jobs it has added; each says whether it can only end as a dead letter.
#[derive(Debug)]
pub(super) struct Producer {
    stop: CancellationToken,
    task: JoinHandle<Result<BTreeMap<String, bool>>>,
}

impl Producer {
    /// Begins.
    pub(super) fn start(store: Arc<dyn Store>, seed: u64) -> Self {
        let stop = CancellationToken::new();
        Self {
            task: tokio::spawn(produce(store, FixedEntropy::seeded(seed), stop.clone())),
            stop,
        }
    }

    /// Ends it once its last call has got through; what it added.
    pub(super) async fn stop(self) -> Result<BTreeMap<String, bool>> {
        self.stop.cancel();
        self.task.await.context("the producer ended badly")?
    }
}

async fn produce(
    store: Arc<dyn Store>,
    entropy: FixedEntropy,
    stop: CancellationToken,
) -> Result<BTreeMap<String, bool>> {
    let mut added = BTreeMap::new();
    let mut ticks = tokio::time::interval(EVERY);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let counts = counts(&*store, KIND).await?;
        if counts.ready + counts.scheduled > WAITING {
            continue;
        }
        let (jobs, dead): (Vec<NewJob>, Vec<bool>) =
            chunk(added.len(), &entropy).into_iter().unzip();
        insist(|| store.enqueue(&jobs)).await?;
        added.extend(jobs.into_iter().map(|job| job.id).zip(dead));
    }
    Ok(added)
}

/// The next jobs, of which each says whether it can only end as a dead letter.
fn chunk(from: usize, entropy: &dyn Entropy) -> Vec<(NewJob, bool)> {
    let mut works: Vec<(Work, u32)> = (0..CHUNK).map(|_| (ordinary(entropy), ENOUGH)).collect();
    if entropy.bits().is_multiple_of(8) {
        works.push(grave(entropy));
    }
    let job = |(index, (work, attempts)): (usize, (Work, u32))| {
        let dead = work.ends_dead(attempts);
        (work.job(KIND, from + index, attempts), dead)
    };
    works.into_iter().enumerate().map(job).collect()
}

fn ordinary(entropy: &dyn Entropy) -> Work {
    match entropy.bits() % 100 {
        0..3 => Work::Failing {
            times: 1 + u32::from(entropy.bits().is_multiple_of(2)),
        },
        3..6 => Work::Later {
            until: SystemClock.now() + TimeDelta::milliseconds(800),
        },
        6..26 => Work::Slow {
            millis: 20 + entropy.bits() % 400,
        },
        _ => Work::Quick,
    }
}

/// Trouble that is too great to come with every hundredth job, and how many attempts it has.
fn grave(entropy: &dyn Entropy) -> (Work, u32) {
    match entropy.bits() % 8 {
        0 => (Work::Aborting { times: 1 }, ENOUGH),
        1 => (Work::Aborting { times: u32::MAX }, FEW),
        // Longer than a lease.
        2 => (Work::Blocking { millis: 4_000 }, ENOUGH),
        3 => (Work::Failing { times: u32::MAX }, FEW),
        4 => (Work::Panicking { times: 1 }, ENOUGH),
        5 => (Work::Slow { millis: 5_000 }, ENOUGH),
        _ => (Work::Undecodable, FEW),
    }
}
