//! One page of a replay file: as many lines as one batch holds, read from where the last page ended.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::PathBuf,
};

use moodwire_model::{Batch, Quarantined, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Page;

use super::{
    lines::{self, Line, MAX_LINE},
    position::{Position, hex},
    post,
};

/// What one page takes at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Posts and quarantined lines together, so that a file of nonsense is bounded too.
    pub(super) items: usize,
    /// Bytes of input; the line that passes it still belongs to the page.
    pub(super) bytes: u64,
}

/// The limits of every read: a batch's posts, and about 1 MiB.
pub(super) const LIMITS: Limits = Limits {
    items: Batch::MAX_POSTS,
    bytes: 1024 * 1024,
};

/// The UTF-8 byte order mark, which some editors put at a file's start.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file under the name of its source.
#[derive(Debug, Clone)]
pub(super) struct Feed {
    /// The source's name.
    pub(super) name: String,
    /// The path as configured.
    pub(super) path: PathBuf,
}

/// Reads the page at `stored`. `now` is the moment that the read began.
pub(super) fn read(
    feed: &Feed,
    stored: &Value,
    now: Timestamp,
    limits: Limits,
) -> Result<Page, String> {
    let mut file = feed.open()?;
    read_open(feed, &mut file, stored, now, limits).map_err(|error| feed.unreadable(&error))
}

fn read_open(
    feed: &Feed,
    file: &mut File,
    stored: &Value,
    now: Timestamp,
    limits: Limits,
) -> io::Result<Page> {
    let (start, restart) = Position::resume(stored, file)?;
    if let Some(reason) = restart {
        tracing::warn!(source = feed.name, file = %feed.path.display(), reason, "the file is read from its start");
    }
    let mut page = Page::default();
    let (mut reader, mut inside_line) = seek(file, start.offset)?;
    let mut offset = start.offset;
    let begin = reader.stream_position()?;
    let mut at = begin;
    let mut number = start.line;
    let mut kept = Vec::new();
    while page.posts.len() + page.quarantined.len() < limits.items && at - begin < limits.bytes {
        let Some(line) = lines::next(&mut reader, &mut kept)? else {
            page.end = true;
            break;
        };
        // What follows a line that was taken without its newline still stands on that line.
        let this = if inside_line { number } else { number + 1 };
        inside_line = false;
        let taken = feed.take(&mut page, &kept, line, this, now);
        if !line.terminated && !taken {
            // The rest of the line may still be written: the next read begins with it again.
            page.end = true;
            break;
        }
        at += line.span();
        (offset, number) = (at, this);
    }
    page.end = page.end || reader.fill_buf()?.is_empty();
    page.watermark = page.end.then_some(now);
    let position = start.advanced(file, offset, number)?;
    page.position = serde_json::to_value(position)?;
    Ok(page)
}

/// A reader at `offset`, and whether that is inside a line.
fn seek(file: &mut File, offset: u64) -> io::Result<(BufReader<&mut File>, bool)> {
    file.seek(SeekFrom::Start(offset.saturating_sub(1)))?;
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    if offset == 0 {
        if reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        return Ok((reader, false));
    }
    let mut before = [0];
    reader.read_exact(&mut before)?;
    Ok((reader, before != *b"\n"))
}

impl Feed {
    /// The file, or one sentence that says why there is none to read. A pipe is refused: opening one may wait for ever.
    pub(super) fn open(&self) -> Result<File, String> {
        let metadata = fs::metadata(&self.path).map_err(|error| self.unreadable(&error))?;
        if !metadata.is_file() {
            let what = if metadata.is_dir() {
                "a directory"
            } else {
                "no regular file"
            };
            return Err(format!(
                "the replay file {} is {what}: set `path` of source \"{}\" to a file of JSON Lines",
                self.path.display(),
                self.name
            ));
        }
        File::open(&self.path).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &io::Error) -> String {
        let (path, name) = (self.path.display(), &self.name);
        match error.kind() {
            ErrorKind::NotFound => format!(
                "the replay file {path} is not there: put it there, or set `path` of source \"{name}\" to where it is"
            ),
            ErrorKind::PermissionDenied => format!(
                "the replay file {path} may not be read by this user: change its permissions, or `path` of source \"{name}\""
            ),
            _ => format!(
                "the replay file {path} cannot be read ({error}): check the disk, and `path` of source \"{name}\""
            ),
        }
    }

    /// Puts a line where it belongs; true when it was a post. A blank line belongs nowhere.
    fn take(&self, page: &mut Page, kept: &[u8], line: Line, number: u64, now: Timestamp) -> bool {
        let kept = kept.trim_ascii();
        let read = if line.length > MAX_LINE as u64 {
            Err(format!(
                "the line is {} bytes long, and a line may have at most {MAX_LINE}",
                line.length
            ))
        } else if kept.is_empty() {
            return false;
        } else {
            post::parse(kept, now)
        };
        let is_post = read.is_ok();
        match read {
            Ok(post) => page.posts.push(post),
            Err(reason) => page
                .quarantined
                .push(self.quarantine(kept, line, number, reason, now)),
        }
        is_post
    }

    fn quarantine(
        &self,
        kept: &[u8],
        line: Line,
        number: u64,
        reason: String,
        now: Timestamp,
    ) -> Quarantined {
        let place = format!("{}:{number}", self.path.display());
        let sample = &kept[..kept.len().min(Quarantined::MAX_SAMPLE)];
        let mut content = Sha256::new_with_prefix(&place);
        if line.length > MAX_LINE as u64 {
            content.update(sample);
            // An unfinished line keeps its id while it grows.
            content.update(if line.terminated { line.length } else { 0 }.to_be_bytes());
        } else {
            content.update(kept);
        }
        Quarantined {
            id: format!("{}:{}:{number}", self.name, &hex(&content.finalize())[..16]),
            source: self.name.clone(),
            place,
            reason,
            sample: printable(sample),
            at: now,
        }
    }
}

/// The sample as text that every store takes: valid UTF-8, no U+0000, not longer than the sample may be.
fn printable(sample: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(sample).replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(Quarantined::MAX_SAMPLE));
    text
}
