//! A Redis with our store and a stock storage on one queue.

use std::{collections::BTreeSet, sync::Arc};

use apalis_redis::{Config, ConnectionManager, RedisStorage};
use moodwire_model::SystemClock;
use moodwire_queue::{ClockOffset, JobFilter, Options, Store, open};
use serde::{Deserialize, Serialize};

use redis::aio::ConnectionManagerConfig;

use crate::{own_redis::OwnRedis, running::HANGS_AFTER};

pub(crate) const KIND: &str = "transform";

/// A payload of a stranger's type, with what JSON has to escape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) number: u32,
}

pub(crate) fn letter(number: u32) -> Letter {
    Letter {
        to: "Zoë \"the\" \u{1}\n地".to_owned(),
        number,
    }
}

/// A Redis with our store and a stock storage on one queue.
pub(crate) struct Both {
    pub(crate) server: OwnRedis,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) stock: RedisStorage<Letter, ConnectionManager>,
}

impl Both {
    pub(crate) async fn start() -> Option<Self> {
        let server = OwnRedis::start(&["--appendonly", "no"])?;
        // `apalis_redis::connect` gives up after half a second, which a busy machine may need.
        let client = redis::Client::open(server.url()).unwrap();
        let patient = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(HANGS_AFTER))
            .set_response_timeout(Some(HANGS_AFTER));
        let connection = ConnectionManager::new_with_config(client, patient)
            .await
            .unwrap();
        Some(Self {
            store: our_store(&server).await,
            stock: RedisStorage::new(connection).with_config(Config::default().queue(KIND)),
            server,
        })
    }

    /// Adopts until nothing is left, and answers how many were taken.
    pub(crate) async fn adopt_all(&self) -> u64 {
        let mut all = 0;
        loop {
            match self.store.adopt(KIND, 15).await.unwrap() {
                0 => return all,
                some => {
                    assert!(some <= 500, "{some} at once");
                    all += some;
                }
            }
        }
    }

    /// Jobs of ours, by id.
    pub(crate) async fn ids(&self) -> BTreeSet<String> {
        let page = self
            .store
            .list(&JobFilter::default(), None, 1_000)
            .await
            .unwrap();
        page.jobs.into_iter().map(|job| job.id).collect()
    }

    /// That the stock queue is empty to its last key, once what a stopped worker may have left half done is repeated.
    pub(crate) async fn stock_is_empty(&self) {
        self.adopt_all().await;
        let keys: Vec<String> = self.server.ask(&["KEYS", &format!("{KIND}:*")]);
        assert_eq!(keys, [""; 0]);
    }
}

pub(crate) async fn our_store(server: &OwnRedis) -> Arc<dyn Store> {
    let options = Options {
        clock: Arc::new(SystemClock),
        offset: ClockOffset::default(),
        prefix: "moodwire".to_owned(),
        allow_eviction: false,
    };
    open(&server.url(), &options).await.unwrap()
}
