//! Sweeps: the pages from the newest post down to where the last sweep began.
//!
//! `since_id` stays the same for all pages of a sweep; the next sweep begins where the first page of this one did, and only
//! once the last page is read. (X documentation, posts/search/integrate/paginate.) An id that is more than seven days old is
//! refused; X then names the oldest one that it takes.

use chrono::TimeDelta;
use moodwire_model::{Gap, Timestamp};

use super::{
    Feed,
    id::Id,
    position::{Position, Sweep},
    refusal::Problems,
    request::seconds,
    settings::REACH,
    target::Target,
};

/// How long a post may take until it is found. Search leaves out the last 10 to 30 seconds.
pub(super) const LAG: TimeDelta = TimeDelta::minutes(1);

/// The clocks of X and ours may differ by so much.
const MARGIN: TimeDelta = TimeDelta::minutes(1);

/// By how much the lines of a stream may be out of order, or be missing from what search shows so soon.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);

/// The first page of a sweep; and what X no longer gives, where that lies further back than it reaches.
pub(super) fn begin(
    feed: &Feed,
    position: &Position,
    target: &Target,
    now: Timestamp,
) -> (Sweep, Option<Gap>) {
    let of = target.key.clone();
    let streamed = position.streamed.map(|id| lapped(id, now));
    let since = position.newest.get(&of).copied().max(streamed);
    if since.is_some() {
        let sweep = Sweep {
            of,
            since,
            ..Sweep::default()
        };
        return (sweep, None);
    }
    // What was never found, or is followed only now, begins a while before the last pass.
    let wanted = position.complete.unwrap_or(now) - feed.plan.backfill;
    let earliest = now - REACH + MARGIN;
    let from = Some(wanted.max(earliest));
    let gap = position
        .complete
        .and_then(|complete| gap(complete - LAG, earliest));
    let sweep = Sweep {
        of,
        from,
        ..Sweep::default()
    };
    (sweep, gap)
}

/// An id a little before the newest of a stream, whose lines come in any order.
fn lapped(id: Id, now: Timestamp) -> Id {
    let recent = |at: &Timestamp| *at > now - REACH && *at < now + REACH;
    let before = id.time().filter(recent).map(|at| at - OVERLAP);
    before.and_then(Id::at).unwrap_or(id)
}

fn gap(from: Timestamp, to: Timestamp) -> Option<Gap> {
    (from < to).then_some(Gap { from, to })
}

/// Mends a sweep that X refused: none where that is not what it complains of, else what is lost by it, if anything is.
pub(super) fn mend(
    sweep: &mut Sweep,
    problems: &Problems,
    position: &Position,
    now: Timestamp,
) -> Option<Option<Gap>> {
    if let Some(since) = sweep.since.filter(|_| problems.names("since_id")) {
        sweep.newest = None;
        sweep.token = None;
        let named = named(problems).filter(|named| *named >= since);
        sweep.since = named.map(|named| on_from(named, position));
        let reached = named.and_then(Id::time).unwrap_or(now - REACH);
        let came_to = position.complete.map(|complete| complete - LAG);
        let from = since.time().max(came_to);
        return Some(from.and_then(|from| gap(from, reached)));
    }
    let token = problems.names("next_token") || problems.names("pagination_token");
    if sweep.token.is_some() && token {
        // From its first page again: what comes twice counts once.
        sweep.token = None;
        sweep.newest = None;
        return Some(None);
    }
    None
}

/// The id that X says is the oldest: `Please use a 'since_id' that is larger than 2083157183716917248`.
fn named(problems: &Problems) -> Option<Id> {
    problems.messages().find_map(|said| {
        let (_, after) = said.split_once("larger than ")?;
        let digits = after.trim_start_matches(['\'', '"']);
        let end = digits.find(|c: char| !c.is_ascii_digit());
        Id::parse(digits.get(..end.unwrap_or(digits.len()))?)
    })
}

/// What seldom finds anything is read from the last pass on, which found nothing either, lest its id be too old again.
fn on_from(named: Id, position: &Position) -> Id {
    let last = position.complete.map(|complete| complete - LAG - MARGIN);
    last.and_then(Id::at)
        .map_or(named.next(), |last| last.max(named.next()))
}

impl Sweep {
    /// What is asked for beside the fields.
    pub(super) fn parameters(&self, target: &Target, size: u64) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("max_results", size.to_string())];
        if let Some(query) = &target.query {
            parameters.push(("query", query.clone()));
        }
        if let Some(since) = self.since {
            parameters.push(("since_id", since.to_string()));
        } else if let Some(from) = self.from {
            parameters.push(("start_time", seconds(from)));
        }
        if let Some(token) = &self.token {
            let name = match target.query {
                Some(_) => "next_token",
                None => "pagination_token",
            };
            parameters.push((name, token.clone()));
        }
        parameters
    }

    /// Turns to the next page. False where there is none; a server that names the same one again has none either.
    pub(super) fn turn(&mut self, newest: Option<Id>, token: Option<String>) -> bool {
        if self.token.is_none() {
            self.newest = newest;
        }
        let token = token.filter(|token| !token.is_empty());
        let more = token.is_some() && token != self.token;
        self.token = token;
        more
    }
}
