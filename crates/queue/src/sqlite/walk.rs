//! Walks of an index, from which a page is made: in the order of change, or in that of the ids.

use futures::TryStreamExt;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::{lease::bounded, list::Place, rows};
use crate::{JobFilter, SCAN, State};

/// SQLite unites at most 500 walks in a query, and each kind has five.
const KINDS_A_QUERY: usize = 50;

/// What a walk came by.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The jobs that match all but the text searched for, in the walk's order.
    pub(super) hits: Vec<Hit>,
    /// How many jobs were looked at, those that do not match among them.
    pub(super) looked: usize,
    /// The last that was looked at, where more is left.
    pub(super) next: Option<Place>,
}

/// A job that matches.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) seq: i64,
    pub(super) place: Place,
    /// Which of those that were looked at it was, from 1.
    pub(super) nth: usize,
}

/// Up to `most` jobs whose last change has a number below `before`, newest first.
pub(super) async fn by_change(
    connection: &mut SqliteConnection,
    filter: &JobFilter,
    before: i64,
    most: usize,
) -> sqlx::Result<Walk> {
    let kinds = match &filter.kind {
        Some(kind) => vec![kind.clone()],
        None => {
            sqlx::query_scalar("SELECT kind FROM queue_kinds")
                .fetch_all(&mut *connection)
                .await?
        }
    };
    let mut changes: Vec<(i64, i64, i64)> = Vec::new();
    for kinds in kinds.chunks(KINDS_A_QUERY) {
        // One more than asked for tells whether more is left.
        if let Some(mut query) = newest(kinds, filter, before, most + 1) {
            changes.append(&mut query.build_query_as().fetch_all(&mut *connection).await?);
        }
    }
    changes.sort_unstable_by_key(|(change, ..)| std::cmp::Reverse(*change));
    let mut more = changes.len() > most;
    changes.truncate(most);
    if let Some(since) = filter.since.map(rows::not_before) {
        // Times and change numbers rise together: behind the first that is too old, all are.
        let recent = changes.partition_point(|(_, changed_at, _)| *changed_at >= since);
        more &= recent == changes.len();
        changes.truncate(recent);
    }
    let hits: Vec<Hit> = changes
        .into_iter()
        .zip(1..)
        .map(|((change, _, seq), nth)| Hit {
            seq,
            place: Place::Change(change),
            nth,
        })
        .collect();
    Ok(Walk {
        looked: hits.len(),
        next: hits.last().filter(|_| more).map(|hit| hit.place.clone()),
        hits,
    })
}

/// The newest jobs by one walk of an index per kind and state, or per kind where they failed alike, merged as far as
/// they are asked for: so a filter by kind alone, by state alone, or by neither needs no index of its own, which every
/// transition would have to pay for. None where no job can match.
pub(super) fn newest(
    kinds: &[String],
    filter: &JobFilter,
    before: i64,
    limit: usize,
) -> Option<QueryBuilder<Sqlite>> {
    let by_state = |state: State| (" AND state = ", state.as_str().to_owned());
    let walks = match (&filter.fingerprint, filter.state) {
        (Some(fingerprint), None | Some(State::Dead)) => {
            vec![(" AND fingerprint = ", fingerprint.clone())]
        }
        (Some(_), Some(_)) => Vec::new(),
        (None, Some(state)) => vec![by_state(state)],
        (None, None) => State::ALL.map(by_state).to_vec(),
    };
    let mut query = QueryBuilder::new("");
    let mut union = "";
    for kind in kinds {
        for (column, value) in &walks {
            query
                .push(union)
                .push("SELECT change, changed_at, seq FROM queue_jobs WHERE kind = ")
                .push_bind(kind.clone())
                .push(column)
                .push_bind(value.clone())
                .push(" AND change < ")
                .push_bind(before);
            union = " UNION ALL ";
        }
    }
    query
        .push(" ORDER BY change DESC LIMIT ")
        .push_bind(bounded(limit));
    (!union.is_empty()).then_some(query)
}

/// Up to `most` jobs whose id begins with the filter's prefix and is behind `after`, in the order of the ids. It looks
/// at [`SCAN`] at most, since no index has the ids together with all else that a filter may ask for.
pub(super) async fn by_id(
    connection: &mut SqliteConnection,
    filter: &JobFilter,
    after: Option<&str>,
    most: usize,
) -> sqlx::Result<Walk> {
    let prefix = filter.prefix.as_deref().unwrap_or_default();
    let mut walk = Walk::default();
    let Some(prefix) = with_kind(prefix, filter.kind.as_deref()) else {
        return Ok(walk);
    };
    let mut query = beginning(&prefix, after);
    let mut ids = query.build().fetch(connection);
    let mut last = None;
    while let Some(row) = ids.try_next().await? {
        if walk.looked == SCAN || walk.hits.len() == most {
            walk.next = last;
            break;
        }
        walk.looked += 1;
        let place = Place::Id(row.try_get("id")?);
        if fits(filter, &row)? {
            walk.hits.push(Hit {
                seq: row.try_get("seq")?,
                place: place.clone(),
                nth: walk.looked,
            });
        }
        last = Some(place);
    }
    Ok(walk)
}

/// The prefix of the ids that begin with `prefix` and with the kind, as every id does with its own; none where no id
/// can begin with both.
fn with_kind(prefix: &str, kind: Option<&str>) -> Option<String> {
    let stem = kind.map_or_else(String::new, |kind| format!("{kind}:"));
    if prefix.starts_with(&stem) {
        Some(prefix.to_owned())
    } else {
        stem.starts_with(prefix).then_some(stem)
    }
}

/// One more than is looked at. An upper bound instead of LIKE or GLOB: those give `%`, `_`, `*`, `?` and `[` a meaning.
pub(super) fn beginning(prefix: &str, after: Option<&str>) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT seq, id, state, changed_at, fingerprint FROM queue_jobs WHERE id ",
    );
    match after {
        // Only one lower bound: SQLite would begin at the first of two, and read again all between them.
        Some(after) if after >= prefix => query.push("> ").push_bind(after.to_owned()),
        _ => query.push(">= ").push_bind(prefix.to_owned()),
    };
    if let Some(end) = end(prefix) {
        query.push(" AND id < ").push_bind(end);
    }
    query
        .push(" ORDER BY id LIMIT ")
        .push_bind(bounded(SCAN + 1));
    query
}

/// The least text above all that begin with `prefix`; none where there is no such text. UTF-8 has its characters in the
/// order of its bytes.
fn end(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// Whether a job matches in what is neither its id nor a text.
fn fits(filter: &JobFilter, row: &SqliteRow) -> sqlx::Result<bool> {
    let state: &str = row.try_get("state")?;
    let fingerprint: Option<&str> = row.try_get("fingerprint")?;
    let changed_at: i64 = row.try_get("changed_at")?;
    let since = filter.since.map_or(i64::MIN, rows::not_before);
    Ok(filter.state.is_none_or(|wanted| wanted.as_str() == state)
        && (filter.fingerprint.is_none() || filter.fingerprint.as_deref() == fingerprint)
        && changed_at >= since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_above_all_that_begin_with_it_and_below_all_else() {
        assert_eq!(end("collect:a").as_deref(), Some("collect:b"));
        assert_eq!(end("z\u{7f}").as_deref(), Some("z\u{80}"));
        assert_eq!(end("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(end("a\u{10ffff}\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(end("\u{10ffff}"), None);
        assert_eq!(end(""), None);
    }

    #[test]
    fn a_kind_lengthens_a_prefix_that_is_shorter_and_rules_out_another_kinds() {
        let of = |prefix| with_kind(prefix, Some("collect"));
        assert_eq!(of("").as_deref(), Some("collect:"));
        assert_eq!(of("col").as_deref(), Some("collect:"));
        assert_eq!(of("collect:a").as_deref(), Some("collect:a"));
        assert_eq!(of("collector:a"), None);
        assert_eq!(of("publish:a"), None);
        assert_eq!(with_kind("publish:a", None).as_deref(), Some("publish:a"));
    }
}
