//! How old a stream's events are when they come, by our clock. While it catches up they get younger, page by page; once it
//! has, they stay as old as our clock is ahead of the server's.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use super::record::TOLERANCE;

/// An event is this much older than the present, at most, where the stream has caught up: a second until a page is given
/// out, and what two clocks may be apart.
pub(super) const PRESENT: TimeDelta = TimeDelta::seconds(5);

/// Events that get younger by less than this come as they are made: one that catches up at a fifth more than the pace of time
/// gains it in five seconds, and servers give what lies back many times as fast.
const GAIN: TimeDelta = TimeDelta::seconds(1);

/// How old events have been.
#[derive(Debug)]
pub(super) struct Pace {
    /// Of the page since which they have not become younger.
    least: TimeDelta,
    since: Instant,
    /// Of the latest page, and how long after that one it came.
    last: TimeDelta,
    lasted: Option<Duration>,
}

impl Pace {
    /// Nothing has come yet.
    pub(super) fn begun(now: Instant) -> Self {
        Self {
            least: TimeDelta::MAX,
            since: now,
            last: TimeDelta::MAX,
            lasted: None,
        }
    }

    /// A page came whose newest event is so old. One that was filled says nothing: it is we who are slow then.
    pub(super) fn note(&mut self, age: TimeDelta, filled: bool) {
        let now = Instant::now();
        self.last = age;
        if filled || self.least == TimeDelta::MAX || age < self.least - GAIN {
            (self.least, self.since, self.lasted) = (age, now, None);
        } else {
            self.lasted = Some(now - self.since);
        }
    }

    /// Whether events have been equally old for so long, and no older than a clock may be ahead.
    pub(super) fn is_steady(&self, long: Duration) -> bool {
        self.lasted.is_some_and(|lasted| lasted >= long)
            && self.last <= TOLERANCE
            && self.last - self.least <= PRESENT
    }
}
