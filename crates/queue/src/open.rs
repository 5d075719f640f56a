//! Which store serves a URL.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::TimeDelta;
use moodwire_model::Clock;
use moodwire_sqlite::Database;

use crate::{Error, Result, Store, redis::RedisStore, sqlite::SqliteStore};

/// How far a store's clock is set ahead of the real one: zero but in tests, which step it.
#[derive(Debug, Clone, Default)]
pub struct ClockOffset(Arc<AtomicI64>);

impl ClockOffset {
    /// Sets the clock ahead (or back) by so much more.
    pub fn step(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    /// The offset, milliseconds.
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a store is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The clock of a SQLite store; Redis has its own.
    pub clock: Arc<dyn Clock>,
    /// Set ahead in tests.
    pub offset: ClockOffset,
    /// What every Redis key begins with, `moodwire` unless two installations share a Redis.
    pub prefix: String,
    /// Serve from a Redis that may evict keys.
    pub allow_eviction: bool,
}

/// Opens the queue at `url`, whose scheme picks the store: `redis:`, `rediss:` or `sqlite:`.
///
/// # Errors
/// [`Error::Refused`] for another scheme, for a URL that cannot be read, and for a Redis that may evict;
/// [`Error::Unavailable`] when the store does not answer.
pub async fn open(url: &str, options: &Options) -> Result<Arc<dyn Store>> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("redis" | "rediss") => {
            let store = RedisStore::connect(url, options).await?;
            store.check().await?;
            Ok(Arc::new(store))
        }
        Some("sqlite") => {
            let database = Database::open_url(url).await.map_err(|error| match error {
                moodwire_sqlite::Error::BadUrl(sentence) => Error::Refused(sentence),
                other => Error::Unavailable {
                    place: url.to_owned(),
                    cause: other.to_string(),
                },
            })?;
            Ok(Arc::new(SqliteStore::open(database, options).await?))
        }
        _ => Err(Error::Refused(format!(
            "the queue's URL begins with neither redis:// nor sqlite://: \"{}\"",
            url.split(':').next().unwrap_or_default()
        ))),
    }
}
