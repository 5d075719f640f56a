//! Opening a queue, and waiting for it to be in a state.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use moodwire_model::SystemClock;
use moodwire_queue::{ClockOffset, Error, JobFilter, JobRow, KindStats, Options, Store, open};
use tokio::time::{Instant, timeout};

/// How often a state is looked at that nobody announces.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// How long a process waits at its start for a queue that does not answer, as the product's roles do.
const REACHED_WITHIN: Duration = Duration::from_secs(30);

/// The longest list page.
const PAGE: usize = 1_000;

/// Opens the queue at `url` under the key prefix.
///
/// # Errors
/// When it does not answer within 30 s, and when it refuses.
pub async fn reach(url: &str, prefix: &str) -> Result<Arc<dyn Store>> {
    let options = Options {
        clock: Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: prefix.to_owned(),
        allow_eviction: false,
    };
    let begun = Instant::now();
    loop {
        match open(url, &options).await {
            Err(error) if error.is_unavailable() && begun.elapsed() < REACHED_WITHIN => {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            opened => return opened.context("the queue cannot be opened"),
        }
    }
}

/// Looks until what is looked for is there.
///
/// # Errors
/// After `at_most`, saying what was waited for; and when a look fails.
pub async fn until<T>(
    what: &str,
    at_most: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let looking = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(found) = look().await? {
                return Ok(found);
            }
        }
    };
    match timeout(at_most, looking).await {
        Ok(found) => found,
        Err(_) => bail!("waited {} s for: {what}", at_most.as_secs()),
    }
}

/// A call that is repeated for as long as the queue does not answer.
///
/// # Errors
/// What the queue refuses.
pub async fn insist<T, F>(mut call: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T, Error>>,
{
    loop {
        match call().await {
            Err(error) if error.is_unavailable() => tokio::time::sleep(LOOK_EVERY).await,
            answer => return Ok(answer?),
        }
    }
}

/// The counts of one kind; all zero before its first job.
///
/// # Errors
/// What the queue refuses.
pub async fn counts(store: &dyn Store, kind: &str) -> Result<KindStats> {
    let stats: BTreeMap<String, KindStats> = insist(|| store.stats()).await?;
    Ok(stats.get(kind).cloned().unwrap_or_default())
}

/// True once no job of the kind waits or runs.
///
/// # Errors
/// What the queue refuses.
pub async fn is_drained(store: &dyn Store, kind: &str) -> Result<bool> {
    let counts = counts(store, kind).await?;
    Ok(counts.scheduled + counts.ready + counts.running == 0)
}

/// Every kept row of the kind, by id.
///
/// # Errors
/// What the queue refuses.
pub async fn rows(store: &dyn Store, kind: &str) -> Result<BTreeMap<String, JobRow>> {
    let filter = JobFilter {
        kind: Some(kind.to_owned()),
        ..JobFilter::default()
    };
    let (mut rows, mut after) = (BTreeMap::new(), None::<String>);
    loop {
        let page = insist(|| store.list(&filter, after.as_deref(), PAGE)).await?;
        rows.extend(page.jobs.into_iter().map(|row| (row.id.clone(), row)));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}
