//! Now: is it healthy, in one glance; and of what is not, what to do and where.

mod alarms;
mod channels;
mod render;

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::slot;
use moodwire_queue::{Group, JobFilter, JobRow, KindStats, ProcessRow, State};
use serde::Serialize;

pub(in crate::console) use self::render::{countdown, render, source_class};
use self::{alarms::Alarm, channels::ChannelNow};
use crate::{
    console::{Console, refusal::Refusal},
    environment,
    failure::Failure,
    operations::sources::{self, Listed},
};

/// How long each store may take, so that one that is away does not hide the others.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most running jobs that are shown.
const RUNNING: usize = 100;

/// The most failures that are counted.
const FAILURES: usize = 100;

/// What a store told, or why it did not.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::console) enum Told<T> {
    /// What it told.
    Known(T),
    /// One sentence.
    Unknown {
        /// Why.
        error: String,
    },
}

impl<T> Told<T> {
    /// What was told, if it was.
    fn known(&self) -> Option<&T> {
        match self {
            Self::Known(known) => Some(known),
            Self::Unknown { .. } => None,
        }
    }
}

/// The queue at this moment.
#[derive(Debug, Serialize)]
pub(in crate::console) struct QueueNow {
    /// Counts by kind.
    kinds: BTreeMap<String, KindStats>,
    /// Processes, and which of the running jobs each holds.
    processes: Vec<ProcessRow>,
    /// Running jobs, at most [`RUNNING`].
    running: Vec<JobRow>,
    /// Jobs that died in the last hour, at most [`FAILURES`].
    failures: usize,
    /// The last of them, by what they have in common.
    groups: Vec<Group>,
}

/// All of it.
#[derive(Debug, Serialize)]
pub(in crate::console) struct View {
    at: DateTime<Utc>,
    alarms: Vec<Alarm>,
    queue: Told<QueueNow>,
    sources: Told<Vec<Listed>>,
    channels: Told<Vec<ChannelNow>>,
}

/// Loads it: each store by itself.
pub(in crate::console) async fn load(console: &Console) -> Result<View, Refusal> {
    let deps = &console.deps;
    let now = environment::clock().now();
    let (queue, sources, channels) = tokio::join!(
        told(queue(console, now)),
        told(sources::list(&*deps.lake, &deps.sources)),
        told(channels::load(console, now)),
    );
    let alarms = alarms::of(&queue, &sources, &channels);
    Ok(View {
        at: now,
        alarms,
        queue,
        sources,
        channels,
    })
}

async fn told<T>(work: impl Future<Output = Result<T, Failure>>) -> Told<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(known)) => Told::Known(known),
        Ok(Err(failure)) => Told::Unknown {
            error: failure.to_string(),
        },
        Err(_) => Told::Unknown {
            error: format!("no answer within {} s", PATIENCE.as_secs()),
        },
    }
}

async fn queue(console: &Console, now: DateTime<Utc>) -> Result<QueueNow, Failure> {
    let queue = &*console.deps.queue;
    let mut kinds = queue.stats().await?;
    for kind in slot::KINDS {
        kinds.entry(kind.to_owned()).or_default();
    }
    let since = now - TimeDelta::hours(1);
    let died = JobFilter {
        state: Some(State::Dead),
        since: Some(since),
        ..JobFilter::default()
    };
    let runs = JobFilter {
        state: Some(State::Running),
        ..JobFilter::default()
    };
    let failures = queue.list(&died, None, FAILURES).await?.jobs.len();
    let mut groups = match failures {
        0 => Vec::new(),
        _ => console.groups.of(queue, None).await?,
    };
    groups.retain(|group| group.last >= since);
    groups.truncate(5);
    Ok(QueueNow {
        kinds,
        processes: queue.processes().await?,
        running: queue.list(&runs, None, RUNNING).await?.jobs,
        failures,
        groups,
    })
}
