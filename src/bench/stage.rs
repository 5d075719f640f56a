//! Where a benchmark's jobs are: a prefix of its own on the configured Redis, or a file of its own.

use std::sync::Arc;

use moodwire_model::{Clock, mint_ulid};
use moodwire_queue::{ClockOffset, Options, RedisStore, Store, Usage, open};
use tempfile::TempDir;

use crate::{config::Config, environment, failure::Failure};

/// The queue of a benchmark.
pub(super) struct Stage {
    pub(super) store: Arc<dyn Store>,
    /// The same store, where it is a Redis.
    redis: Option<RedisStore>,
    pub(super) url: String,
    pub(super) prefix: String,
    folder: Option<TempDir>,
}

impl Stage {
    /// Sets the stage on the configured queue's server, or in a folder of its own where the queue is a file.
    pub(super) async fn set(config: &Config) -> Result<Self, Failure> {
        let clock = environment::clock();
        let prefix = format!(
            "moodwire-bench-{}",
            mint_ulid(&*clock, &*environment::entropy())
        );
        let configured = environment::queue_url(config);
        let (url, folder) = if configured.starts_with("redis") {
            (configured, None)
        } else {
            let folder = tempfile::Builder::new()
                .prefix("moodwire-bench-")
                .tempdir()?;
            let url = format!("sqlite://{}", folder.path().join("queue.db").display());
            (url, Some(folder))
        };
        let options = options(&prefix, clock, config.queue.allow_eviction);
        let redis = match folder {
            None => Some(RedisStore::connect(&url, &options).await?),
            Some(_) => None,
        };
        Ok(Self {
            store: open(&url, &options).await?,
            redis,
            url,
            prefix,
            folder,
        })
    }

    /// The store's URL without its password.
    pub(super) fn place(&self) -> String {
        self.store.place().to_owned()
    }

    /// What Redis has spent so far; none on SQLite.
    pub(super) async fn usage(&self) -> Result<Option<Usage>, Failure> {
        match &self.redis {
            Some(redis) => Ok(Some(redis.usage().await?)),
            None => Ok(None),
        }
    }

    /// Removes everything that the benchmark has made, of these kinds.
    pub(super) async fn remove(self, kinds: &[&str]) -> Result<(), Failure> {
        if let Some(redis) = &self.redis {
            for kind in kinds {
                redis.remove_kind(kind).await?;
            }
        }
        drop(self.store);
        if let Some(folder) = self.folder {
            folder.close()?;
        }
        Ok(())
    }
}

/// How a store of the benchmark is opened.
pub(super) fn options(prefix: &str, clock: Arc<dyn Clock>, allow_eviction: bool) -> Options {
    Options {
        clock,
        offset: ClockOffset::default(),
        prefix: prefix.to_owned(),
        allow_eviction,
    }
}
