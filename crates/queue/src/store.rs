//! The store: every transition of a job, each atomic, each bounded.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use moodwire_model::Remark;
use serde::Serialize;

use crate::{
    Enqueued, Fetched, JobRow, KindStats, Lease, NewJob, Process, ProcessRow, Pruned, Result,
    Settled, Settlement, State,
};

/// Which jobs a listing shows; every field that is set narrows it.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this state.
    pub state: Option<State>,
    /// Only jobs whose id, payload, reason, error or worker, of now or of the history, contains this text
    /// (case-sensitive).
    pub search: Option<String>,
    /// Only jobs that changed state at or after this moment.
    pub since: Option<DateTime<Utc>>,
    /// Only dead letters with this fingerprint.
    pub fingerprint: Option<String>,
    /// Only jobs whose id begins with this text. Such a listing comes in the order of the ids, not of change, from an
    /// index of ids; with nothing but the kind beside it, it never scans.
    pub prefix: Option<String>,
}

/// A dead letter that is to run again: its id, when (none: at once), and a new payload where it was edited.
pub type Revival = (String, Option<DateTime<Utc>>, Option<Vec<u8>>);

/// One page of a listing, newest change first.
#[derive(Debug, Default)]
pub struct Page {
    /// The jobs.
    pub jobs: Vec<JobRow>,
    /// Pass it back to go on; none at the end.
    pub next: Option<String>,
    /// How many jobs were looked at for this page. A listing that searches text looks at [`SCAN`] at most a call, so
    /// that a page may be short, or empty, and yet have a `next`.
    pub looked: usize,
}

/// Dead letters that failed alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// What they have in common, see [`crate::fingerprint()`].
    pub fingerprint: String,
    /// Their kind.
    pub kind: String,
    /// How many are kept.
    pub count: u64,
    /// When the first of those died.
    pub first: DateTime<Utc>,
    /// When the last of those died.
    pub last: DateTime<Utc>,
    /// The error of the last.
    pub error: String,
}

/// How long ended jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Done jobs are kept this long …
    pub done_for: Duration,
    /// … and at most so many of a kind.
    pub done_count: u64,
    /// Dead letters are kept this long …
    pub dead_for: Duration,
    /// … and at most so many of a kind.
    pub dead_count: u64,
}

impl Default for Retention {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self {
            done_for: 24 * HOUR,
            done_count: 10_000,
            dead_for: 30 * 24 * HOUR,
            dead_count: 100_000,
        }
    }
}

/// A keeper of jobs. Redis and SQLite each have one; both pass the same conformance suite.
///
/// Every method is one atomic script or transaction per chunk of at most [`CHUNK`] jobs.
/// Time is the store's own (see [`crate::ClockOffset`]). Any method may fail with
/// [`crate::Error::Unavailable`], after which nothing is known of the call's effect; all are safe to repeat.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Adds jobs. One whose id exists in any state is left as it is and reported as a duplicate.
    /// Answers in the order asked. Fails within seconds when the store cannot be reached.
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>>;

    /// Leases up to `n` due jobs of a kind to `worker` for `lease`, oldest due first; none while the kind is
    /// paused. Each begins an attempt. Jobs whose time has come are made ready on the way.
    async fn fetch(&self, kind: &str, n: usize, worker: &str, lease: Duration) -> Result<Fetched>;

    /// Returns when a job of the kind may have become ready, or after `at_most`. Wakes at once for a job that is
    /// enqueued on an idle system by this or another process (another process on the same SQLite file: within
    /// 1 s). May wake for nothing; an error here is [`crate::Error::Unavailable`].
    async fn wait(&self, kind: &str, at_most: Duration) -> Result<()>;

    /// Extends leases to `lease` from now. For each, false says that it is lost: expired and taken, or settled.
    async fn renew(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>>;

    /// Ends attempts, each on its own: a stale one spoils nothing of the rest. Answers in the order asked.
    async fn settle(&self, kind: &str, settlements: &[Settlement]) -> Result<Vec<Settled>>;

    /// Leases of the kind that have expired, at most [`CHUNK`], with the worker that held each. Settling
    /// them (`only_if_expired`) is the caller's part, since the retry policy is.
    async fn expired(&self, kind: &str) -> Result<Vec<(Lease, String)>>;

    /// Drops ended jobs that retention no longer keeps, at most a few chunks a call.
    async fn prune(&self, kind: &str, retention: &Retention) -> Result<Pruned>;

    /// The kinds that were ever enqueued, and those that are paused.
    async fn kinds(&self) -> Result<Vec<String>>;

    /// Counts per kind that was ever enqueued or is paused.
    async fn stats(&self) -> Result<BTreeMap<String, KindStats>>;

    /// One job, whole.
    async fn get(&self, id: &str) -> Result<Option<JobRow>>;

    /// Jobs that match, newest change first, at most `limit` (capped at 1,000), from `after` on.
    async fn list(&self, filter: &JobFilter, after: Option<&str>, limit: usize) -> Result<Page>;

    /// Makes dead letters run again: `(id, run_at, payload)`, at once where `run_at` is none, with a new payload
    /// where one is given. Attempts count from 0 again; history is kept. False for an id that is not dead.
    async fn retry(&self, jobs: &[Revival]) -> Result<Vec<bool>>;

    /// Removes dead letters. False for an id that is not dead.
    async fn discard(&self, ids: &[String]) -> Result<Vec<bool>>;

    /// The dead letters kept, of one kind or of all, grouped by fingerprint, those that died last first.
    async fn groups(&self, kind: Option<&str>) -> Result<Vec<Group>>;

    /// Removes up to `n` (at most [`CHUNK`]) jobs of the kind that wait, scheduled or ready, those due first before
    /// the others, and answers their ids and payloads; empty when none is left. Running and ended jobs stay.
    async fn clear(&self, kind: &str, n: usize) -> Result<Vec<(String, Vec<u8>)>>;

    /// Makes scheduled jobs ready at once; attempts and history are kept. False for an id that is not scheduled.
    async fn run_now(&self, ids: &[String]) -> Result<Vec<bool>>;

    /// Removes jobs that wait, scheduled or ready. False for an id that does not wait.
    async fn remove_waiting(&self, ids: &[String]) -> Result<Vec<bool>>;

    /// Keeps what a process tells of itself until it is told again, withdrawn, or so much time has passed without either:
    /// a process that was killed is forgotten by itself.
    async fn announce(&self, process: &Process, for_: Duration) -> Result<()>;

    /// Forgets a process at once, if it was known.
    async fn withdraw(&self, name: &str) -> Result<()>;

    /// The processes that are there, by name, at most 1,000. Those whose time is over are not among them, and are
    /// removed on the way, a chunk at most.
    async fn processes(&self) -> Result<Vec<ProcessRow>>;

    /// The same store on connections of its own, driven by the runtime that this is called on, so that its calls go on
    /// while another runtime stands still; none where that cannot be had.
    async fn reopened(&self) -> Option<Arc<dyn Store>>;

    /// Stops or resumes the hand-out of a kind, for every process at once.
    async fn set_paused(&self, kind: &str, paused: bool) -> Result<()>;

    /// Takes over up to [`CHUNK`] tasks that a producer of another make left for this kind (on Redis: a stock
    /// `apalis_redis::RedisStorage` on the queue of the same name), each as a job of the id `{kind}:{task id}` with its
    /// own time, payload and remaining attempts, or `default_max_attempts` where it tells none. Answers how many were
    /// taken from there, those included that are jobs here already; 0 when none is left.
    async fn adopt(&self, kind: &str, default_max_attempts: u32) -> Result<u64>;

    /// Asks the store for a sign of life and checks that it is fit to serve (a Redis that may evict is not).
    async fn check(&self) -> Result<()>;

    /// What is to be said of how the store is set up: version, durability, room. Nothing, where it has no settings.
    async fn remarks(&self) -> Result<Vec<Remark>> {
        Ok(Vec::new())
    }

    /// The store's present time.
    async fn now(&self) -> Result<DateTime<Utc>>;

    /// The store's URL without its password, for messages.
    fn place(&self) -> &str;
}

/// The most jobs that one script or transaction touches.
pub const CHUNK: usize = 500;

/// The most jobs that one call of a listing looks at for a text.
pub const SCAN: usize = 1_000;
