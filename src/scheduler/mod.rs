//! The scheduler: turns cron expressions into slots, and does the upkeep of every minute.
//!
//! Any number may run: a slot is an id, so the second to enqueue it does nothing.

mod ticks;

use std::{str::FromStr, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;
use moodwire_model::slot;
use moodwire_queue::NewJob;
use moodwire_workers::{Deps, payload::Collect, upkeep};
use tokio_util::sync::CancellationToken;

use self::ticks::missed;
use crate::{
    config::{Config, MissedTicks},
    failure::Failure,
};

/// How often upkeep runs.
const UPKEEP_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The longest sleep between two looks at the clock, so that a clock that is set forward is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The schedules of a process.
pub(crate) struct Scheduler {
    deps: Arc<Deps>,
    schedules: Vec<(String, Schedule)>,
    policy: MissedTicks,
}

impl Scheduler {
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
        })
    }

    /// Runs until `stop`. A store that is down is waited for; what was missed meanwhile is made up by policy.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut looked: Option<DateTime<Utc>> = None;
        let mut upkept: Option<DateTime<Utc>> = None;
        loop {
            let now = self.deps.now();
            if upkept.is_none_or(|at| now - at >= UPKEEP_EVERY || now < at) {
                match upkeep::run(&self.deps).await {
                    Ok(done) => {
                        upkept = Some(now);
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
            match self.enqueue_ticks(looked, now).await {
                Ok(()) => looked = Some(now),
                Err(failure) => {
                    tracing::warn!(%failure, "ticks could not be enqueued; trying again")
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.until_next(now)) => {}
            }
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
                Some(looked) => schedule
                    .after(&looked)
                    .take_while(|tick| *tick <= now)
                    .collect(),
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
