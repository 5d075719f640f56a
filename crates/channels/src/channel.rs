//! What every channel can do: send one digest, and say honestly what became of it.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use moodwire_model::Digest;

/// The receiver has taken the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The receiver's own id of the message, where it gives one.
    pub message_id: Option<String>,
}

/// Why a digest may not have arrived, told apart by what is safe to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Provably nothing was sent; try again with the queue's backoff.
    #[error("{0}")]
    Unsent(String),
    /// Provably nothing was sent; the receiver says when to come back.
    #[error("{reason}")]
    Later {
        /// How long to wait.
        after: Duration,
        /// What the receiver said.
        reason: String,
    },
    /// Provably nothing was sent, and the same request will never be accepted.
    #[error("{0}")]
    Dead(String),
    /// It cannot be known whether the receiver took it.
    #[error("{0}")]
    Uncertain(String),
}

/// A configured destination.
#[async_trait]
pub trait Channel: Debug + Send + Sync + 'static {
    /// The configured name.
    fn name(&self) -> &str;

    /// The kind, as configured: `discord`, `stdout`.
    fn kind(&self) -> &'static str;

    /// Sends the digest, once: within [`SEND_DEADLINE`], without retries of its own.
    async fn send(&self, digest: &Digest) -> Result<Sent, SendError>;
}

/// The most time that one send takes; shorter than a job's lease and the shutdown's grace, so that neither cuts it off.
pub const SEND_DEADLINE: Duration = Duration::from_secs(10);
