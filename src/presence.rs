//! The presence of a process: what it tells the queue of itself, from its start to its clean stop.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use moodwire_model::Entropy;
use moodwire_queue::{Process, Store};
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::environment;

/// How often a process tells of itself.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// How long it counts as there without telling again: two losses are no end.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);

/// How long a stop waits for a store that does not answer; the store forgets by itself.
const FAREWELL: Duration = Duration::from_secs(2);

/// Tells of this process until it is ended or dropped. A store that is away is no error: it is told the next time.
pub(crate) struct Presence {
    told: watch::Sender<Process>,
    telling: JoinHandle<()>,
}

impl Presence {
    /// Begins to tell of a process of this role, that runs so many jobs of each kind at once.
    pub(crate) fn begin(
        queue: &Arc<dyn Store>,
        name: String,
        role: &str,
        kinds: BTreeMap<String, usize>,
    ) -> Self {
        let (told, telling) = watch::channel(Process {
            name,
            roles: vec![role.to_owned()],
            kinds,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: environment::clock().now(),
        });
        Self {
            told,
            telling: tokio::spawn(tell(Arc::clone(queue), telling)),
        }
    }

    /// The process has another role besides, from now on.
    pub(crate) fn also(&self, role: &str) {
        self.told
            .send_modify(|process| process.roles.push(role.to_owned()));
    }

    /// Takes leave.
    pub(crate) async fn end(self) {
        drop(self.told);
        if let Err(error) = self.telling.await {
            tracing::debug!(%error, "the process could not take leave");
        }
    }
}

/// Tells of the process until nobody is left to change what is told, then takes leave.
async fn tell(queue: Arc<dyn Store>, mut telling: watch::Receiver<Process>) {
    let name = telling.borrow().name.clone();
    loop {
        let process = telling.borrow_and_update().clone();
        let told = async {
            if let Err(error) = queue.announce(&process, FORGOTTEN_AFTER).await {
                tracing::debug!(%error, "the queue does not know that this process is there");
            }
            tokio::time::sleep(TOLD_EVERY).await;
        };
        tokio::select! {
            () = told => {}
            changed = telling.changed() => if changed.is_err() {
                break;
            }
        }
    }
    match timeout(FAREWELL, queue.withdraw(&name)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "the queue was not told that this process ends"),
        Err(_) => tracing::debug!("the queue was not told in time that this process ends"),
    }
}

/// A name for this process that no other has: host, pid, and a random part, as pids come again.
pub(crate) fn process_name(entropy: &dyn Entropy) -> String {
    let host = crate::audit::host();
    format!(
        "{host}:{}:{:04x}",
        std::process::id(),
        entropy.bits() & 0xffff
    )
}
