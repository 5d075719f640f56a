//! Sealing: when an hour is complete, or can no longer be waited for, its digest is frozen once for every channel.

use chrono::{DateTime, TimeDelta, Utc};
use moodwire_model::{Cursor, Hour, HourSummary, Missing};
use moodwire_queue::Verdict;

use crate::{Deps, collect::is_running};

/// A source whose cursor moved this recently is still reading; and so long after a start, it may not have begun yet.
const MOVED_RECENTLY: TimeDelta = TimeDelta::minutes(2);

/// The hour as sealed, sealing it when it is time; else a verdict that waits.
///
/// An hour is sealed when a grace period after its end has passed, every source's watermark is past its end, and no
/// batch with posts of it is unscored; read in this order, so that a post that a later step would miss had not been
/// collected in an earlier one. `max_wait` bounds the wait for anything but a source that still reads.
pub(crate) async fn seal(deps: &Deps, hour: Hour) -> Result<HourSummary, Verdict> {
    if let Some(sealed) = deps
        .warehouse
        .sealed(hour)
        .await
        .map_err(deps.store_failed())?
    {
        return Ok(sealed);
    }
    let now = deps.now();
    let open_until = hour.end() + TimeDelta::from_std(deps.publish.grace).unwrap_or_default();
    if now < open_until {
        return Err(Verdict::later(
            open_until,
            "the hour's grace period is not over",
        ));
    }
    let first_attempt = deps
        .warehouse
        .first_attempt(hour, now)
        .await
        .map_err(deps.store_failed())?;
    let (missing, reading) = missing(deps, hour).await?;
    let waited = now - first_attempt;
    let patience_over = waited
        .to_std()
        .is_ok_and(|waited| waited >= deps.publish.max_wait);
    // What ran out while nothing ran is no reason to seal at once: sources and transforms first get their turn.
    let just_started = now - deps.started_at < MOVED_RECENTLY;
    if missing.is_empty() || (patience_over && !reading && !just_started) {
        if !missing.is_empty() {
            tracing::warn!(%hour, sources = ?missing.sources, batches = missing.batches, "sealed incomplete");
        }
        return deps
            .warehouse
            .seal(hour, &missing, now)
            .await
            .map_err(deps.store_failed());
    }
    Err(Verdict::later(
        next_look(now, waited),
        format!(
            "sources not collected past the hour's end: {:?}; batches not scored: {}",
            missing.sources, missing.batches
        ),
    ))
}

/// What is not complete, and whether a source that is behind still reads.
async fn missing(deps: &Deps, hour: Hour) -> Result<(Missing, bool), Verdict> {
    let mut missing = Missing::default();
    let mut reading = false;
    for name in deps.sources.keys() {
        let cursor = deps.lake.cursor(name).await.map_err(deps.store_failed())?;
        if cursor.watermark.is_none_or(|mark| mark < hour.end()) {
            reading |= is_reading(deps, &cursor).await?;
            missing.sources.push(name.clone());
        }
    }
    missing.batches = deps
        .lake
        .unscored(hour)
        .await
        .map_err(deps.store_failed())?;
    Ok((missing, reading))
}

async fn is_reading(deps: &Deps, cursor: &Cursor) -> Result<bool, Verdict> {
    if cursor.stalled.is_some() {
        return Ok(false);
    }
    if let Some(holder) = &cursor.holder
        && is_running(deps, holder).await?
    {
        return Ok(true);
    }
    Ok(cursor
        .moved_at
        .is_some_and(|at| deps.now() - at < MOVED_RECENTLY))
}

/// When to look again: soon at first, every 5 s in the end. On a grid, so that the hours that wait together come back
/// together, and are then taken in the order of their ids, which is the order of the hours.
fn next_look(now: DateTime<Utc>, waited: TimeDelta) -> DateTime<Utc> {
    let grid = match waited.num_seconds() {
        ..5 => 250,
        5..60 => 1_000,
        _ => 5_000,
    };
    let next = now.timestamp_millis().div_euclid(grid) * grid + grid;
    DateTime::from_timestamp_millis(next).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_grow_rarer_and_never_lie_more_than_five_seconds_ahead() {
        let now: DateTime<Utc> = "2026-03-01T00:00:01.130Z".parse().unwrap();
        let ahead =
            |waited: i64| (next_look(now, TimeDelta::seconds(waited)) - now).num_milliseconds();
        assert_eq!(ahead(0), 120);
        assert_eq!(ahead(10), 870);
        assert_eq!(ahead(3600), 3_870);
    }
}
