//! What the jobs work with: built once at start, shared by all of them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moodwire_channels::Channel;
use moodwire_lake::Lake;
use moodwire_model::{Clock, Entropy, Selection, mint_ulid, slot};
use moodwire_queue::{NewJob, Retention, RetryPolicy, Store};
use moodwire_sources::{Source, Watchlist};
use moodwire_warehouse::Warehouse;

use crate::{hygiene::Filters, score::Scorer};

/// Stores, sources, channels, policies, time and randomness.
#[derive(Debug)]
pub struct Deps {
    /// The job queue.
    pub queue: Arc<dyn Store>,
    /// Raw posts.
    pub lake: Arc<dyn Lake>,
    /// Scored posts, hours, publications.
    pub warehouse: Warehouse,
    /// Enabled sources by name.
    pub sources: BTreeMap<String, Arc<dyn Source>>,
    /// Whom to follow: of what sources read, the posts that match are kept.
    pub watchlist: Arc<Watchlist>,
    /// What posts of a source must pass to be best or worst, by the source's name; with none, all pass.
    pub filters: BTreeMap<String, Filters>,
    /// Enabled channels by name.
    pub channels: BTreeMap<String, ChannelEntry>,
    /// Scores texts.
    pub scorer: Arc<Scorer>,
    /// When hours are published.
    pub publish: PublishPolicy,
    /// How each kind runs, by kind.
    pub kinds: BTreeMap<String, KindSettings>,
    /// When this process began: just after it, a source that is not reading yet may not have had its turn.
    pub started_at: DateTime<Utc>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bits.
    pub entropy: Arc<dyn Entropy>,
}

/// A channel with what concerns its publications.
#[derive(Debug, Clone)]
pub struct ChannelEntry {
    /// The destination.
    pub channel: Arc<dyn Channel>,
    /// What follows when it cannot be known whether a digest arrived.
    pub on_uncertain: OnUncertain,
    /// Whether an hour without posts is announced.
    pub announce_empty: bool,
    /// Which posts its digests are made of.
    pub selection: Selection,
    /// An hour with fewer of these is skipped, unless it has none and is announced.
    pub min_posts: u64,
}

impl ChannelEntry {
    /// The channel with the settings that it has unless configured.
    pub fn of(channel: Arc<dyn Channel>) -> Self {
        Self {
            channel,
            on_uncertain: OnUncertain::Hold,
            announce_empty: false,
            selection: Selection::default(),
            min_posts: 0,
        }
    }
}

/// What follows when it cannot be known whether a digest arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUncertain {
    /// It is held until a person has looked: never twice.
    #[default]
    Hold,
    /// It is sent again: never lost, perhaps twice.
    Resend,
}

/// When hours are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishPolicy {
    /// How long after its end an hour stays open for posts that come late.
    pub grace: Duration,
    /// How long, from the first attempt to publish an hour, a failing source or a dead batch is waited for.
    pub max_wait: Duration,
    /// How far back missed hours are published; none: all of them.
    pub catch_up: Option<Duration>,
    /// Hours that end after this moment are left for later; none: every hour that is over is due. A drain sets it to its
    /// start, since an hour that ends meanwhile would wait for a collect that does not come.
    pub horizon: Option<DateTime<Utc>>,
}

/// How one kind of job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindSettings {
    /// How many run at once in a process.
    pub concurrency: usize,
    /// How long one may run.
    pub timeout: Duration,
    /// How long a lease lasts unless renewed.
    pub lease: Duration,
    /// What a failure costs.
    pub retry: RetryPolicy,
    /// How long ended jobs are kept.
    pub retention: Retention,
}

impl Default for KindSettings {
    fn default() -> Self {
        Self {
            concurrency: 1,
            timeout: Duration::from_secs(5 * 60),
            lease: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            retention: Retention::default(),
        }
    }
}

impl Deps {
    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new ULID.
    pub fn ulid(&self) -> String {
        mint_ulid(&*self.clock, &*self.entropy)
    }

    /// How a kind runs.
    pub fn kind(&self, kind: &str) -> KindSettings {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    /// The slot under an id of its own, for what is asked for by hand.
    pub fn by_hand(&self, slot: &str) -> String {
        slot::by_hand(slot, &self.ulid())
    }

    /// A job that is due at once, with the attempts of its kind.
    pub fn job(&self, kind: &str, id: String, payload: &impl serde::Serialize) -> NewJob {
        NewJob {
            id,
            kind: kind.to_owned(),
            payload: serde_json::to_vec(payload).unwrap_or_default(),
            run_at: None,
            max_attempts: self.kind(kind).retry.max_attempts,
            parent: None,
            root: None,
        }
    }
}
