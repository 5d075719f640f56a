//! Wake-ups: one task per kind blocks on the kind's wake list, on a connection of its own, while anybody waits.
//!
//! Callers never hold the blocking pop themselves. One that is cancelled drops its seat and nothing else; an entry that
//! is popped when all seats are empty goes back to the list, for another process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::aio::MultiplexedConnection;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{failure::failure, keys::Keys, link::Link};
use crate::{Error, Result};

/// The longest that one blocking pop blocks; then it is asked again if anybody still waits.
const BLOCK: Duration = Duration::from_millis(500);

/// Between a failure and the next attempt to connect.
const PAUSE: Duration = Duration::from_millis(100);

/// The waiting rooms of the kinds that somebody of this process has waited for.
#[derive(Debug)]
pub(super) struct Wakes {
    link: Link,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
}

/// Where callers wait for a kind. Its task ends with it.
#[derive(Debug)]
struct Room {
    bell: Arc<Bell>,
    _task: AbortOnDropHandle<()>,
}

/// What the task rings.
#[derive(Debug)]
struct Bell {
    /// Its receivers are the callers that wait; its value, what the last ring was.
    rings: watch::Sender<Ring>,
    /// Told when somebody sits down.
    seated: Notify,
}

#[derive(Debug, Clone)]
enum Ring {
    Woken,
    Failed(String),
}

impl Wakes {
    /// Waits on the Redis of `link`.
    pub(super) fn on(link: Link) -> Self {
        Self {
            link,
            rooms: Mutex::default(),
        }
    }

    /// Waits until the kind's wake list has an entry, at most so long. `due` says whether a job is due already: it
    /// is asked once this caller sits, so that no job falls between the fetch before and the wait, and so that an
    /// entry whose taker was cancelled costs nobody a wake-up.
    pub(super) async fn wait(
        &self,
        keys: &Keys,
        at_most: Duration,
        due: impl Future<Output = Result<bool>>,
    ) -> Result<()> {
        let room = self.room(keys);
        let mut rings = room.bell.rings.subscribe();
        room.bell.seated.notify_one();
        if due.await? {
            return Ok(());
        }
        // The sender lives as long as `room`, so a change cannot fail.
        if timeout(at_most, rings.changed()).await.is_err() {
            return Ok(());
        }
        let ring = rings.borrow().clone();
        match ring {
            Ring::Woken => Ok(()),
            Ring::Failed(cause) => Err(Error::Unavailable {
                place: self.link.place().to_owned(),
                cause,
            }),
        }
    }

    fn room(&self, keys: &Keys) -> Arc<Room> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(keys.wake().to_owned()).or_insert_with(|| {
            let bell = Arc::new(Bell {
                rings: watch::Sender::new(Ring::Woken),
                seated: Notify::new(),
            });
            let task = attend(self.link.clone(), keys.wake().to_owned(), Arc::clone(&bell));
            Arc::new(Room {
                bell,
                _task: AbortOnDropHandle::new(tokio::spawn(task)),
            })
        });
        Arc::clone(room)
    }
}

/// Rings whenever the list has an entry, and when Redis fails, as long as somebody sits.
async fn attend(link: Link, list: String, bell: Arc<Bell>) {
    let mut connection = None;
    loop {
        bell.seated.notified().await;
        while bell.rings.receiver_count() > 0 {
            match pop(&link, &list, &mut connection).await {
                Ok(false) => {}
                Ok(true) if bell.rings.receiver_count() > 0 => {
                    bell.rings.send_replace(Ring::Woken);
                    // Whoever was woken leaves; popping on would take entries from processes that wait.
                    tokio::task::yield_now().await;
                }
                Ok(true) => give_back(&link, &list).await,
                Err(error) => {
                    connection = None;
                    let cause = match error {
                        Error::Unavailable { cause, .. } => cause,
                        other => other.to_string(),
                    };
                    bell.rings.send_replace(Ring::Failed(cause));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Blocks until the list has an entry, which it takes, or for [`BLOCK`].
async fn pop(
    link: &Link,
    list: &str,
    connection: &mut Option<MultiplexedConnection>,
) -> Result<bool> {
    let connected = match connection {
        Some(connected) => connected,
        None => connection.insert(link.dedicated(BLOCK).await?),
    };
    let mut command = redis::cmd("BLPOP");
    command.arg(list).arg(BLOCK.as_secs_f64());
    let popped: Option<(String, String)> = command
        .query_async(connected)
        .await
        .map_err(|error| failure(link.place(), &error))?;
    Ok(popped.is_some())
}

/// Nobody of this process waits any more. A failure to give the entry back is one more missed wake-up, which the
/// bound on every wait makes up for.
async fn give_back(link: &Link, list: &str) {
    let mut command = redis::cmd("LPUSH");
    command.arg(list).arg("1");
    if let Err(error) = link.ask::<()>(&command).await {
        tracing::debug!(%error, "a wake-up was not given back");
    }
}
