//! Draining: collecting each source once, to its end, and waiting until nothing is left to do.

use std::{sync::Arc, time::Duration};

use moodwire_model::slot;
use moodwire_warehouse::PublicationState;
use moodwire_workers::{Deps, payload::Collect, upkeep};
use serde::Serialize;

use crate::failure::Failure;

/// How often the stores are asked whether anything is left.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a drain came to: what is stored, and what a person has to look at.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Posts in the warehouse.
    pub(crate) posts: u64,
    /// Posts that came more than once.
    pub(crate) duplicates: u64,
    /// Lines and posts in quarantine.
    pub(crate) quarantined: u64,
    /// Hours that are sealed.
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
            "the channel may or may not have them",
        );
        if !self.paused.is_empty() {
            troubles.push(format!(
                "paused: {} (moodwire queue resume KIND)",
                self.paused.join(", ")
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

/// Collects every source once and returns when nothing is left to do, or only what a person has to do.
/// Workers must be running.
pub(crate) async fn drain(deps: &Arc<Deps>) -> Result<Report, Failure> {
    upkeep::run(deps).await?;
    let jobs: Vec<_> = deps
        .sources
        .keys()
        .map(|source| {
            let id = deps.by_hand(&slot::collect(source, deps.now()));
            deps.job(slot::COLLECT, id, &Collect::asked(source))
        })
        .collect();
    deps.queue.enqueue(&jobs).await?;
    loop {
        match step(deps).await {
            Ok(Some(report)) => return Ok(report),
            Ok(None) => {}
            // An outage is waited for, as the workers do.
            Err(Failure::Runtime(reason)) => tracing::warn!(%reason, "draining; trying again"),
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One look: the report when nothing is left.
async fn step(deps: &Deps) -> Result<Option<Report>, Failure> {
    let stats = deps.queue.stats().await?;
    let live = |kind: &moodwire_queue::KindStats| kind.scheduled + kind.ready + kind.running;
    let paused: Vec<String> = stats
        .iter()
        .filter(|(_, kind)| kind.paused && live(kind) > 0)
        .map(|(name, _)| name.clone())
        .collect();
    let all_live: u64 = stats.values().map(live).sum();
    let paused_live: u64 = stats.values().filter(|kind| kind.paused).map(live).sum();
    if all_live > paused_live {
        return Ok(None);
    }
    if paused.is_empty() && upkeep::run(deps).await? != upkeep::Upkept::default() {
        return Ok(None);
    }
    let dead = stats.values().map(|kind| kind.dead).sum();
    report(deps, dead, paused).await.map(Some)
}

async fn report(deps: &Deps, dead: u64, paused: Vec<String>) -> Result<Report, Failure> {
    let lake = deps.lake.totals().await?;
    let warehouse = deps.warehouse.totals().await?;
    let duplicates = deps
        .lake
        .cursors()
        .await?
        .iter()
        .map(|cursor| cursor.totals.duplicates)
        .sum();
    let publications =
        |state: PublicationState| warehouse.publications.get(&state).copied().unwrap_or(0);
    Ok(Report {
        posts: warehouse.posts,
        duplicates,
        quarantined: lake.quarantined,
        hours: warehouse.hours_sealed,
        sent: publications(PublicationState::Sent),
        dead,
        unscored_batches: lake.unscored_batches,
        failed: publications(PublicationState::Failed),
        uncertain: publications(PublicationState::Uncertain),
        paused,
    })
}
