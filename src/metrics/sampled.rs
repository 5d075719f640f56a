//! What lies in the stores, read when Prometheus asks: within a bound, and seldom.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::{Watched, family::Family};

mod channels;
mod queue;
mod sources;

/// How long what was read is told again: several scrapers, or a browser, cost the stores no more than one.
const KEPT: Duration = Duration::from_secs(2);

/// How long a store may take. All are asked at once, and Prometheus waits for 10 s unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads the stores.
#[derive(Debug)]
pub(super) struct Sampler {
    role: &'static str,
    watched: Watched,
    last: Mutex<Option<(Instant, String)>>,
}

impl Sampler {
    pub(super) fn new(role: &'static str, watched: Watched) -> Self {
        Self {
            role,
            watched,
            last: Mutex::new(None),
        }
    }

    /// The families in Prometheus' text format. Who asks while another one reads gets the same.
    pub(super) async fn text(&self) -> String {
        let mut last = self.last.lock().await;
        if let Some((read, text)) = &*last
            && read.elapsed() < KEPT
        {
            return text.clone();
        }
        let mut text = String::new();
        for family in self.families().await {
            family.render(&mut text);
        }
        *last = Some((Instant::now(), text.clone()));
        text
    }

    async fn families(&self) -> Vec<Family> {
        let now = self.watched.clock.now();
        let (queue, sources, channels) = tokio::join!(
            patiently(queue::read(&self.watched)),
            patiently(sources::read(&self.watched, now)),
            patiently(channels::read(&self.watched, now)),
        );
        let mut up = Family::gauge(
            "moodwire_store_up",
            "Whether the store answered: of one that did not, nothing else is told.",
        );
        let mut families = self.process();
        for (store, read) in [("queue", queue), ("lake", sources), ("warehouse", channels)] {
            up.add(&[("store", store)], if read.is_ok() { 1.0 } else { 0.0 });
            match read {
                Ok(read) => families.extend(read),
                Err(reason) => tracing::debug!(store, reason, "not read for metrics"),
            }
        }
        families.push(up);
        families
    }

    fn process(&self) -> Vec<Family> {
        let mut build = Family::gauge(
            "moodwire_build_info",
            "Which program this is, and in which role.",
        );
        let version = env!("CARGO_PKG_VERSION");
        build.add(&[("version", version), ("role", self.role)], 1.0);
        let mut started = Family::gauge(
            "moodwire_process_start_time_seconds",
            "When the process began, in Unix time.",
        );
        started.add(
            &[],
            seconds_between(DateTime::UNIX_EPOCH, self.watched.started_at),
        );
        vec![build, started]
    }
}

/// Bounds a read, and makes of its failure a sentence.
async fn patiently<E: std::fmt::Display>(
    read: impl Future<Output = Result<Vec<Family>, E>>,
) -> Result<Vec<Family>, String> {
    match timeout(PATIENCE, read).await {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// How much later the second moment is; negative where it is earlier.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 are far below 2^53"
)]
fn seconds_between(first: DateTime<Utc>, second: DateTime<Utc>) -> f64 {
    (second - first).num_milliseconds() as f64 / 1000.0
}
