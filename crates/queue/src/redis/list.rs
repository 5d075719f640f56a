//! Listings: newest change first, over kinds and states, page by page.
//!
//! A job stands where its state is about: a scheduled one at the moment it is due, a ready one at the moment it became
//! due, a running one at the moment it began, an ended one at its end. So the sorted sets are all the index there is,
//! and a job that moves on while someone turns pages is not shown twice.

use std::{cmp::Ordering, collections::HashMap};

use super::{RedisStore, number, scripts::SCRIPTS};
use crate::{Error, JobFilter, JobRow, Page, Result, State};

/// The most jobs that a page shows, and that one call reads to find those which a search wants.
const MOST: usize = 1_000;

/// How many jobs are read whole at a time: a few milliseconds of Redis' only thread.
const READ: usize = 100;

/// Where a job stands in a listing.
#[derive(Debug, Clone)]
struct Spot {
    kind: String,
    id: String,
    score: f64,
}

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
        let scans = filter.search.is_some() || filter.fingerprint.is_some();
        let most = if scans { MOST } else { limit };
        let mut spots = self.spots(filter, after, most + 1).await?;
        let mut more = spots.len() > most;
        spots.truncate(most);

        let mut jobs = Vec::new();
        let mut last = None;
        'reading: for chunk in spots.chunks(READ) {
            let mut rows = self.rows_at(chunk).await?;
            for spot in chunk {
                if jobs.len() == limit {
                    more = true;
                    break 'reading;
                }
                last = Some(spot);
                jobs.extend(rows.remove(&spot.id).filter(|row| matches(filter, row)));
            }
        }
        Ok(Page {
            jobs,
            next: last.filter(|_| more).map(token),
            looked: spots.len(),
        })
    }

    /// Where the next jobs of the kinds and states asked for stand, in the listing's order.
    async fn spots(
        &self,
        filter: &JobFilter,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Spot>> {
        let (score, id) = match after {
            Some(token) => parse_token(token)?,
            None => ("", ""),
        };
        let mut arguments = self.arguments();
        arguments.extend([
            states(filter).into(),
            score.into(),
            id.into(),
            filter
                .since
                .map_or_else(Vec::new, |since| number(since.timestamp_millis())),
            number(most),
        ]);
        let kinds = match &filter.kind {
            Some(kind) => vec![kind.clone()],
            None => self.every_kind().await?,
        };
        let mut spots = Vec::new();
        for kind in kinds {
            let keys = self.keys(&kind)?;
            let mut reply = self.run(&SCRIPTS.page, &keys, &arguments).await?;
            while !reply.is_empty() {
                spots.push(Spot {
                    kind: kind.clone(),
                    id: reply.text()?,
                    score: reply.text()?.parse().unwrap_or(0.0),
                });
            }
        }
        spots.sort_unstable_by(newest_first);
        spots.truncate(most);
        Ok(spots)
    }

    async fn rows_at(&self, spots: &[Spot]) -> Result<HashMap<String, JobRow>> {
        let mut ids: HashMap<&str, Vec<&str>> = HashMap::new();
        for spot in spots {
            ids.entry(&spot.kind).or_default().push(&spot.id);
        }
        let mut rows = HashMap::with_capacity(spots.len());
        for (kind, ids) in ids {
            for row in self.rows(kind, &ids).await? {
                rows.insert(row.id.clone(), row);
            }
        }
        Ok(rows)
    }
}

fn newest_first(one: &Spot, two: &Spot) -> Ordering {
    two.score
        .total_cmp(&one.score)
        .then_with(|| two.id.cmp(&one.id))
}

/// The letters of `page.lua` for the states asked for. Only dead letters have a fingerprint.
fn states(filter: &JobFilter) -> String {
    let letter = |state| match state {
        State::Scheduled => 's',
        State::Ready => 'r',
        State::Running => 'l',
        State::Done => 'd',
        State::Dead => 'x',
    };
    State::ALL
        .into_iter()
        .filter(|state| filter.state.is_none_or(|wanted| wanted == *state))
        .filter(|state| filter.fingerprint.is_none() || *state == State::Dead)
        .map(letter)
        .collect()
}

/// Looks at the job itself: it may have moved on since its spot was read.
fn matches(filter: &JobFilter, row: &JobRow) -> bool {
    let holds = |text: &str| {
        let parts = [
            Some(&row.id),
            Some(&row.payload),
            row.reason.as_ref(),
            row.error.as_ref(),
        ];
        parts.into_iter().flatten().any(|part| part.contains(text))
    };
    filter.state.is_none_or(|state| state == row.state)
        && filter.search.as_deref().is_none_or(holds)
        && (filter.fingerprint.is_none() || filter.fingerprint == row.fingerprint)
}

/// The spot of the last job that was looked at. A page goes on behind it, whether the job is there still or not.
fn token(spot: &Spot) -> String {
    format!("{}/{}", spot.score, spot.id)
}

fn parse_token(token: &str) -> Result<(&str, &str)> {
    token
        .split_once('/')
        .filter(|(score, _)| score.parse::<f64>().is_ok_and(f64::is_finite))
        .ok_or_else(|| {
            Error::Refused(format!(
                "\"{}\" is no place in a listing: pass on what the page before gave, or begin anew",
                token.escape_debug()
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_spot_exactly() {
        for score in [1_732_400_000_000.123, 1_732_400_000_000.0, 4e15] {
            let spot = Spot {
                kind: "collect".to_owned(),
                id: "collect:a/b".to_owned(),
                score,
            };
            let token = token(&spot);
            let (text, id) = parse_token(&token).unwrap();
            assert_eq!(id, "collect:a/b");
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), score.to_bits());
        }
        assert!(parse_token("collect:a").is_err());
        assert!(parse_token("inf/collect:a").is_err());
    }
}
