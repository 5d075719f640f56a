//! The lines of a file, one after the other, in bounded memory however long a line is.

use std::io::{self, BufRead, ErrorKind};

/// The longest line that is read as a post, in bytes without its newline: ten times the longest text, with room for
/// the network's own document.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// What is known of a line beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Bytes without the newline, also of what was skipped.
    pub(super) length: u64,
    /// False for the last line of a file that does not end in a newline.
    pub(super) terminated: bool,
}

impl Line {
    /// The bytes that the line takes in the file.
    pub(super) fn span(self) -> u64 {
        self.length + u64::from(self.terminated)
    }
}

/// Reads the next line into `kept`, without its newline; none at the file's end. Of a line longer than [`MAX_LINE`]
/// only that much is kept, and the rest is skipped piece by piece.
pub(super) fn next(reader: &mut impl BufRead, kept: &mut Vec<u8>) -> io::Result<Option<Line>> {
    kept.clear();
    let mut length = 0;
    loop {
        let chunk = match reader.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            let terminated = false;
            return Ok((length > 0).then_some(Line { length, terminated }));
        }
        let newline = memchr::memchr(b'\n', chunk);
        let part = newline.map_or(chunk, |at| &chunk[..at]);
        kept.extend_from_slice(&part[..part.len().min(MAX_LINE - kept.len())]);
        length += part.len() as u64;
        let used = part.len() + usize::from(newline.is_some());
        reader.consume(used);
        if newline.is_some() {
            let terminated = true;
            return Ok(Some(Line { length, terminated }));
        }
    }
}
