//! One page of a Mastodon source: at most forty statuses of the timeline whose turn it is.

use chrono::TimeDelta;
use moodwire_model::Timestamp;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{MastodonSource, link, position::Position, post, recent::Recent, timeline::Timeline};
use crate::{
    Page, SourceError,
    http::{self, Answer, Failure},
    limits,
    quarantine::quarantine,
};

/// The most that a server gives at once. (Mastodon documentation, methods/timelines.)
const LIMIT: &str = "40";

/// How long a status may take from its author's server to this one before an hour counts as read.
const LAG: TimeDelta = TimeDelta::minutes(1);

/// What a page begins with: the id by which the server orders it.
#[derive(Deserialize)]
struct Numbered {
    id: String,
}

/// Reads the page at `stored`. `now` is the moment that the read began.
pub(super) async fn read(
    source: &MastodonSource,
    stored: &Value,
    now: Timestamp,
) -> Result<Page, SourceError> {
    let mut position = Position::of(stored);
    if position.next.is_none() {
        position.since = Some(now);
    }
    let mut page = Page::default();
    let from = position.next.take().unwrap_or_default();
    let mut left = source
        .timelines
        .iter()
        .filter(|timeline| timeline.name() >= from);
    if let Some(timeline) = left.next() {
        let more = timeline_page(source, timeline, &mut position, &mut page, now).await?;
        let next = if more { Some(timeline) } else { left.next() };
        position.next = next.map(Timeline::name);
    }
    page.end = position.next.is_none();
    if page.end {
        page.watermark = position.since.take().map(|since| since - LAG);
    }
    page.position = position.stored()?;
    Ok(page)
}

/// Reads the timeline's next page. True when there may be another one above it.
async fn timeline_page(
    source: &MastodonSource,
    timeline: &Timeline,
    position: &mut Position,
    page: &mut Page,
    now: Timestamp,
) -> Result<bool, SourceError> {
    let name = timeline.name();
    let newest = position.newest.get(&name).cloned();
    let account = timeline.account();
    let answer = match ask(source, timeline, position, newest.as_deref(), now).await {
        Ok(answer) => answer,
        Err(Failure::Gone(said)) if account.is_some() => {
            tracing::warn!(
                source = source.name,
                account,
                said,
                "no such account; the others are read"
            );
            position.accounts.remove(account.unwrap_or_default());
            return Ok(false);
        }
        Err(failure) => return Err(advised(source, failure.into())),
    };
    page.limited_until = limits::used_up(&answer.headers, now);
    let statuses: Vec<&RawValue> = serde_json::from_slice(&answer.body).map_err(|_| {
        SourceError::Retry(format!("{} answered with no list of statuses", source.host))
    })?;
    let mut highest: Option<String> = None;
    for status in &statuses {
        let id = take(source, &name, status.get(), &mut position.recent, page, now);
        highest = highest.max_by_order(id);
    }
    let Some(above) = link::min_id(&answer.headers).or(highest) else {
        return Ok(false);
    };
    // From the newest page there is nothing above; a server that stands still is not asked for ever.
    let moved = newest.as_ref() != Some(&above);
    let more = newest.is_some() && moved && !statuses.is_empty();
    if !statuses.is_empty() {
        position.newest.insert(name, above);
    }
    Ok(more)
}

async fn ask(
    source: &MastodonSource,
    timeline: &Timeline,
    position: &mut Position,
    newest: Option<&str>,
    now: Timestamp,
) -> Result<Answer, Failure> {
    let mut query = vec![("limit", LIMIT)];
    query.extend(newest.map(|newest| ("min_id", newest)));
    let request = match timeline {
        Timeline::Hashtag(tag) => source.get(&["v1", "timelines", "tag", tag], &query),
        Timeline::Account(account) => {
            let id = match position.accounts.get(account) {
                Some(id) => id.clone(),
                None => look_up(source, account, now).await?,
            };
            position.accounts.insert(account.clone(), id.clone());
            source.get(&["v1", "accounts", &id, "statuses"], &query)
        }
    };
    http::ask(request, &source.host, now).await
}

async fn look_up(
    source: &MastodonSource,
    account: &str,
    now: Timestamp,
) -> Result<String, Failure> {
    let request = source.get(&["v1", "accounts", "lookup"], &[("acct", account)]);
    let answer = http::ask(request, &source.host, now).await?;
    serde_json::from_slice::<Numbered>(&answer.body)
        .map(|found| found.id)
        .map_err(|_| {
            let said = format!("{} answered with no account for {account}", source.host);
            Failure::Source(SourceError::Retry(said))
        })
}

/// A refusal with what mends it.
pub(super) fn advised(source: &MastodonSource, error: SourceError) -> SourceError {
    match error {
        SourceError::Dead(said) if source.token.is_none() => SourceError::Dead(format!(
            "{said}: where it shows its timelines to its users alone, set token of source \"{}\"; else look at its url",
            source.name
        )),
        SourceError::Dead(said) => SourceError::Dead(format!(
            "{said}: look at url and token of source \"{}\"",
            source.name
        )),
        other => other,
    }
}

/// Puts a status where it belongs, and gives its id. One that was given out lately is left out.
pub(super) fn take(
    source: &MastodonSource,
    timeline: &str,
    status: &str,
    recent: &mut Recent,
    page: &mut Page,
    now: Timestamp,
) -> Option<String> {
    let id = serde_json::from_str::<Numbered>(status)
        .ok()
        .map(|numbered| numbered.id);
    match post::read(status, &source.host, now) {
        Ok(Some(read)) => {
            if source.streams && !recent.is_new(id.as_deref(), &read) {
                return id;
            }
            if !read.mentions.is_empty() {
                page.mentions.insert(read.post.key.clone(), read.mentions);
            }
            page.posts.push(read.post);
        }
        Ok(None) => {}
        Err(reason) => {
            let id = id.as_deref().unwrap_or("?");
            let place = format!("{} {timeline} {id}", source.host);
            page.quarantined
                .push(quarantine(&source.name, place, status, reason, now));
        }
    }
    id
}

/// Ids in the order of servers: the longer is the newer, of equally long ones the later in the alphabet. (Mastodon
/// documentation, api/guidelines.)
trait MaxByOrder {
    fn max_by_order(self, other: Self) -> Self;
}

impl MaxByOrder for Option<String> {
    fn max_by_order(self, other: Self) -> Self {
        match (self, other) {
            (Some(one), Some(two)) => {
                let newer = (two.len(), &two) > (one.len(), &one);
                Some(if newer { two } else { one })
            }
            (one, two) => one.or(two),
        }
    }
}
