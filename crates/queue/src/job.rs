//! A job's shapes: as enqueued, as leased, as settled, and as it is shown to people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where a job is. It is in exactly one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for its time.
    Scheduled,
    /// Due; the next free worker takes it.
    Ready,
    /// A worker holds its lease.
    Running,
    /// Ended well.
    Done,
    /// Will not run again until a person says so: a dead letter.
    Dead,
}

impl State {
    /// Every state, in the order of a job's life.
    pub const ALL: [Self; 5] = [
        Self::Scheduled,
        Self::Ready,
        Self::Running,
        Self::Done,
        Self::Dead,
    ];

    /// The stored and printed word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A job to be enqueued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its slot: unique over all states for as long as its row is kept.
    pub id: String,
    /// Its kind, which is the queue that it goes to: lowercase letters, digits and `-`.
    pub kind: String,
    /// Opaque to the queue.
    pub payload: Vec<u8>,
    /// Not before this moment; at once when none.
    pub run_at: Option<DateTime<Utc>>,
    /// How many attempts it has, at least 1.
    pub max_attempts: u32,
    /// The id of the job that enqueued it.
    pub parent: Option<String>,
    /// The slot that began the run it belongs to.
    pub root: Option<String>,
}

/// What enqueueing one job came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Enqueued {
    /// The job's id.
    pub id: String,
    /// True when a job of this id exists already, in any state: nothing was changed.
    pub duplicate: bool,
}

/// The right to run a job once, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job's id.
    pub id: String,
    /// The job's kind.
    pub kind: String,
    /// The fencing token: never given out twice for the same job. A settle or renewal with another is a no-op.
    pub token: u64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How many it has.
    pub max_attempts: u32,
    /// The payload, raw.
    pub payload: Vec<u8>,
    /// The id of the job that enqueued it.
    pub parent: Option<String>,
    /// The slot that began its run.
    pub root: Option<String>,
    /// When the job was due, by the store's clock.
    pub due_at: DateTime<Utc>,
    /// When this attempt began, by the store's clock.
    pub started_at: DateTime<Utc>,
}

/// What a fetch brought.
#[derive(Debug, Default)]
pub struct Fetched {
    /// At most as many as were asked for.
    pub leases: Vec<Lease>,
    /// How long until the next scheduled job of the kind is due, where one is known.
    pub next_due: Option<std::time::Duration>,
}

/// How an attempt ended, in the queue's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// running → done.
    Done,
    /// running → scheduled after `delay`; dead once the attempts are used up.
    Retry {
        /// The error chain, outermost first.
        error: String,
        /// The backoff, as drawn by the policy.
        delay: std::time::Duration,
    },
    /// running → scheduled at `until`; burns no attempt.
    Later {
        /// Not before this moment.
        until: DateTime<Utc>,
        /// What is waited for.
        reason: String,
    },
    /// running → dead.
    Dead {
        /// Why it can never succeed: one sentence.
        reason: String,
        /// The error chain.
        error: String,
    },
    /// running → ready, at the front; burns no attempt and leaves no history: the worker shuts down.
    HandBack,
}

/// The word that history keeps for how an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// It ended well.
    Done,
    /// It failed and may run again.
    Retry,
    /// It waits for something.
    Later,
    /// It failed for good.
    Dead,
    /// Its worker stopped renewing the lease.
    WorkerLost,
}

impl VerdictWord {
    /// Every word.
    pub const ALL: [Self; 5] = [
        Self::Done,
        Self::Retry,
        Self::Later,
        Self::Dead,
        Self::WorkerLost,
    ];

    /// The stored and printed word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry => "retry",
            Self::Later => "later",
            Self::Dead => "dead",
            Self::WorkerLost => "worker-lost",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

/// One attempt, as history keeps it (the last [`Attempt::KEPT`]; of consecutive `later`s only the last).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// When it began, by the store's clock.
    pub started_at: DateTime<Utc>,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// The worker that ran it.
    pub worker: String,
    /// How it ended.
    pub verdict: VerdictWord,
    /// The error chain, or what a `later` waits for.
    pub error: Option<String>,
}

impl Attempt {
    /// How many attempts a job's history keeps.
    pub const KEPT: usize = 20;
}

/// The end of an attempt, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The job's id.
    pub id: String,
    /// The lease's token: with any other this settlement does nothing.
    pub token: u64,
    /// What becomes of the job.
    pub outcome: Outcome,
    /// What history keeps.
    pub record: Attempt,
    /// True when the settlement speaks for a worker that was lost: it applies only if the lease has
    /// expired by the store's clock, since a renewal may have come in between.
    pub only_if_expired: bool,
}

/// What became of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The job moved to this state.
    Moved(State),
    /// The token is not the job's current one (or the lease is alive again): nothing changed.
    Stale,
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRow {
    /// The slot.
    pub id: String,
    /// The kind.
    pub kind: String,
    /// Where it is.
    pub state: State,
    /// Attempts begun and not given back.
    pub attempts: u32,
    /// Attempts that it has.
    pub max_attempts: u32,
    /// When it is or was due.
    pub run_at: DateTime<Utc>,
    /// The job that enqueued it.
    pub parent: Option<String>,
    /// The slot that began its run.
    pub root: Option<String>,
    /// The payload as text; bytes that are no UTF-8 are replaced.
    pub payload: String,
    /// When it was enqueued.
    pub enqueued_at: DateTime<Utc>,
    /// When it became done or dead.
    pub finished_at: Option<DateTime<Utc>>,
    /// While running: who runs it.
    pub worker: Option<String>,
    /// While running: when its lease expires unless renewed.
    pub leased_until: Option<DateTime<Utc>>,
    /// Dead: why, in one sentence. Scheduled by `later`: what it waits for.
    pub reason: Option<String>,
    /// The last error chain.
    pub error: Option<String>,
    /// Dead: what groups it with others that failed alike.
    pub fingerprint: Option<String>,
    /// The last attempts, oldest first.
    pub history: Vec<Attempt>,
}

/// Counts of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KindStats {
    /// Jobs that wait for their time.
    pub scheduled: u64,
    /// Jobs that are due.
    pub ready: u64,
    /// Jobs under a lease.
    pub running: u64,
    /// Rows kept of jobs that ended well.
    pub done: u64,
    /// Dead letters kept.
    pub dead: u64,
    /// Jobs that ever ended well.
    pub done_total: u64,
    /// Jobs that ever became dead letters.
    pub dead_total: u64,
    /// Dead letters that retention ever dropped.
    pub dropped_total: u64,
    /// True while the kind is paused.
    pub paused: bool,
    /// Age of the oldest ready job since it became due, seconds; none when none is ready.
    pub oldest_ready_seconds: Option<f64>,
}

/// What retention dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Rows of done jobs.
    pub done: u64,
    /// Dead letters.
    pub dead: u64,
}
