//! The publication: one hour's digest to one channel, and what came of claiming it.

use moodwire_model::{Hour, Timestamp};
use serde::{Deserialize, Serialize};

/// One hour's digest to one channel. There is at most one per hour and channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Publication {
    /// Its number.
    pub id: i64,
    /// The hour.
    pub hour: Hour,
    /// The channel's name.
    pub channel: String,
    /// What has become of it.
    pub state: PublicationState,
    /// The channel's id of the message, once sent.
    pub message_id: Option<String>,
    /// How often it was claimed.
    pub attempts: u64,
    /// What went wrong last, or why it was skipped.
    pub error: Option<String>,
    /// When it was last claimed, or skipped.
    pub claimed_at: Option<Timestamp>,
    /// When the last request began that may have reached the channel.
    pub sending_at: Option<Timestamp>,
    /// When the channel said that it has the message.
    pub sent_at: Option<Timestamp>,
}

/// What has become of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicationState {
    /// A worker prepares to send it; nothing has left.
    Claimed,
    /// A request may be under way.
    Sending,
    /// The channel has it.
    Sent,
    /// It cannot be known whether the channel has it.
    Uncertain,
    /// It was given up; the channel does not have it.
    Failed,
    /// It will not be sent.
    Skipped,
}

impl PublicationState {
    /// All states, in the order of a publication's life.
    pub const ALL: [Self; 6] = [
        Self::Claimed,
        Self::Sending,
        Self::Sent,
        Self::Uncertain,
        Self::Failed,
        Self::Skipped,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Uncertain => "uncertain",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// What came of claiming a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's, until another worker takes it over.
    Claimed(Publication),
    /// Another worker's request may be in flight; come back when it must have ended.
    Sending {
        /// When that request began.
        since: Timestamp,
    },
    /// It cannot be known whether the channel has it; a person decides.
    Uncertain(Publication),
    /// It was sent or skipped, and stays so.
    Final(Publication),
}

/// What a person decides about a publication that is uncertain or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The channel has the message: nothing is sent.
    Sent,
    /// The channel does not have it: the next claim gets it.
    Resend,
    /// It shall not be sent.
    Skip,
}
