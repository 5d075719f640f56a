//! What is stored on the queue for each kind of job, apart from what runs it.
//!
//! Each carries a version, so that a job enqueued by an older program is told apart from one that cannot be read.

use moodwire_model::Hour;
use moodwire_queue::Verdict;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The version of every payload that this program writes.
const VERSION: u8 = 1;

/// One pass over a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collect {
    v: u8,
    /// The source's name.
    pub source: String,
    /// True when the pass may not be skipped: it waits for another collect of the source to end.
    #[serde(default)]
    pub wait: bool,
    /// True when a source that streams is followed for good, and not only until the pass has caught up.
    #[serde(default)]
    pub follow: bool,
}

/// One batch into the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transform {
    v: u8,
    /// The batch's id.
    pub batch: String,
}

/// One hour to one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    v: u8,
    /// The channel's name.
    pub channel: String,
    /// The hour.
    pub hour: Hour,
}

/// One hour with another scorer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescore {
    v: u8,
    /// The hour.
    pub hour: Hour,
    /// The scorer's version, which a worker must be able to make to the letter.
    pub scorer: String,
    /// The overlay's name or file; none for VADER alone.
    #[serde(default)]
    pub overlay: Option<String>,
}

impl Collect {
    /// A tick's pass, skipped when another one is under way.
    pub fn tick(source: &str) -> Self {
        Self {
            v: VERSION,
            source: source.to_owned(),
            wait: false,
            follow: true,
        }
    }

    /// A pass that a person or a drain asks for.
    pub fn asked(source: &str) -> Self {
        Self {
            wait: true,
            follow: false,
            ..Self::tick(source)
        }
    }
}

impl Transform {
    /// The batch's transform.
    pub fn of(batch: &str) -> Self {
        Self {
            v: VERSION,
            batch: batch.to_owned(),
        }
    }
}

impl Publish {
    /// The hour's publication.
    pub fn of(channel: &str, hour: Hour) -> Self {
        Self {
            v: VERSION,
            channel: channel.to_owned(),
            hour,
        }
    }
}

impl Rescore {
    /// The hour's rescoring by the scorer of this version.
    pub fn of(hour: Hour, scorer: &str, overlay: Option<String>) -> Self {
        Self {
            v: VERSION,
            hour,
            scorer: scorer.to_owned(),
            overlay,
        }
    }
}

/// Reads a payload. One that does not decode is a dead letter, whose bytes the queue keeps.
pub(crate) fn decode<T: DeserializeOwned + Versioned>(payload: &[u8]) -> Result<T, Verdict> {
    let decoded: T = serde_json::from_slice(payload)
        .map_err(|error| Verdict::dead(format!("the payload does not decode: {error}")))?;
    if decoded.version() == VERSION {
        Ok(decoded)
    } else {
        Err(Verdict::dead(format!(
            "the payload has version {}, this program reads version {VERSION}: run a newer one",
            decoded.version()
        )))
    }
}

/// A payload that says its version.
pub(crate) trait Versioned {
    fn version(&self) -> u8;
}

impl Versioned for Collect {
    fn version(&self) -> u8 {
        self.v
    }
}

impl Versioned for Transform {
    fn version(&self) -> u8 {
        self.v
    }
}

impl Versioned for Rescore {
    fn version(&self) -> u8 {
        self.v
    }
}

impl Versioned for Publish {
    fn version(&self) -> u8 {
        self.v
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_reads_back_as_written() {
        let hour = "2026-03-01T00".parse().unwrap();
        let bytes = serde_json::to_vec(&Publish::of("stdout", hour)).unwrap();
        assert_eq!(decode::<Publish>(&bytes), Ok(Publish::of("stdout", hour)));
    }

    #[test]
    fn what_does_not_decode_is_dead_with_the_reason() {
        for bytes in [&b"\xff\xfe"[..], b"{}", b"{\"v\":2,\"batch\":\"x\"}"] {
            let Err(Verdict::Dead { reason, .. }) = decode::<Transform>(bytes) else {
                panic!("{bytes:?} decoded");
            };
            assert!(reason.starts_with("the payload"), "{reason}");
        }
    }
}
