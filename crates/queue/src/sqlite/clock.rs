//! The store's clock: the process's, but never below the latest time in the file.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use moodwire_model::Clock;

use crate::ClockOffset;

/// Tells the store's time in milliseconds since 1970.
#[derive(Debug)]
pub(super) struct StoreClock {
    clock: Arc<dyn Clock>,
    offset: ClockOffset,
    /// The latest time in the file when the clock was first seen behind it, and when that was.
    floor: Mutex<Option<(i64, Instant)>>,
}

impl StoreClock {
    pub(super) fn new(clock: Arc<dyn Clock>, offset: ClockOffset) -> Self {
        Self {
            clock,
            offset,
            floor: Mutex::default(),
        }
    }

    /// The present, where `latest` is the latest time in the file.
    ///
    /// A clock that was stepped back by an hour must not make time stand still for that hour, with every lease
    /// and every delay: while the clock is behind the file, time goes on from the file's by the monotonic timer.
    pub(super) fn now(&self, latest: i64) -> i64 {
        self.now_at(latest, Instant::now())
    }

    fn now_at(&self, latest: i64, instant: Instant) -> i64 {
        let wall = self.clock.now().timestamp_millis() + self.offset.millis();
        let mut floor = self.floor.lock().unwrap_or_else(PoisonError::into_inner);
        let carried = floor.map_or(i64::MIN, |(from, since)| {
            let passed = instant.saturating_duration_since(since).as_millis();
            let passed = i64::try_from(passed).unwrap_or(i64::MAX);
            from.saturating_add(passed)
        });
        if wall >= latest.max(carried) {
            *floor = None;
            return wall;
        }
        if latest > carried {
            *floor = Some((latest, instant));
        }
        latest.max(carried)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;
    use moodwire_testing::SteppedClock;

    use super::*;

    const NOON: &str = "2026-11-23T12:00:00Z";

    fn clock() -> (StoreClock, ClockOffset, i64) {
        let offset = ClockOffset::default();
        let wall = Arc::new(SteppedClock::at(NOON));
        let noon = wall.now().timestamp_millis();
        (StoreClock::new(wall, offset.clone()), offset, noon)
    }

    #[test]
    fn a_clock_ahead_of_the_file_is_taken_as_it_is() {
        let (clock, offset, noon) = clock();
        let instant = Instant::now();
        assert_eq!(clock.now_at(0, instant), noon);
        offset.step(TimeDelta::seconds(5));
        let later = instant + Duration::from_secs(60);
        assert_eq!(clock.now_at(noon, later), noon + 5_000);
    }

    #[test]
    fn time_goes_on_from_the_files_while_the_clock_is_behind_it() {
        let (clock, offset, noon) = clock();
        let instant = Instant::now();
        offset.step(TimeDelta::hours(-1));
        assert_eq!(clock.now_at(noon, instant), noon);
        let later = instant + Duration::from_secs(60);
        assert_eq!(clock.now_at(noon, later), noon + 60_000);
        // Another process's clock is faster still.
        assert_eq!(clock.now_at(noon + 90_000, later), noon + 90_000);
        let later = later + Duration::from_secs(10);
        assert_eq!(clock.now_at(noon + 90_000, later), noon + 100_000);
        // The clock is right again, and the true time is less than an hour further than the file's.
        offset.step(TimeDelta::hours(1) + TimeDelta::minutes(3));
        assert_eq!(clock.now_at(noon + 90_000, later), noon + 180_000);
    }
}
