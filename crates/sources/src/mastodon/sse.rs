//! Server-sent events, out of bytes that are cut anywhere. (HTML Standard, "Server-sent events".)

use std::mem;

/// The longest event, in bytes: a status of 100 KiB with whatever belongs to it.
const MAX_EVENT: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// What happened: `update`, `delete`, …
    pub(super) name: String,
    /// What it happened to.
    pub(super) data: String,
}

/// An event was longer than any that is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// What has come of the event that is under way. An event that is cut off is none.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    /// The line that is under way.
    line: Vec<u8>,
    event: Event,
}

impl EventReader {
    /// Takes bytes in; the events that end in them.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() + self.event.data.len() > MAX_EVENT {
                return Err(TooLong);
            }
            if part.ends_with(b"\n") {
                let line = mem::take(&mut self.line);
                events.extend(self.end_of(&String::from_utf8_lossy(&line)));
            }
        }
        Ok(events)
    }

    /// A line, with its end; an empty one ends the event. What begins with a colon is a sign of life alone.
    fn end_of(&mut self, line: &str) -> Option<Event> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            let mut event = mem::take(&mut self.event);
            // The line feed after its last line is none of the data's.
            event.data.pop();
            return (!event.data.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                self.event.data.push_str(value);
                self.event.data.push('\n');
            }
            _ => {}
        }
        None
    }
}
