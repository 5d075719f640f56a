//! What every channel can do: send one digest, and say honestly what became of it.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;
use moodwire_model::{Digest, Pace};
use serde_json::Value;

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
    /// Provably nothing was sent, and nothing may be sent there again until a person has mended it: the target is gone,
    /// or its key is refused.
    #[error("{0}")]
    Gone(String),
    /// The message that was to be edited is there no more.
    #[error("{0}")]
    Withdrawn(String),
    /// It cannot be known whether the receiver took it.
    #[error("{0}")]
    Uncertain(String),
}

/// What a channel would send.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The message.
    pub body: Body,
    /// The chart that goes with it, a PNG file.
    pub chart: Option<Vec<u8>>,
}

/// A message as it leaves.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A JSON document.
    Json(Value),
    /// Text.
    Text(String),
}

/// A configured destination.
#[async_trait]
pub trait Channel: Debug + Send + Sync + 'static {
    /// The configured name.
    fn name(&self) -> &str;

    /// The kind, as configured: `discord`, `slack`, `stdout`.
    fn kind(&self) -> &'static str;

    /// Sends the digest, once: within [`SEND_DEADLINE`], without retries of its own.
    async fn send(&self, digest: &Digest) -> Result<Sent, SendError>;

    /// Exactly what [`Channel::send`] would send.
    fn preview(&self, digest: &Digest) -> Preview;

    /// Sends a message that says that it is a test, as [`Channel::send`] does.
    async fn test(&self) -> Result<Sent, SendError>;

    /// How many requests the receiver takes in a while; none where it sets no limit.
    fn paces(&self) -> &[Pace] {
        &[]
    }

    /// How long the receiver has asked to be left alone from now on; none when it has not.
    fn pause(&self) -> Option<Duration> {
        None
    }

    /// The channel as one that confirms by editing; none when a send is one request.
    fn editing(&self) -> Option<&dyn Editing> {
        None
    }
}

/// Sending in two steps: a short message is posted, and the digest edited into it. The edit can be repeated at will,
/// so that all that may come to be unknown is whether the short message arrived.
#[async_trait]
pub trait Editing: Send + Sync {
    /// Posts the short message. Its id is never missing.
    async fn place(&self, digest: &Digest) -> Result<Sent, SendError>;

    /// Edits the digest into the message of this id.
    async fn edit(&self, message_id: &str, digest: &Digest) -> Result<Sent, SendError>;
}

/// The most time that one send takes; shorter than a job's lease and the shutdown's grace, so that neither cuts it off.
pub const SEND_DEADLINE: Duration = Duration::from_secs(10);
