//! The environment: from what is configured to what the jobs work with, once, at start.

mod channel;
mod source;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moodwire_lake::Lake;
use moodwire_model::{Clock, Entropy, Selection, SystemClock, SystemEntropy, slot};
use moodwire_queue::{ClockOffset, Options, Retention, RetryPolicy, Store};
use moodwire_sources::{Source, Watchlist};
use moodwire_warehouse::Warehouse;
use moodwire_workers::{ChannelEntry, Deps, KindSettings, PublishPolicy};
use secrecy::{ExposeSecret, SecretString};

#[cfg(test)]
pub(crate) use self::source::source_keys;
pub(crate) use self::{
    channel::channel,
    source::{refuse_stdin, source, sources, stdin_copy},
};
use crate::{
    config::{self, Config},
    failure::Failure,
};

/// How long a starting role waits for a store that does not answer.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// How a process begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Start {
    /// How long a store that does not answer is tried again.
    pub(crate) patience: Duration,
    /// See [`PublishPolicy::horizon`].
    pub(crate) horizon: Option<DateTime<Utc>>,
}

impl Start {
    /// A long-running role.
    pub(crate) fn role() -> Self {
        Self {
            patience: START_PATIENCE,
            horizon: None,
        }
    }
}

/// How long is waited between two tries to reach a store.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// The name of the database that serves where no URL is configured.
const EMBEDDED: &str = "moodwire.db";

/// The data directory: the configured one, else the user's.
pub(crate) fn data_dir(config: &Config) -> PathBuf {
    config.data_dir.clone().unwrap_or_else(|| {
        std::env::var_os("XDG_DATA_HOME")
            .map(PathBuf::from)
            .or_else(|| {
                std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"))
            })
            .map_or_else(
                || PathBuf::from("moodwire-data"),
                |base| base.join("moodwire"),
            )
    })
}

/// A store's URL: the configured one, else the embedded database in the data directory.
fn url_or_embedded(config: &Config, url: Option<&SecretString>) -> String {
    url.map_or_else(
        || format!("sqlite://{}", data_dir(config).join(EMBEDDED).display()),
        |url| url.expose_secret().to_owned(),
    )
}

/// The queue alone.
pub(crate) async fn open_queue(config: &Config) -> Result<Arc<dyn Store>, Failure> {
    let options = Options {
        clock: Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: config.queue.prefix.clone(),
        allow_eviction: config.queue.allow_eviction,
    };
    Ok(moodwire_queue::open(&queue_url(config), &options).await?)
}

/// The queue's URL, with its password.
pub(crate) fn queue_url(config: &Config) -> String {
    url_or_embedded(config, config.queue.url.as_ref())
}

/// The lake alone.
pub(crate) async fn open_lake(config: &Config) -> Result<Arc<dyn Lake>, Failure> {
    let url = url_or_embedded(config, config.lake.url.as_ref());
    Ok(moodwire_lake::open(&url).await?)
}

/// The warehouse alone, whatever its schema.
pub(crate) async fn open_warehouse(config: &Config) -> Result<Warehouse, Failure> {
    let url = url_or_embedded(config, config.warehouse.url.as_ref());
    Ok(Warehouse::connect(&url)
        .await?
        .collapsing_copies(config.publish.collapse_copies))
}

/// The warehouse with its schema as this program needs it: brought up to date on SQLite, refused when behind on Postgres.
pub(crate) async fn prepared_warehouse(config: &Config) -> Result<Warehouse, Failure> {
    let warehouse = open_warehouse(config).await?;
    warehouse.prepare().await?;
    Ok(warehouse)
}

/// Everything that a long-running role works with, as it is configured.
pub(crate) async fn of_role(config: &Config) -> Result<Arc<Deps>, Failure> {
    build(config, sources(config)?, channels(config)?, Start::role()).await
}

/// Everything that jobs work with. Each store is tried again until the start's patience is over.
pub(crate) async fn build(
    config: &Config,
    sources: BTreeMap<String, Arc<dyn Source>>,
    channels: BTreeMap<String, ChannelEntry>,
    start: Start,
) -> Result<Arc<Deps>, Failure> {
    let Start { patience, horizon } = start;
    // Before anything is opened: an overlay that cannot be used ends the start.
    let scorer = crate::scorer::configured(config)?;
    let watchlist = Arc::new(watchlist(config)?);
    let filters = config
        .source
        .iter()
        .map(|one| Ok((one.name.clone(), source::filters(one)?)))
        .collect::<Result<_, String>>()
        .map_err(Failure::Usage)?;
    let (queue, lake, warehouse) = tokio::try_join!(
        patiently(patience, || open_queue(config)),
        patiently(patience, || open_lake(config)),
        patiently(patience, || prepared_warehouse(config)),
    )?;
    Ok(Arc::new(Deps {
        queue,
        lake,
        warehouse,
        sources,
        filters,
        watchlist,
        channels,
        scorer: Arc::new(scorer),
        publish: PublishPolicy {
            grace: config.publish.grace,
            max_wait: config.publish.max_wait,
            catch_up: config.publish.catch_up.0,
            horizon,
        },
        kinds: kinds(config),
        started_at: clock().now(),
        clock: clock(),
        entropy: entropy(),
    }))
}

/// The clock that the whole program reads.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The randomness that the whole program draws from.
pub(crate) fn entropy() -> Arc<dyn Entropy> {
    Arc::new(SystemEntropy)
}

/// Tries again what failed at run time, until patience is over; what is misconfigured fails at once.
async fn patiently<T, F>(patience: Duration, mut open: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let until = tokio::time::Instant::now() + patience;
    loop {
        match open().await {
            Err(Failure::Unavailable(sentence))
                if tokio::time::Instant::now() + BETWEEN_TRIES < until =>
            {
                tracing::warn!(reason = %sentence, "a store cannot be reached; trying again");
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            result => return result,
        }
    }
}

fn kinds(config: &Config) -> BTreeMap<String, KindSettings> {
    let (worker, retry) = (&config.worker, &config.retry);
    let settings = |concurrency, max_attempts| KindSettings {
        concurrency,
        timeout: worker.timeout,
        lease: worker.lease,
        retry: RetryPolicy {
            base: retry.base,
            cap: retry.cap,
            max_attempts,
        },
        retention: Retention {
            done_for: config.retention.done,
            done_count: config.retention.done_count,
            dead_for: config.retention.dead,
            dead_count: config.retention.dead_count,
        },
    };
    BTreeMap::from([
        (
            slot::COLLECT.to_owned(),
            settings(worker.collect, retry.collect),
        ),
        (
            slot::TRANSFORM.to_owned(),
            settings(worker.transform, retry.transform),
        ),
        (
            slot::PUBLISH.to_owned(),
            settings(worker.publish, retry.publish),
        ),
        (
            slot::RESCORE.to_owned(),
            settings(worker.rescore, retry.rescore),
        ),
    ])
}

/// The configured watchlist.
pub(crate) fn watchlist(config: &Config) -> Result<Watchlist, Failure> {
    Watchlist::new(config.actor.clone()).map_err(Failure::Usage)
}

/// The configured channels.
pub(crate) fn channels(config: &Config) -> Result<BTreeMap<String, ChannelEntry>, Failure> {
    config
        .channel
        .iter()
        .map(|channel| Ok((channel.name.clone(), entry(channel)?)))
        .collect()
}

fn entry(channel: &config::Channel) -> Result<ChannelEntry, Failure> {
    Ok(ChannelEntry {
        channel: self::channel(channel).map_err(Failure::Usage)?,
        on_uncertain: channel.on_uncertain,
        announce_empty: channel.announce_empty,
        selection: Selection {
            actors: channel.actors.iter().cloned().collect(),
            sources: channel.sources.iter().cloned().collect(),
        },
        min_posts: channel.min_posts,
    })
}
