//! The faults of a run, one after the other, each drawn by the seed.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use chrono::TimeDelta;
use moodwire_model::Entropy;
use moodwire_queue::Store;
use moodwire_testing::FixedEntropy;
use tokio::time::{Instant, interval};

use super::{
    Tempo,
    fleet::Fleet,
    produce::Producer,
    report::{Deploys, Tally},
};
use crate::{
    fault::Step,
    proxy::Proxy,
    redis::Redis,
    store::{insist, reach},
};

const PREFIX: &str = "chaos";

/// A worker's lease, as it is by default, and a little more.
const LONGER_THAN_A_LEASE: Duration = Duration::from_millis(4_500);

/// The steps that a worker comes to by itself.
const STEPS: [Step; 10] = [
    Step::BeforeFetch,
    Step::AfterFetch,
    Step::InJob,
    Step::AfterEffect,
    Step::BeforeRenew,
    Step::AfterRenew,
    Step::BeforeSettle,
    Step::AfterSettle,
    Step::BeforeRescue,
    Step::AfterRescue,
];

/// A run under way.
#[derive(Debug)]
pub(super) struct Chaos {
    entropy: FixedEntropy,
    tempo: Tempo,
    /// Directly at Redis; workers and producer come through the proxy.
    pub(super) store: Arc<dyn Store>,
    pub(super) fleet: Fleet,
    pub(super) producer: Producer,
    pub(super) proxy: Proxy,
    redis: Redis,
    pub(super) tally: Tally,
    pub(super) deploys: Deploys,
}

impl Chaos {
    /// Starts Redis, the proxy before it, the workers and the producer.
    pub(super) async fn begin(
        seed: u64,
        workers: usize,
        tempo: Tempo,
        keep: Option<PathBuf>,
    ) -> Result<Self> {
        let redis = Redis::start().await?;
        let proxy = Proxy::before(redis.port()).await?;
        let store = reach(&redis.url(), PREFIX).await?;
        let fleet = Fleet::start(proxy.url(), workers, keep).await?;
        let through_proxy = reach(&proxy.url(), PREFIX).await?;
        Ok(Self {
            entropy: FixedEntropy::seeded(seed),
            tempo,
            deploys: Deploys::since(store.now().await?),
            producer: Producer::start(through_proxy, seed.wrapping_add(1)),
            store,
            fleet,
            proxy,
            redis,
            tally: Tally::default(),
        })
    }

    /// Lets some time pass, then makes one fault and lets it end.
    pub(super) async fn step(&mut self) -> Result<()> {
        let between = self.tempo.between;
        self.pass(between.mul_f64(self.entropy.unit())).await?;
        self.tally.steps += 1;
        match self.below(10) {
            0 | 1 => self.kill_worker().await,
            2 => self.trap_worker().await,
            3..6 => self.deploy().await,
            6 => self.kill_redis().await,
            7 => self.stop_redis().await,
            8 => self.freeze_worker().await,
            _ => self.cut_connections().await,
        }
    }

    fn below(&self, n: u64) -> u64 {
        self.entropy.bits() % n
    }

    fn any_worker(&self) -> usize {
        let count = u64::try_from(self.fleet.len()).unwrap_or(1);
        usize::try_from(self.below(count)).unwrap_or(0)
    }

    /// Lets time pass, in which workers that end are replaced.
    async fn pass(&mut self, time: Duration) -> Result<()> {
        let begun = Instant::now();
        let mut ticks = interval(Duration::from_millis(50));
        while begun.elapsed() < time {
            ticks.tick().await;
            self.fleet.mend().await?;
        }
        Ok(())
    }

    /// What befell the queue up to now may have cost leases, through no fault of a deploy that follows.
    async fn calm(&mut self) -> Result<()> {
        // A fetch that its worker gave up waiting for may still lie in a buffer, and run a moment from now for nobody.
        const SETTLING: TimeDelta = TimeDelta::seconds(1);
        let now = insist(|| self.store.now()).await?;
        self.deploys.calm_since(now + SETTLING);
        Ok(())
    }

    async fn kill_worker(&mut self) -> Result<()> {
        let index = self.any_worker();
        self.fleet.worker_at(index).signal("KILL").await.ok();
        self.fleet.ended(index).await?;
        self.fleet.replace(index, None)
    }

    /// Deploys a worker that will kill itself at a step, sooner or later.
    async fn trap_worker(&mut self) -> Result<()> {
        let step = STEPS[usize::try_from(self.below(STEPS.len() as u64)).unwrap_or(0)];
        self.deploy_with(Some(step)).await
    }

    async fn deploy(&mut self) -> Result<()> {
        self.deploy_with(None).await
    }

    /// Stops a worker as a service manager does, and starts another in its place.
    async fn deploy_with(&mut self, trap: Option<Step>) -> Result<()> {
        let index = self.any_worker();
        let worker = self.fleet.worker_at(index);
        let name = worker.says("ready ").await;
        let asked = worker.signal("TERM").await.is_ok();
        if self.fleet.ended(index).await?
            && asked
            && let Some(name) = name
                .ok()
                .as_deref()
                .and_then(|line| line.strip_prefix("ready "))
        {
            self.deploys.made(name);
        }
        self.fleet.replace(index, trap)
    }

    async fn kill_redis(&mut self) -> Result<()> {
        self.tally.redis_killed += 1;
        self.redis.kill().await?;
        let down = self.tempo.outage.mul_f64(self.entropy.unit() / 4.0);
        self.pass(down).await?;
        self.redis.start_again().await?;
        self.calm().await
    }

    /// `CLIENT PAUSE` or SIGSTOP, every third time for as long as an outage may be.
    async fn stop_redis(&mut self) -> Result<()> {
        self.tally.redis_paused += 1;
        let share = if self.below(3) == 0 {
            1.0
        } else {
            self.entropy.unit()
        };
        let time = self.tempo.outage.mul_f64(share);
        if self.below(2) == 0 {
            let millis = time.as_millis().to_string();
            self.redis
                .ask::<()>(&["CLIENT", "PAUSE", &millis, "ALL"])
                .await?;
            self.pass(time).await?;
        } else {
            self.redis.signal("STOP").await?;
            let passed = self.pass(time).await;
            self.redis.signal("CONT").await?;
            passed?;
        }
        self.calm().await
    }

    /// A worker that stands still until others have its jobs, and then goes on as if nothing had been.
    async fn freeze_worker(&mut self) -> Result<()> {
        self.tally.workers_frozen += 1;
        let index = self.any_worker();
        let id = self.fleet.worker_at(index).id();
        if self.fleet.worker_at(index).signal("STOP").await.is_ok() {
            self.pass(LONGER_THAN_A_LEASE).await?;
            // It was stopped and cannot have ended, so the id is still its own.
            crate::process::signal(id, "CONT").await?;
        }
        self.calm().await
    }

    async fn cut_connections(&mut self) -> Result<()> {
        let made = self.proxy.made();
        let times = 1 + self.below(12);
        self.proxy.cut(times);
        // A bound, in case that there is little to cut.
        let all = self.proxy.has_cut(made + times);
        let _in_time = tokio::time::timeout(self.tempo.outage, all).await;
        self.proxy.stop_cutting();
        self.calm().await
    }
}
