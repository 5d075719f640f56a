//! Moodwire's job queue: jobs that run at least once, under fenced leases, on Redis or on SQLite.
//!
//! A [`Store`] keeps the jobs and makes each transition of a job atomic; [`LeaseBackend`] hands them to
//! apalis, which runs them. Which store serves is decided once, by the scheme of a URL: see [`open()`].

mod backend;
mod error;
mod fingerprint;
mod job;
pub mod meters;
mod open;
mod process;
pub mod record;
mod redis;
mod retry;
mod sqlite;
mod store;
mod verdict;

pub use self::redis::{RedisStore, Usage};
pub use backend::{LeaseBackend, LeaseLayer, WorkerOptions};
pub use error::{Error, Result};
pub use fingerprint::fingerprint;
pub use job::{
    Attempt, Enqueued, Fetched, JobRow, KindStats, Lease, NewJob, Outcome, Pruned, Settled,
    Settlement, State, VerdictWord,
};
pub use open::{ClockOffset, Options, open};
pub use process::{Process, ProcessRow};
pub use retry::{RetryPolicy, backoff};
pub use sqlite::SqliteStore;
pub use store::{CHUNK, Group, JobFilter, Page, Retention, Revival, SCAN, Store};
pub use verdict::Verdict;

/// The README's examples are compiled and run as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
