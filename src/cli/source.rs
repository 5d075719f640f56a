//! `source`: the configured feeds and where they stand, a test of one, and a look at what it would bring next.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moodwire_model::{Cursor, Gap, ReadCounts};
use moodwire_sources::{Allowance, Page, Source};
use moodwire_workers::{budget, collect};
use serde::Serialize;
use serde_json::json;

use super::{args::SourceCommand, enqueue};
use crate::{config::Config, environment, failure::Failure, output};

/// How long a look at a source waits for posts.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs the command.
pub(super) async fn run(
    config: &Config,
    command: &SourceCommand,
    json: bool,
) -> Result<(), Failure> {
    match command {
        SourceCommand::List => list(config, json).await,
        SourceCommand::Test { name } => test(config, name, json).await,
        SourceCommand::Peek { name, limit } => peek(config, name, *limit, json).await,
    }
}

/// A source as it is listed.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: &'a str,
    state: &'static str,
    why: Option<String>,
    limited_until: Option<DateTime<Utc>>,
    watermark: Option<DateTime<Utc>>,
    moved_at: Option<DateTime<Utc>>,
    posts: u64,
    duplicates: u64,
    quarantined: u64,
    gap: Option<Gap>,
    reads: Option<ReadCounts>,
}

async fn list(config: &Config, json: bool) -> Result<(), Failure> {
    let lake = environment::open_lake(config).await?;
    let sources = environment::sources(config)?;
    let now = environment::clock().now();
    let mut listed = Vec::new();
    for source in sources.values() {
        let cursor = lake.cursor(source.name()).await?;
        let reads = match source.allowance() {
            Some(_) => Some(lake.reads(source.name(), now.date_naive()).await?),
            None => None,
        };
        listed.push(row(&**source, cursor, reads, now));
    }
    if json {
        return output::json(&listed);
    }
    let moment = |at: Option<DateTime<Utc>>| {
        at.map_or_else(String::new, |at| {
            at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        })
    };
    let rows: Vec<Vec<String>> = listed
        .into_iter()
        .map(|one| {
            vec![
                one.name.to_owned(),
                one.kind.to_owned(),
                one.state.to_owned(),
                moment(one.watermark),
                one.posts.to_string(),
                one.why.unwrap_or_default(),
            ]
        })
        .collect();
    let header = ["NAME", "KIND", "STATE", "READ UP TO", "POSTS", "WHY"];
    output::table(&header, &rows)
}

fn row<'a>(
    source: &'a dyn Source,
    cursor: Cursor,
    reads: Option<ReadCounts>,
    now: DateTime<Utc>,
) -> Listed<'a> {
    let limited_until = cursor.limited_until.filter(|until| *until > now);
    let state = match &cursor {
        _ if limited_until.is_some() => "limited",
        cursor if cursor.stalled.is_some() => "failing",
        cursor if cursor.holder.is_some() => "reading",
        cursor if cursor.version == 0 => "new",
        _ => "waiting",
    };
    Listed {
        name: source.name(),
        kind: source.kind(),
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
    }
}

/// `goes on in 4m 10s (429)`.
pub(super) fn countdown(until: DateTime<Utc>, reason: Option<&str>, now: DateTime<Utc>) -> String {
    let seconds = (until - now).num_seconds().max(0).unsigned_abs();
    let left = humantime::format_duration(Duration::from_secs(seconds));
    match reason {
        Some(reason) => format!("goes on in {left} ({reason})"),
        None => format!("goes on in {left}"),
    }
}

/// Sources that may not be read now, by name, each with why.
pub(super) async fn limited(config: &Config) -> Result<BTreeMap<String, String>, Failure> {
    let lake = environment::open_lake(config).await?;
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
pub(super) fn spent(allowance: &Allowance, counts: &ReadCounts) -> String {
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

/// The source of this name, which must be configured, and may be asked now.
async fn readable(
    config: &Config,
    name: &str,
) -> Result<(Arc<dyn Source>, Arc<dyn moodwire_lake::Lake>, Cursor), Failure> {
    let source = environment::sources(config)?
        .remove(name)
        .ok_or_else(|| enqueue::unknown("source", name))?;
    let lake = environment::open_lake(config).await?;
    let cursor = lake.cursor(name).await?;
    let now = environment::clock().now();
    match cursor.limited_until.filter(|until| *until > now) {
        Some(until) => Err(Failure::Runtime(format!(
            "source \"{name}\" is limited and is not asked: it {}",
            countdown(until, cursor.stalled.as_deref(), now)
        ))),
        None => Ok((source, lake, cursor)),
    }
}

async fn test(config: &Config, name: &str, json: bool) -> Result<(), Failure> {
    let (source, ..) = readable(config, name).await?;
    let checked = source.check().await;
    checked.map_err(|error| Failure::Runtime(format!("source \"{name}\": {error}")))?;
    if json {
        return output::json(&json!({"source": name, "kind": source.kind(), "ok": true}));
    }
    output::line(&format!("{name} answers and can be read"))
}

async fn peek(config: &Config, name: &str, limit: usize, json: bool) -> Result<(), Failure> {
    let (source, lake, cursor) = readable(config, name).await?;
    let watchlist = environment::watchlist(config)?;
    let budget = budget::of(&*source, &lake, &environment::clock());
    let mut position = cursor.position;
    let mut page = Page::default();
    let until = tokio::time::Instant::now() + PATIENCE;
    let looked = async {
        let mut reading = collect::Reading::begin(&*source, &position, budget).await?;
        while page.posts.len() < limit {
            let next = collect::matching(&watchlist, reading.next(&position).await?);
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
        let error: moodwire_sources::SourceError = error;
        return Err(Failure::Runtime(format!("source \"{name}\": {error}")));
    }
    page.posts.truncate(limit);
    if json {
        return output::json(&json!({"posts": page.posts, "quarantined": page.quarantined}));
    }
    for post in &page.posts {
        let actors: Vec<&str> = post.actors.iter().map(|one| &*one.actor).collect();
        output::line(&format!(
            "{}  {}  {}  [{}]\n    {}\n",
            post.created_at.format("%Y-%m-%dT%H:%M:%SZ"),
            post.author,
            post.key,
            actors.join(", "),
            post.text.replace(char::is_control, " "),
        ))?;
    }
    output::line(&match page.posts.len() {
        0 => format!("{name} brings nothing new at the moment"),
        posts => format!("{posts} posts as they would be stored; nothing was stored"),
    })
}
