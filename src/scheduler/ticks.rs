//! Ticks that passed while no scheduler ran.

use chrono::{DateTime, TimeDelta, Utc};
use cron::Schedule;

use crate::config::MissedTicks;

/// How far back `all` makes up.
const ALL_BACK: TimeDelta = TimeDelta::hours(24);

/// How many `all` makes up at most.
const ALL_AT_MOST: usize = 100;

/// The ticks to make up at `now`, oldest first, for a source that was last collected at `since`.
pub(super) fn missed(
    schedule: &Schedule,
    policy: MissedTicks,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let back = since.unwrap_or(now).max(now - ALL_BACK);
    match policy {
        MissedTicks::Skip => Vec::new(),
        // Also when the source was never collected, or the tick was enqueued already: its slot is then a duplicate.
        MissedTicks::Last => latest(schedule, now).into_iter().collect(),
        MissedTicks::All => {
            let mut ticks: Vec<_> = schedule
                .after(&back)
                .take_while(|tick| *tick <= now)
                .collect();
            let surplus = ticks.len().saturating_sub(ALL_AT_MOST);
            ticks.drain(..surplus);
            ticks
        }
    }
}

/// The latest tick at or before `now`: looked for in spans that grow, as schedules can only be walked forward.
fn latest(schedule: &Schedule, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    [
        TimeDelta::minutes(10),
        TimeDelta::hours(2),
        TimeDelta::days(2),
        TimeDelta::days(40),
        TimeDelta::days(400),
    ]
    .into_iter()
    .find_map(|span| {
        schedule
            .after(&(now - span))
            .take_while(|tick| *tick <= now)
            .last()
    })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn five_minutes() -> Schedule {
        Schedule::from_str("0 */5 * * * *").unwrap()
    }

    #[test]
    fn the_policies_make_up_none_the_last_or_all() {
        let (since, now) = (at("2026-03-01T00:02:00Z"), at("2026-03-01T00:16:30Z"));
        let made_up = |policy| missed(&five_minutes(), policy, Some(since), now);
        assert!(made_up(MissedTicks::Skip).is_empty());
        assert_eq!(made_up(MissedTicks::Last), [at("2026-03-01T00:15:00Z")]);
        assert_eq!(
            made_up(MissedTicks::All),
            [
                at("2026-03-01T00:05:00Z"),
                at("2026-03-01T00:10:00Z"),
                at("2026-03-01T00:15:00Z")
            ]
        );
    }

    #[test]
    fn all_is_bounded_by_number_and_keeps_the_newest() {
        let now = at("2026-03-01T00:00:00Z");
        let ticks = missed(
            &five_minutes(),
            MissedTicks::All,
            Some(at("2025-01-01T00:00:00Z")),
            now,
        );
        assert_eq!(ticks.len(), ALL_AT_MOST);
        assert_eq!(ticks.last(), Some(&now));
    }

    #[test]
    fn a_rare_schedules_last_tick_is_found() {
        let yearly = Schedule::from_str("0 0 0 1 1 *").unwrap();
        assert_eq!(
            latest(&yearly, at("2026-12-31T00:00:00Z")),
            Some(at("2026-01-01T00:00:00Z"))
        );
    }
}
