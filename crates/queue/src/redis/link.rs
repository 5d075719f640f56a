//! The connection to Redis: shared by all callers, made anew when it is lost, and never waited for long.

use std::{fmt, time::Duration};

use redis::{
    Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, ProtocolVersion, RedisError,
    RedisResult, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    io::tcp::TcpSettings,
};
use tokio::time::timeout;
use url::Url;

use super::{failure::failure, scripts::Lua};
use crate::{Error, Result};

/// The longest that a caller waits for an answer, a reconnection included.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long one attempt to connect may take: two of them, and a pause, fit into a caller's patience.
const CONNECT: Duration = Duration::from_millis(1_300);

/// How long the network may leave sent bytes unconfirmed before the connection counts as lost. Without it a
/// connection whose other end vanished would fail one call after the other for a quarter of an hour.
const UNCONFIRMED: Duration = Duration::from_secs(5);

/// A connection that heals.
#[derive(Clone)]
pub(super) struct Link {
    client: Client,
    manager: ConnectionManager,
    place: String,
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Link").field(&self.place).finish()
    }
}

impl Link {
    /// Connects to the Redis at `url`.
    pub(super) async fn connect(url: &str) -> Result<Self> {
        let place = without_password(url)?;
        let client = client(url).map_err(|error| failure(&place, &error))?;
        let connecting = ConnectionManager::new_with_config(client.clone(), config());
        let manager = within_patience(&place, connecting).await?;
        Ok(Self {
            client,
            manager,
            place,
        })
    }

    /// A connection of its own to the same Redis, made when it is first used and driven by the runtime that uses it.
    pub(super) fn another(&self) -> RedisResult<Self> {
        Ok(Self {
            client: self.client.clone(),
            manager: ConnectionManager::new_lazy_with_config(self.client.clone(), config())?,
            place: self.place.clone(),
        })
    }

    /// The URL without its password.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Runs one command.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        within_patience(&self.place, self.ask_healing(command)).await
    }

    /// Runs a script on keys of one cluster slot. A Redis that does not know it (it was restarted, or its scripts were
    /// flushed) is sent it whole.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &Lua,
        keys: &(impl AsRef<[String]> + Sync),
        arguments: &[Vec<u8>],
    ) -> Result<T> {
        let command = |verb: &str, script: &str| {
            let mut command = redis::cmd(verb);
            command.arg(script).arg(keys.as_ref().len());
            command.arg(keys.as_ref()).arg(arguments);
            command
        };
        let running = async {
            match self.ask_healing(&command("EVALSHA", &script.hash)).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    self.ask_healing(&command("EVAL", &script.code)).await
                }
                other => other,
            }
        };
        within_patience(&self.place, running).await
    }

    /// The manager answers a call with the failure of the last reconnection, and only then begins the next one. A
    /// refused connection carried nothing to Redis, so the call may be repeated: it meets the next reconnection.
    async fn ask_healing<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let mut manager = self.manager.clone();
        match command.query_async(&mut manager).await {
            Err(error) if error.is_connection_refusal() => command.query_async(&mut manager).await,
            other => other,
        }
    }

    /// A connection for a caller that blocks on it for up to `block` at a time.
    pub(super) async fn dedicated(&self, block: Duration) -> Result<MultiplexedConnection> {
        let config = redis::AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(block + PATIENCE));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        within_patience(&self.place, connecting).await
    }
}

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(50))
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(PATIENCE))
}

async fn within_patience<T>(
    place: &str,
    asking: impl Future<Output = RedisResult<T>>,
) -> Result<T> {
    match timeout(PATIENCE, asking).await {
        Ok(answer) => answer.map_err(|error| failure(place, &error)),
        Err(_) => Err(Error::Unavailable {
            place: place.to_owned(),
            cause: format!("no answer within {} s", PATIENCE.as_secs()),
        }),
    }
}

/// With RESP3 the driver is told of a lost connection at once and reconnects before anyone asks.
fn client(url: &str) -> Result<Client, RedisError> {
    let info = url.into_connection_info()?;
    let redis = info
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP3);
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(UNCONFIRMED);
    Client::open(info.set_redis_settings(redis).set_tcp_settings(tcp))
}

fn without_password(url: &str) -> Result<String> {
    let refused = |cause: String| {
        Error::Refused(format!(
            "the queue's URL cannot be read: {cause}; write redis://host:6379 or rediss://user:password@host:6379/0"
        ))
    };
    let mut place = Url::parse(url).map_err(|error| refused(error.to_string()))?;
    if place.password().is_some() {
        place
            .set_password(None)
            .map_err(|()| refused("it has a password but no host".to_owned()))?;
    }
    Ok(place.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_no_password() {
        let place = without_password("redis://user:secret@localhost:6379/1").unwrap();
        assert_eq!(place, "redis://user@localhost:6379/1");
        let place = without_password("redis://:secret@localhost").unwrap();
        assert_eq!(place, "redis://localhost");
    }

    #[tokio::test]
    async fn nobody_there_is_unavailable_and_names_the_place() {
        let url = "redis://user:secret@127.0.0.1:1/";
        let error = Link::connect(url).await.unwrap_err();
        assert!(error.is_unavailable(), "{error:?}");
        let sentence = error.to_string();
        assert!(sentence.contains("redis://user@127.0.0.1:1/"), "{sentence}");
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[tokio::test]
    async fn a_url_that_cannot_be_read_is_refused_without_its_password() {
        for url in ["redis://:secret@:x", "redis://:secret@host/notanumber"] {
            let error = Link::connect(url).await.unwrap_err();
            assert!(matches!(error, Error::Refused(_)), "{error:?}");
            assert!(!format!("{error:?}").contains("secret"));
        }
    }
}
