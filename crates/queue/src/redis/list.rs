//! Listings, page by page: newest change first over kinds and states, or in the order of the ids that begin alike.
//!
//! A job stands where its state is about: a scheduled one at the moment it is due, a ready one at the moment it became
//! due, a running one at the moment it began, an ended one at its end. So the sets that the queue works with are all the
//! index there is, and a job that moves on while someone turns pages is not shown twice.

use std::collections::HashMap;

use super::{
    RedisStore,
    keys::{long, short},
    number,
    place::{self, Set, Spot},
    rows::Shown,
    scripts::SCRIPTS,
};
use crate::{JobFilter, JobRow, Page, Result, SCAN, State};

/// The most jobs that a page shows.
const MOST: usize = 1_000;

/// How many jobs are read whole at a time: a few milliseconds of Redis' only thread.
const READ: usize = 100;

impl RedisStore {
    pub(super) async fn page(
        &self,
        filter: &JobFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page> {
        if limit == 0 {
            return Ok(Page::default());
        }
        let limit = limit.min(MOST);
        // Where rows are chosen by what is in them, more must be looked at than are shown.
        let chosen = filter.search.is_some() || filter.prefix.is_some();
        let most = if chosen { SCAN } else { limit };
        let mut spots = match &filter.prefix {
            Some(prefix) => {
                self.spots_of_prefix(filter, prefix, after, most + 1)
                    .await?
            }
            None => self.spots(filter, after, most + 1).await?,
        };
        let mut more = spots.len() > most;
        spots.truncate(most);

        let mut page = Page::default();
        let mut last = None;
        'reading: for chunk in spots.chunks(READ.min(limit)) {
            let mut rows = self.rows_at(chunk).await?;
            for spot in chunk {
                if page.jobs.len() == limit {
                    more = true;
                    break 'reading;
                }
                last = Some(spot);
                page.looked += 1;
                let shown = rows.remove(&spot.id).filter(|shown| matches(filter, shown));
                page.jobs.extend(shown.map(|shown| shown.row));
            }
        }
        page.next = last.filter(|_| more).map(Spot::token);
        Ok(page)
    }

    /// Where the next jobs of the kinds and states asked for stand, in the listing's order.
    async fn spots(
        &self,
        filter: &JobFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Spot>> {
        let after = after.map(Spot::of_moment).transpose()?;
        let sets = sets(filter);
        let letters: String = sets.iter().map(|set| set.letter()).collect();
        let mut spots = Vec::new();
        for kind in self.kinds_of(filter).await? {
            let mut arguments = self.arguments();
            arguments.extend([
                letters.clone().into_bytes(),
                after
                    .as_ref()
                    .map_or_else(Vec::new, |spot| spot.score.to_string().into_bytes()),
                number(most),
                filter
                    .since
                    .map_or_else(Vec::new, |since| number(since.timestamp_millis())),
                filter.fingerprint.clone().unwrap_or_default().into_bytes(),
            ]);
            arguments.extend(sets.iter().map(|set| match &after {
                Some(spot) => spot.tie_in(&kind, *set),
                None => Vec::new(),
            }));
            let keys = self.keys(&kind)?;
            let mut reply = self.run(&SCRIPTS.page, &keys, &arguments).await?;
            while !reply.is_empty() {
                let letter = reply.text()?;
                spots.push(Spot {
                    kind: kind.clone(),
                    set: Set::of_letter(&letter),
                    id: long(&kind, &reply.text()?),
                    score: reply.text()?.parse().unwrap_or(0.0),
                    tie: reply.text()?,
                });
            }
        }
        spots.sort_unstable_by(Spot::newest_first);
        spots.truncate(most);
        Ok(spots)
    }

    /// The next jobs whose ids begin with the prefix, in the order of the ids' bytes.
    async fn spots_of_prefix(
        &self,
        filter: &JobFilter,
        prefix: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Spot>> {
        let after = after
            .map(|token| place::id_of_token(token, prefix))
            .transpose()?;
        let mut spots = Vec::new();
        for kind in self.kinds_of(filter).await? {
            let begin = format!("{kind}:");
            if !begin.starts_with(prefix) && !prefix.starts_with(&begin) {
                continue;
            }
            let from = match after {
                // The ids of a kind lie together, but not those of `a-b:` behind those of `a:`.
                Some(after) if after.starts_with(&begin) => {
                    [b"(", short(&kind, after).as_bytes()].concat()
                }
                Some(after) if after > begin.as_str() => continue,
                _ => [b"[", short(&kind, prefix).as_bytes()].concat(),
            };
            // No text has this byte, so every id that begins with the prefix lies before it.
            let to = [b"(", short(&kind, prefix).as_bytes(), b"\xff"].concat();
            let mut arguments = self.arguments();
            arguments.extend([from, to, number(most)]);
            let keys = self.keys(&kind)?;
            let mut reply = self.run(&SCRIPTS.ids, &keys, &arguments).await?;
            while !reply.is_empty() {
                spots.push(Spot::of_id(&kind, long(&kind, &reply.text()?)));
            }
        }
        spots.sort_unstable_by(|one, two| one.id.cmp(&two.id));
        spots.truncate(most);
        Ok(spots)
    }

    async fn kinds_of(&self, filter: &JobFilter) -> Result<Vec<String>> {
        match &filter.kind {
            Some(kind) => Ok(vec![kind.clone()]),
            None => self.every_kind().await,
        }
    }

    async fn rows_at(&self, spots: &[Spot]) -> Result<HashMap<String, Shown>> {
        let mut ids: HashMap<&str, Vec<&str>> = HashMap::new();
        for spot in spots {
            ids.entry(&spot.kind).or_default().push(&spot.id);
        }
        let mut rows = HashMap::with_capacity(spots.len());
        for (kind, ids) in ids {
            for shown in self.rows(kind, &ids).await? {
                rows.insert(shown.row.id.clone(), shown);
            }
        }
        Ok(rows)
    }
}

/// The sets in which the jobs asked for are. Only dead letters have a fingerprint.
fn sets(filter: &JobFilter) -> Vec<Set> {
    let wanted = |state: State| filter.state.is_none_or(|wanted| wanted == state);
    if filter.fingerprint.is_some() {
        return [Set::Faults]
            .into_iter()
            .filter(|_| wanted(State::Dead))
            .collect();
    }
    Set::OF_STATES
        .into_iter()
        .filter(|(state, _)| wanted(*state))
        .map(|(_, set)| set)
        .collect()
}

/// Looks at the job itself: it may have moved on since its spot was read.
fn matches(filter: &JobFilter, shown: &Shown) -> bool {
    let row = &shown.row;
    filter.state.is_none_or(|state| state == row.state)
        && filter.since.is_none_or(|since| shown.changed_at >= since)
        && filter.search.as_deref().is_none_or(|text| holds(row, text))
        && (filter.fingerprint.is_none() || filter.fingerprint == row.fingerprint)
}

fn holds(row: &JobRow, text: &str) -> bool {
    let parts = [
        Some(&row.id),
        Some(&row.payload),
        row.reason.as_ref(),
        row.error.as_ref(),
        row.worker.as_ref(),
    ];
    let workers = row.history.iter().map(|attempt| &attempt.worker);
    let mut parts = parts.into_iter().flatten().chain(workers);
    parts.any(|part| part.contains(text))
}
