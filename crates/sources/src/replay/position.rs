//! Where a replay stands in its file, and how a file that was replaced is told from one that grew.

use std::{
    fmt::Write,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// How much of the file's beginning tells whether it is still the same file, in bytes.
const HEAD: u64 = 4096;

/// A place between two lines of a file, or behind a last line that has no newline yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Bytes read.
    pub(super) offset: u64,
    /// The number of the last line read, from 1.
    pub(super) line: u64,
    /// SHA-256, in hexadecimal, of the file's first `head_len` bytes.
    head: String,
    /// The smaller of `offset` and [`HEAD`]: only what was read is hashed, so that a file that grows keeps its hash.
    head_len: u64,
}

impl Position {
    /// The place that `stored` names in `file`; the file's start, with a sentence that says why, when it names none.
    pub(super) fn resume(
        stored: &Value,
        file: &mut File,
    ) -> io::Result<(Self, Option<&'static str>)> {
        if stored.is_null() {
            return Ok((Self::default(), None));
        }
        let Ok(position) = Self::deserialize(stored) else {
            return Ok((
                Self::default(),
                Some("the stored position is not one of a replay file"),
            ));
        };
        if file.metadata()?.len() < position.offset {
            return Ok((
                Self::default(),
                Some("the file is shorter than what was read of it"),
            ));
        }
        if position.head_len != position.offset.min(HEAD)
            || (position.offset > 0 && position.head != head(file, position.head_len)?)
        {
            return Ok((
                Self::default(),
                Some("the file has another beginning than when it was read"),
            ));
        }
        Ok((position, None))
    }

    /// The place at `offset`, behind line `line`, of the same file.
    pub(super) fn advanced(self, file: &mut File, offset: u64, line: u64) -> io::Result<Self> {
        let head_len = offset.min(HEAD);
        let head = if head_len == self.head_len && !self.head.is_empty() {
            self.head
        } else {
            head(file, head_len)?
        };
        Ok(Self {
            offset,
            line,
            head,
            head_len,
        })
    }
}

fn head(file: &mut File, length: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(hex(&Sha256::digest(&bytes)))
}

/// Bytes as lowercase hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
