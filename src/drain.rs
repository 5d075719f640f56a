//! Draining: collecting each source to its end, and waiting until nothing is left to do.

use std::{sync::Arc, time::Duration};

use moodwire_queue::KindStats;
use moodwire_warehouse::PublicationState;
use moodwire_workers::{Deps, collect::Asked, upkeep};
use serde::Serialize;

use crate::failure::Failure;

/// How often the stores are asked whether anything is left.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often upkeep runs while there is something to do.
const UPKEEP_EVERY: Duration = Duration::from_secs(2);

/// How long is waited for a store that is down.
const OUTAGE_WAIT: Duration = Duration::from_secs(1);

/// What a drain came to: what is stored, and what a person has to look at.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Posts in the warehouse.
    pub(crate) posts: u64,
    /// Posts that came more than once.
    pub(crate) duplicates: u64,
    /// Lines and posts in quarantine.
    pub(crate) quarantined: u64,
    /// Hours with posts that are sealed.
    pub(crate) hours: u64,
    /// Digests that were sent.
    pub(crate) sent: u64,
    /// Dead letters.
    pub(crate) dead: u64,
    /// Batches that are not scored.
    pub(crate) unscored_batches: u64,
    /// Publications that failed.
    pub(crate) failed: u64,
    /// Publications of which it cannot be known whether they arrived.
    pub(crate) uncertain: u64,
    /// Kinds that are paused while jobs of theirs wait.
    pub(crate) paused: Vec<String>,
    /// Channels that are disabled, whose hours stay due.
    pub(crate) disabled: Vec<String>,
}

impl Report {
    /// One sentence that names what a person has to look at; none when all is well.
    pub(crate) fn trouble(&self) -> Option<String> {
        let mut troubles = Vec::new();
        let mut count = |number: u64, what: &str, look: &str| {
            if number > 0 {
                troubles.push(format!("{number} {what} ({look})"));
            }
        };
        count(self.dead, "dead letters", "moodwire dead list");
        count(
            self.unscored_batches,
            "batches not scored",
            "moodwire jobs list --kind transform",
        );
        count(
            self.failed,
            "publications failed",
            "moodwire dead list --kind publish",
        );
        count(
            self.uncertain,
            "publications uncertain",
            "moodwire publications list --state uncertain",
        );
        if !self.paused.is_empty() {
            troubles.push(format!(
                "paused: {} (moodwire queue resume KIND)",
                self.paused.join(", ")
            ));
        }
        if !self.disabled.is_empty() {
            troubles.push(format!(
                "disabled: {} (moodwire channel list)",
                self.disabled.join(", ")
            ));
        }
        (!troubles.is_empty()).then(|| format!("drained, but {}", troubles.join("; ")))
    }

    /// The report in words.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "{} posts ({} duplicates, {} quarantined), {} hours sealed, {} digests sent",
            self.posts, self.duplicates, self.quarantined, self.hours, self.sent
        )
    }
}

/// Collects every source, again where one is behind the hours that are due, and returns when nothing is left to do, or only what a person has to do.
/// Workers must be running. An outage is waited for, as the workers do.
pub(crate) async fn drain(deps: &Arc<Deps>) -> Result<Report, Failure> {
    let mut drain = Drain {
        deps,
        asked: Asked::of_all(deps),
        upkept: None,
    };
    loop {
        let wait = match drain.look().await {
            Ok(Some(report)) => return Ok(report),
            Ok(None) => LOOK_EVERY,
            Err(Failure::Unavailable(reason)) => {
                tracing::warn!(%reason, "draining; trying again");
                OUTAGE_WAIT
            }
            Err(failure) => return Err(failure),
        };
        tokio::time::sleep(wait).await;
    }
}

/// A drain under way.
struct Drain<'a> {
    deps: &'a Deps,
    asked: Asked,
    upkept: Option<tokio::time::Instant>,
}

impl Drain<'_> {
    /// One look: the report when nothing is left.
    async fn look(&mut self) -> Result<Option<Report>, Failure> {
        // Not only when the queue is idle: a publication may wait for a batch that a killed collect left open, and that
        // nothing but upkeep will close once the collect's lease has expired.
        if self.upkept.is_none_or(|at| at.elapsed() >= UPKEEP_EVERY) {
            self.upkeep().await?;
        }
        let Some((dead, paused)) = self.idle().await? else {
            return Ok(None);
        };
        if paused.is_empty() && self.upkeep().await? != upkeep::Upkept::default() {
            return Ok(None);
        }
        // Asked once more: kinds are counted one after the other, and a job that hands on its work just then is seen
        // neither as running nor as what it enqueued.
        if self.idle().await?.is_none() {
            return Ok(None);
        }
        report(self.deps, dead, paused).await.map(Some)
    }

    /// When no job is left that could run by itself: how many are dead, and which kinds are paused.
    async fn idle(&self) -> Result<Option<(u64, Vec<String>)>, Failure> {
        let stats = self.deps.queue.stats().await?;
        let waiting = |kind: &KindStats| kind.scheduled + kind.ready;
        let held_up = |kind: &KindStats| kind.paused && waiting(kind) > 0;
        let live = stats
            .values()
            .any(|kind| kind.running > 0 || (waiting(kind) > 0 && !kind.paused));
        if live {
            return Ok(None);
        }
        let paused: Vec<String> = stats
            .iter()
            .filter(|(_, kind)| held_up(kind))
            .map(|(name, _)| name.clone())
            .collect();
        let dead = stats.values().map(|kind| kind.dead).sum();
        Ok(Some((dead, paused)))
    }

    async fn upkeep(&mut self) -> Result<upkeep::Upkept, Failure> {
        // Each time, and not only at first: when the queue loses what it holds, lake and ledger bring back everything but
        // these collects, of which they know nothing. Those that are there are left as they are.
        self.asked.enqueue(self.deps).await?;
        let upkept = upkeep::run(self.deps).await?;
        self.upkept = Some(tokio::time::Instant::now());
        Ok(upkept)
    }
}

async fn report(deps: &Deps, dead: u64, paused: Vec<String>) -> Result<Report, Failure> {
    let lake = deps.lake.totals().await?;
    let warehouse = deps.warehouse.totals().await?;
    // What was read, less what is there: a page that a crash had read twice is counted in its cursor once, but its posts
    // then count as duplicates of themselves.
    let read: u64 = deps
        .lake
        .cursors()
        .await?
        .iter()
        .map(|cursor| cursor.totals.posts + cursor.totals.duplicates)
        .sum();
    let disabled = deps.warehouse.disabled_channels().await?;
    let publications =
        |state: PublicationState| warehouse.publications.get(&state).copied().unwrap_or(0);
    Ok(Report {
        posts: warehouse.posts,
        duplicates: read.saturating_sub(lake.posts),
        quarantined: lake.quarantined,
        hours: warehouse.hours_sealed,
        sent: publications(PublicationState::Sent),
        dead,
        unscored_batches: lake.unscored_batches,
        failed: publications(PublicationState::Failed),
        uncertain: publications(PublicationState::Uncertain),
        paused,
        disabled: disabled
            .into_keys()
            .filter(|name| deps.channels.contains_key(name))
            .collect(),
    })
}
