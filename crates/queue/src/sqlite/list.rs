//! Showing jobs: one whole, or a page of those that match, newest change first.

use std::collections::HashMap;

use sqlx::{FromRow, QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStore, lease::bounded, rows};
use crate::{Attempt, Error, JobFilter, JobRow, Page, Result, State};

/// No page has more jobs.
const LONGEST_PAGE: usize = 1000;

/// How many jobs a call looks into at most when it searches their texts.
const SEARCH_STEP: usize = 1000;

/// SQLite unites at most 500 walks in a query, and each kind has five.
const KINDS_A_QUERY: usize = 50;

impl SqliteStore {
    pub(super) async fn job(&self, id: &str) -> sqlx::Result<Option<JobRow>> {
        let mut reading = self.database.reader().begin().await?;
        let row = sqlx::query("SELECT * FROM queue_jobs WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *reading)
            .await?;
        let rows: Vec<SqliteRow> = row.into_iter().collect();
        Ok(whole(&mut reading, &rows).await?.pop())
    }

    /// The page of jobs whose last change has a number below `before`.
    pub(super) async fn page(
        &self,
        filter: &JobFilter,
        before: i64,
        limit: usize,
    ) -> sqlx::Result<Page> {
        let limit = limit.clamp(1, LONGEST_PAGE);
        let mut reading = self.database.reader().begin().await?;
        // One more than the page holds tells whether it is the last.
        let step = match filter.search {
            Some(_) => SEARCH_STEP,
            None => limit + 1,
        };
        let mut hits = scan(&mut reading, filter, before, step).await?;
        let mut more = hits.len() == step;
        if let Some(since) = filter.since.map(rows::not_before) {
            // Times and change numbers rise together: behind the first that is too old, all are.
            let recent = hits.partition_point(|hit| hit.changed_at >= since);
            more &= recent == hits.len();
            hits.truncate(recent);
        }
        if filter.search.is_none() {
            hits.truncate(limit);
        }
        let rows = load(&mut reading, filter.search.as_deref(), &hits, limit).await?;
        let scanned = hits.last().map(|hit| hit.change);
        // A full page ends at its last job, even where the search saw further.
        let end = match rows.last() {
            Some(last) if rows.len() == limit => Some(last.try_get("change")?),
            _ => scanned,
        };
        let next = end.filter(|_| more || end != scanned);
        Ok(Page {
            jobs: whole(&mut reading, &rows).await?,
            looked: hits.len(),
            next: next.map(|change| change.to_string()),
        })
    }
}

/// The change number that a page's token stands for; a listing begins above all.
pub(super) fn position(after: Option<&str>) -> Result<i64> {
    after.map_or(Ok(i64::MAX), |token| {
        token.parse().map_err(|_| {
            Error::Refused(format!(
                "\"{token}\" continues no listing: pass what the last page gave as next"
            ))
        })
    })
}

#[derive(Debug)]
struct Hit {
    seq: i64,
    change: i64,
    changed_at: i64,
}

impl FromRow<'_, SqliteRow> for Hit {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            seq: row.try_get("seq")?,
            change: row.try_get("change")?,
            changed_at: row.try_get("changed_at")?,
        })
    }
}

/// The newest `step` jobs of the filter's kind, state and fingerprint, whatever their texts and age.
async fn scan(
    connection: &mut SqliteConnection,
    filter: &JobFilter,
    before: i64,
    step: usize,
) -> sqlx::Result<Vec<Hit>> {
    if let Some(fingerprint) = &filter.fingerprint {
        return ordered(connection, alike(filter, fingerprint, before), step).await;
    }
    let kinds = match &filter.kind {
        Some(kind) => vec![kind.clone()],
        None => {
            sqlx::query_scalar("SELECT kind FROM queue_kinds")
                .fetch_all(&mut *connection)
                .await?
        }
    };
    let mut hits: Vec<Hit> = Vec::new();
    for kinds in kinds.chunks(KINDS_A_QUERY) {
        let query = newest(kinds, filter.state, before, step);
        hits.append(&mut ordered(connection, query, step).await?);
    }
    hits.sort_unstable_by_key(|hit| std::cmp::Reverse(hit.change));
    hits.truncate(step);
    Ok(hits)
}

async fn ordered(
    connection: &mut SqliteConnection,
    mut query: QueryBuilder<Sqlite>,
    step: usize,
) -> sqlx::Result<Vec<Hit>> {
    query
        .push(" ORDER BY change DESC LIMIT ")
        .push_bind(bounded(step))
        .build_query_as()
        .fetch_all(connection)
        .await
}

pub(super) fn alike(filter: &JobFilter, fingerprint: &str, before: i64) -> QueryBuilder<Sqlite> {
    let mut query =
        QueryBuilder::new("SELECT seq, change, changed_at FROM queue_jobs WHERE fingerprint = ");
    query
        .push_bind(fingerprint.to_owned())
        .push(" AND change < ")
        .push_bind(before);
    if let Some(kind) = &filter.kind {
        query.push(" AND kind = ").push_bind(kind.clone());
    }
    if let Some(state) = filter.state {
        query.push(" AND state = ").push_bind(state.as_str());
    }
    query
}

/// One walk of the index per kind and state, each as short as the whole: a filter by kind alone, by state alone, or by
/// neither needs no index of its own, which every transition would have to pay for.
pub(super) fn newest(
    kinds: &[String],
    state: Option<State>,
    before: i64,
    step: usize,
) -> QueryBuilder<Sqlite> {
    let states = match state {
        Some(state) => vec![state],
        None => State::ALL.to_vec(),
    };
    let mut query = QueryBuilder::new("");
    for (index, (kind, state)) in kinds
        .iter()
        .flat_map(|kind| states.iter().map(move |state| (kind, state)))
        .enumerate()
    {
        let union = if index == 0 { "" } else { " UNION ALL " };
        query
            .push(union)
            .push("SELECT * FROM (SELECT seq, change, changed_at FROM queue_jobs WHERE kind = ")
            .push_bind(kind.clone())
            .push(" AND state = ")
            .push_bind(state.as_str())
            .push(" AND change < ")
            .push_bind(before)
            .push(" ORDER BY change DESC LIMIT ")
            .push_bind(bounded(step))
            .push(")");
    }
    query
}

/// The hits' rows, newest change first: those that contain `search`, where it is given.
async fn load(
    connection: &mut SqliteConnection,
    search: Option<&str>,
    hits: &[Hit],
    limit: usize,
) -> sqlx::Result<Vec<SqliteRow>> {
    let seqs: Vec<i64> = hits.iter().map(|hit| hit.seq).collect();
    sqlx::query(LOAD)
        .bind(rows::json(&seqs))
        .bind(search)
        .bind(bounded(limit))
        .fetch_all(connection)
        .await
}

/// The payload is searched as bytes: as text it would end at its first NUL.
pub(super) const LOAD: &str = "
    SELECT job.* FROM json_each(?1) AS hit JOIN queue_jobs AS job ON job.seq = hit.value
    WHERE ?2 IS NULL
        OR instr(job.id, ?2) OR instr(job.payload, CAST(?2 AS BLOB))
        OR instr(job.reason, ?2) OR instr(job.error, ?2)
    ORDER BY hit.key LIMIT ?3";

/// The rows as jobs, each with its history.
async fn whole(connection: &mut SqliteConnection, rows: &[SqliteRow]) -> sqlx::Result<Vec<JobRow>> {
    let seqs: Vec<i64> = rows
        .iter()
        .map(|row| row.try_get("seq"))
        .collect::<sqlx::Result<_>>()?;
    let records = sqlx::query(HISTORY)
        .bind(rows::json(&seqs))
        .fetch_all(connection)
        .await?;
    let mut histories: HashMap<i64, Vec<Attempt>> = HashMap::new();
    for record in &records {
        histories
            .entry(record.try_get("job")?)
            .or_default()
            .push(rows::attempt(record)?);
    }
    rows.iter()
        .zip(seqs)
        .map(|(row, seq)| {
            Ok(JobRow {
                history: histories.remove(&seq).unwrap_or_default(),
                ..rows::job(row)?
            })
        })
        .collect()
}

pub(super) const HISTORY: &str = "
    SELECT * FROM queue_history WHERE job IN (SELECT value FROM json_each(?)) ORDER BY job, n";
