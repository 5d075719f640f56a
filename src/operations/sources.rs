//! Sources: where each stands, whether it may be asked, and what it would bring next.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, SubsecRound, Utc};
use moodwire_lake::Lake;
use moodwire_model::{Cursor, Gap, ReadCounts};
use moodwire_sources::{Allowance, Page, Source, SourceError, Watchlist};
use moodwire_workers::{budget, collect};
use serde::Serialize;

use crate::{environment, failure::Failure};

/// How long a look at a source waits for posts.
const PATIENCE: Duration = Duration::from_secs(15);

/// A source as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: String,
    /// `paused`, `limited`, `failing`, `reading`, `new` or `waiting`.
    pub(crate) state: String,
    /// Why it is not read at present.
    pub(crate) why: Option<String>,
    /// Nothing more may be read before this moment.
    pub(crate) limited_until: Option<DateTime<Utc>>,
    /// Everything written before this moment was read.
    pub(crate) watermark: Option<DateTime<Utc>>,
    /// When its cursor last moved.
    pub(crate) moved_at: Option<DateTime<Utc>>,
    /// Posts that it brought.
    pub(crate) posts: u64,
    /// Posts that were there already.
    pub(crate) duplicates: u64,
    /// What could not be read.
    pub(crate) quarantined: u64,
    /// What the network no longer gave.
    pub(crate) gap: Option<Gap>,
    /// What was read of what is billed, where something is.
    pub(crate) reads: Option<ReadCounts>,
    /// The same against what is allowed, in words.
    pub(crate) budget: Option<String>,
}

/// Every source and where it stands, by name.
pub(crate) async fn list(
    lake: &dyn Lake,
    sources: &BTreeMap<String, Arc<dyn Source>>,
) -> Result<Vec<Listed>, Failure> {
    let now = environment::clock().now();
    let mut listed = Vec::with_capacity(sources.len());
    for source in sources.values() {
        let cursor = lake.cursor(source.name()).await?;
        let reads = match source.allowance() {
            Some(_) => Some(lake.reads(source.name(), now.date_naive()).await?),
            None => None,
        };
        listed.push(row(&**source, cursor, reads, now));
    }
    Ok(listed)
}

fn row(
    source: &dyn Source,
    cursor: Cursor,
    reads: Option<ReadCounts>,
    now: DateTime<Utc>,
) -> Listed {
    let limited_until = cursor.limited_until.filter(|until| *until > now);
    let state = match &cursor {
        cursor if limited_until.is_some() && is_paused(cursor) => "paused",
        _ if limited_until.is_some() => "limited",
        // A pause that is over is followed by the next tick.
        cursor if cursor.stalled.is_some() && !is_paused(cursor) => "failing",
        cursor if cursor.holder.is_some() => "reading",
        cursor if cursor.version == 0 => "new",
        _ => "waiting",
    }
    .to_owned();
    let budget = source
        .allowance()
        .zip(reads.as_ref())
        .map(|(allowance, counts)| spent(allowance, counts));
    Listed {
        name: source.name().to_owned(),
        kind: source.kind().to_owned(),
        state,
        why: match limited_until {
            Some(until) => Some(countdown(until, cursor.stalled.as_deref(), now)),
            None => cursor.stalled,
        },
        limited_until,
        watermark: cursor.watermark,
        moved_at: cursor.moved_at,
        posts: cursor.totals.posts,
        duplicates: cursor.totals.duplicates,
        quarantined: cursor.totals.quarantined,
        gap: cursor.gap,
        reads,
        budget,
    }
}

/// `goes on in 4m 10s (429)`.
pub(crate) fn countdown(until: DateTime<Utc>, reason: Option<&str>, now: DateTime<Utc>) -> String {
    let seconds = (until - now).num_seconds().max(0).unsigned_abs();
    let left = humantime::format_duration(Duration::from_secs(seconds));
    match reason {
        Some(reason) => format!("goes on in {left} ({reason})"),
        None => format!("goes on in {left}"),
    }
}

/// How what stands in place of a network's reason begins, of a source that a person has paused.
const PAUSED: &str = "paused by ";

/// How often a pause is tried again that a collect's own move came before.
const TRIES: usize = 20;

/// What became of a wish to pause a source, or to resume it.
pub(crate) struct Paused {
    /// Until when, as it is stored: to the millisecond. None once it is resumed.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Whether anything has changed: what is not paused cannot be resumed.
    pub(crate) changed: bool,
}

/// Has no job read the source for a time, or (with none) lets it be read again. A pass that is under way stops at its next
/// page.
///
/// A pause is a limit like a network's: ticks are skipped, what is asked for waits, no attempt is burned, and hours wait
/// for the source no longer than for one that fails.
pub(crate) async fn pause(
    lake: &dyn Lake,
    name: &str,
    length: Option<Duration>,
    who: &str,
) -> Result<Paused, Failure> {
    let until = length.map(|length| (environment::clock().now() + length).trunc_subsecs(3));
    for _ in 0..TRIES {
        let cursor = lake.cursor(name).await?;
        if until.is_none() && !is_paused(&cursor) {
            let changed = false;
            return Ok(Paused { until, changed });
        }
        let cursor = Cursor {
            limited_until: until,
            stalled: until.map(|_| format!("{PAUSED}{who}")),
            holder: None,
            ..cursor
        };
        if lake.save_cursor(&cursor).await?.is_some() {
            let changed = true;
            return Ok(Paused { until, changed });
        }
    }
    Err(Failure::Runtime(format!(
        "source \"{name}\" moves so fast that it cannot be paused: try again"
    )))
}

fn is_paused(cursor: &Cursor) -> bool {
    let stalled = cursor.stalled.as_deref();
    stalled.is_some_and(|why| why.starts_with(PAUSED))
}

/// Sources that may not be read now, by name, each with why.
pub(crate) async fn limited(lake: &dyn Lake) -> Result<BTreeMap<String, String>, Failure> {
    let now = environment::clock().now();
    let cursors = lake.cursors().await?;
    let limited = cursors.into_iter().filter_map(|cursor| {
        let until = cursor.limited_until.filter(|until| *until > now)?;
        let why = countdown(until, cursor.stalled.as_deref(), now);
        Some((cursor.source, why))
    });
    Ok(limited.collect())
}

/// What is left of the allowance, and what was spent: `today 1200 of 5000 reads ($6.00)`.
pub(crate) fn spent(allowance: &Allowance, counts: &ReadCounts) -> String {
    let part = |when: &str, reads: moodwire_model::Reads, bound: Option<u64>| {
        #[expect(clippy::cast_precision_loss, reason = "dollars are told to the cent")]
        let price =
            reads.posts as f64 * allowance.post_price + reads.users as f64 * allowance.user_price;
        let of = bound.map_or_else(String::new, |most| format!(" of {most}"));
        format!("{when} {}{of} reads (${price:.2})", reads.total())
    };
    let today = part("today", counts.day, allowance.daily);
    format!(
        "{today}, {}",
        part("this month", counts.month, allowance.monthly)
    )
}

/// The source's cursor, when it may be asked now.
async fn readable(lake: &dyn Lake, source: &dyn Source) -> Result<Cursor, Failure> {
    let name = source.name();
    let cursor = lake.cursor(name).await?;
    let now = environment::clock().now();
    match cursor.limited_until.filter(|until| *until > now) {
        Some(until) => Err(Failure::Runtime(format!(
            "source \"{name}\" is limited and is not asked: it {}",
            countdown(until, cursor.stalled.as_deref(), now)
        ))),
        None => Ok(cursor),
    }
}

/// Asks the network whether the source can be read.
pub(crate) async fn test(lake: &dyn Lake, source: &dyn Source) -> Result<(), Failure> {
    readable(lake, source).await?;
    let checked = source.check().await;
    checked.map_err(|error| failed(source, &error))
}

/// The next posts, at most `limit`, as they would be stored; nothing is. What is billed is counted.
pub(crate) async fn peek(
    lake: &Arc<dyn Lake>,
    source: &dyn Source,
    watchlist: &Watchlist,
    limit: usize,
) -> Result<Page, Failure> {
    let cursor = readable(&**lake, source).await?;
    let budget = budget::of(source, lake, &environment::clock());
    let mut position = cursor.position;
    let mut page = Page::default();
    let until = tokio::time::Instant::now() + PATIENCE;
    let looked = async {
        let mut reading = collect::Reading::begin(source, &position, budget).await?;
        while page.posts.len() < limit {
            let (next, _) = collect::matching(watchlist, reading.next(&position).await?);
            position = next.position.clone();
            let end = next.end && !reading.is_stream();
            page.posts.extend(next.posts);
            page.quarantined.extend(next.quarantined);
            if end {
                break;
            }
        }
        Ok(())
    };
    // What came within the time is shown.
    if let Ok(Err(error)) = tokio::time::timeout_at(until, looked).await {
        let error: SourceError = error;
        return Err(failed(source, &error));
    }
    page.posts.truncate(limit);
    Ok(page)
}

fn failed(source: &dyn Source, error: &SourceError) -> Failure {
    Failure::Runtime(format!("source \"{}\": {error}", source.name()))
}
