//! The sections that say when and how jobs run.

use std::{net::SocketAddr, time::Duration};

use serde::{Deserialize, Serialize};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// When sources are collected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Schedule {
    /// A cron expression, UTC, with seconds.
    pub(crate) collect: String,
    /// What becomes of ticks that passed while no scheduler ran.
    pub(crate) missed: MissedTicks,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            collect: "0 */5 * * * *".to_owned(),
            missed: MissedTicks::Last,
        }
    }
}

/// What becomes of ticks that passed while no scheduler ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MissedTicks {
    /// Nothing: the next tick is the first.
    Skip,
    /// The last one is made up.
    Last,
    /// All of the last 24 hours are made up, at most 100.
    All,
}

/// How posts are scored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Scorer {
    /// What is laid over VADER's lexicon: the name of an overlay that is shipped, or a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overlay: Option<String>,
}

/// When hours are published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Publish {
    /// How long after its end an hour stays open.
    #[serde(with = "humantime_serde")]
    pub(crate) grace: Duration,
    /// How long a failing source or a dead batch is waited for.
    #[serde(with = "humantime_serde")]
    pub(crate) max_wait: Duration,
    /// How far back missed hours are published: a duration, or `all`.
    pub(crate) catch_up: CatchUp,
    /// Whether, of an hour's posts that say the same, only the first can be best or worst.
    pub(crate) collapse_copies: bool,
}

impl Default for Publish {
    fn default() -> Self {
        Self {
            grace: 5 * MINUTE,
            max_wait: 2 * HOUR,
            catch_up: CatchUp(Some(24 * HOUR)),
            collapse_copies: false,
        }
    }
}

/// A duration, or none for `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CatchUp(pub(crate) Option<Duration>);

impl Serialize for CatchUp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(back) => serializer.collect_str(&humantime::format_duration(back)),
            None => serializer.serialize_str("all"),
        }
    }
}

impl<'de> Deserialize<'de> for CatchUp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "all" {
            return Ok(Self(None));
        }
        humantime::parse_duration(&text)
            .map(|back| Self(Some(back)))
            .map_err(|_| {
                serde::de::Error::custom(format!(
                    "\"{text}\" is neither a duration such as \"24h\" nor \"all\""
                ))
            })
    }
}

/// How jobs run in a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Worker {
    /// Collects at once.
    pub(crate) collect: usize,
    /// Transforms at once.
    pub(crate) transform: usize,
    /// Publications at once. One keeps a channel's hours in order.
    pub(crate) publish: usize,
    /// Rescored hours at once.
    pub(crate) rescore: usize,
    /// How long a lease lasts unless renewed.
    #[serde(with = "humantime_serde")]
    pub(crate) lease: Duration,
    /// How long a job may run before it is cancelled and retried.
    #[serde(with = "humantime_serde")]
    pub(crate) timeout: Duration,
    /// How long jobs may finish when the process is asked to stop.
    #[serde(with = "humantime_serde")]
    pub(crate) shutdown_grace: Duration,
}

impl Default for Worker {
    fn default() -> Self {
        Self {
            collect: 4,
            transform: 2,
            publish: 1,
            rescore: 1,
            lease: Duration::from_secs(30),
            timeout: 5 * MINUTE,
            shutdown_grace: moodwire_workers::Grace::DEFAULT_PERIOD,
        }
    }
}

/// What a failure costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retry {
    /// Upper end of the first wait.
    #[serde(with = "humantime_serde")]
    pub(crate) base: Duration,
    /// No wait is longer.
    #[serde(with = "humantime_serde")]
    pub(crate) cap: Duration,
    /// Attempts of a collect.
    pub(crate) collect: u32,
    /// Attempts of a transform.
    pub(crate) transform: u32,
    /// Attempts of a publication.
    pub(crate) publish: u32,
    /// Attempts of a rescored hour.
    pub(crate) rescore: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(2),
            cap: 15 * MINUTE,
            collect: 15,
            transform: 15,
            publish: 40,
            rescore: 15,
        }
    }
}

/// How long ended jobs are kept, per kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Done jobs are kept this long …
    #[serde(with = "humantime_serde")]
    pub(crate) done: Duration,
    /// … and at most so many.
    pub(crate) done_count: u64,
    /// Dead letters are kept this long …
    #[serde(with = "humantime_serde")]
    pub(crate) dead: Duration,
    /// … and at most so many.
    pub(crate) dead_count: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            done: 24 * HOUR,
            done_count: 10_000,
            dead: 30 * 24 * HOUR,
            dead_count: 100_000,
        }
    }
}

/// Where metrics are served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metrics {
    /// Address and port; no metrics when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<SocketAddr>,
}

/// Where traces go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telemetry {
    /// The URL of a collector of OpenTelemetry; no traces when none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) otlp: Option<String>,
}

/// How logs are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// For people or for programs.
    pub(crate) format: LogFormat,
}

/// The shape of a line of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object.
    Json,
}
