//! The scheduler: turns cron expressions into slots, and does the upkeep of every minute.
//!
//! Any number may run: a slot is an id, so the second to enqueue it does nothing.

mod ticks;

use std::{str::FromStr, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use moodwire_model::slot;
use moodwire_queue::{NewJob, Store};
use moodwire_workers::{Deps, payload::Collect, upkeep};
use tokio_util::sync::CancellationToken;

use self::ticks::missed;
use crate::{
    config::{Config, MissedTicks},
    failure::Failure,
};

/// How often upkeep runs.
const UPKEEP_EVERY: TimeDelta = TimeDelta::minutes(1);

/// After this long without a look (a machine that slept, an outage) ticks count as missed, and the policy decides.
const GAP: TimeDelta = TimeDelta::minutes(1);

/// The longest sleep between two looks at the clock, so that a clock that is set forward is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The schedules of a process.
pub(crate) struct Scheduler {
    deps: Arc<Deps>,
    schedules: Vec<(String, Schedule)>,
    policy: MissedTicks,
    /// Up to when ticks are enqueued.
    looked: Option<DateTime<Utc>>,
    /// When upkeep last ran.
    upkept: Option<DateTime<Utc>>,
}

impl Scheduler {
    /// The queue that it enqueues on.
    pub(crate) fn queue(&self) -> &Arc<dyn Store> {
        &self.deps.queue
    }

    /// The schedules that are configured, one a source.
    pub(crate) fn new(deps: Arc<Deps>, config: &Config) -> Result<Self, Failure> {
        let schedules = config
            .source
            .iter()
            .map(|source| {
                let expression = source.cron.as_ref().unwrap_or(&config.schedule.collect);
                Schedule::from_str(expression)
                    .map(|schedule| (source.name.clone(), schedule))
                    .map_err(|error| Failure::Usage(format!("\"{expression}\": {error}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            deps,
            schedules,
            policy: config.schedule.missed,
            looked: None,
            upkept: None,
        })
    }

    /// Runs until `stop`. A store that is down is waited for; what was missed meanwhile is made up by policy.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let now = self.deps.now();
            // Safe to break off anywhere: a slot is an id, and every step of upkeep may be repeated.
            let round = async {
                self.upkeep(now).await;
                self.ticks(now).await;
                tokio::time::sleep(self.until_next(now)).await;
            };
            if stop.run_until_cancelled(round).await.is_none() {
                return;
            }
        }
    }

    async fn upkeep(&mut self, now: DateTime<Utc>) {
        let due = |at| now - at >= UPKEEP_EVERY || now < at;
        if !self.upkept.is_none_or(due) {
            return;
        }
        match upkeep::run(&self.deps).await {
            Ok(done) => {
                self.upkept = Some(now);
                if done != upkeep::Upkept::default() {
                    tracing::info!(
                        closed = done.closed,
                        transforms = done.transforms,
                        publications = done.publications,
                        "upkeep"
                    );
                }
            }
            Err(verdict) => tracing::warn!(%verdict, "upkeep failed; trying again"),
        }
    }

    async fn ticks(&mut self, now: DateTime<Utc>) {
        match self.enqueue_ticks(self.looked, now).await {
            Ok(()) => self.looked = Some(now),
            Err(failure) => tracing::warn!(%failure, "ticks could not be enqueued; trying again"),
        }
    }

    /// Enqueues each source's ticks in `(looked, now]`; at the first look, those missed before it.
    async fn enqueue_ticks(
        &self,
        looked: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let mut jobs: Vec<NewJob> = Vec::new();
        for (source, schedule) in &self.schedules {
            let ticks = match looked {
                Some(looked) if now - looked < GAP => schedule
                    .after(&looked)
                    .take_while(|tick| *tick <= now)
                    .collect(),
                Some(looked) => missed(schedule, self.policy, Some(looked), now),
                None => {
                    let cursor = self.deps.lake.cursor(source).await?;
                    missed(schedule, self.policy, cursor.moved_at, now)
                }
            };
            jobs.extend(ticks.into_iter().map(|tick| {
                self.deps.job(
                    slot::COLLECT,
                    slot::collect(source, tick),
                    &Collect::tick(source),
                )
            }));
        }
        if !jobs.is_empty() {
            self.deps.queue.enqueue(&jobs).await?;
        }
        Ok(())
    }

    /// How long to sleep: until the next tick of any schedule, at most [`LONGEST_SLEEP`].
    fn until_next(&self, now: DateTime<Utc>) -> Duration {
        self.schedules
            .iter()
            .filter_map(|(_, schedule)| schedule.after(&now).next())
            .min()
            .and_then(|tick| (tick - now).to_std().ok())
            .map_or(LONGEST_SLEEP, |wait| wait.min(LONGEST_SLEEP))
    }
}
