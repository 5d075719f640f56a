//! A queue of its own for one defect, and the few calls that showing it takes.

use std::{future::Future, io, time::Duration};

use apalis::prelude::{BoxDynError, WorkerBuilder, WorkerError};
use apalis_redis::{Config, ConnectionManager, RedisStorage};
use redis::FromRedisValue;
use tokio::{task::JoinHandle, time::timeout};

/// What was seen.
pub(crate) struct Seen {
    /// Whether the stock crate fails as described.
    pub(crate) fails: bool,
    /// In a few words.
    pub(crate) what: String,
}

impl Seen {
    pub(crate) fn new(fails: bool, what: impl Into<String>) -> Self {
        Self {
            fails,
            what: what.into(),
        }
    }
}

/// A stock queue on the private Redis.
#[derive(Clone)]
pub(crate) struct Bench {
    queue: String,
    connection: ConnectionManager,
}

impl Bench {
    pub(crate) async fn connect(url: &str, queue: &str) -> Result<Self, BoxDynError> {
        Ok(Self {
            queue: format!("stock-{queue}"),
            connection: apalis_redis::connect(url).await?,
        })
    }

    /// The stock configuration.
    pub(crate) fn config(&self) -> Config {
        Config::default().queue(&self.queue)
    }

    /// With a heartbeat a second, where the length of the default one is not the point.
    pub(crate) fn brisk(&self) -> Config {
        self.config().heartbeat_interval(Duration::from_secs(1))
    }

    /// A storage for numbers.
    pub(crate) fn storage(&self, config: Config) -> RedisStorage<u32, ConnectionManager> {
        RedisStorage::new(self.connection.clone()).with_config(config)
    }

    /// Runs a command.
    pub(crate) async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> Result<T, BoxDynError> {
        let mut command = redis::Cmd::new();
        command.arg(words);
        Ok(command.query_async(&mut self.connection.clone()).await?)
    }

    /// Asks until the answer is yes, or so many seconds have passed.
    pub(crate) async fn within<F: Future<Output = Result<bool, BoxDynError>>>(
        &self,
        seconds: u64,
        mut ask: impl FnMut() -> F,
    ) -> Result<bool, BoxDynError> {
        for _ in 0..seconds * 20 {
            if ask().await? {
                return Ok(true);
            }
            pause(50).await;
        }
        Ok(false)
    }
}

/// A stock worker with a plain handler, on a task of its own.
pub(crate) fn start<F, H>(
    name: &str,
    storage: RedisStorage<u32, ConnectionManager>,
    handler: H,
) -> JoinHandle<Result<(), WorkerError>>
where
    F: Future<Output = Result<(), io::Error>> + Send + 'static,
    H: Fn(u32) -> F + Clone + Send + Sync + 'static,
{
    let worker = WorkerBuilder::new(name)
        .backend(storage)
        .build(move |number: u32| handler(number));
    tokio::spawn(worker.run())
}

/// How a worker ended, if it did within so many seconds.
pub(crate) async fn ended(
    seconds: u64,
    worker: &mut JoinHandle<Result<(), WorkerError>>,
) -> Option<String> {
    let ended = timeout(Duration::from_secs(seconds), worker).await.ok()?;
    Some(match ended {
        Ok(Ok(())) => "ended well".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    })
}

/// Waits: a twin has all the time that it takes to see that nothing happens.
pub(crate) async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
