//! Showing jobs: one whole, or a page of those that match.

use std::{collections::HashMap, fmt};

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    SqliteStore,
    lease::bounded,
    rows,
    walk::{self, Hit},
};
use crate::{Attempt, Error, JobFilter, JobRow, Page, Result, SCAN};

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

    /// The page of jobs behind `place`.
    pub(super) async fn page(
        &self,
        filter: &JobFilter,
        place: &Place,
        limit: usize,
    ) -> sqlx::Result<Page> {
        // No page has more jobs than one that searches looks at.
        let limit = limit.clamp(1, SCAN);
        let mut reading = self.database.reader().begin().await?;
        // Only the texts can tell which of those that are looked at match a search.
        let most = match filter.search {
            Some(_) => SCAN,
            None => limit,
        };
        let walk = match place {
            Place::Change(before) => walk::by_change(&mut reading, filter, *before, most).await?,
            Place::Id(after) => walk::by_id(&mut reading, filter, after.as_deref(), most).await?,
        };
        let rows = load(&mut reading, filter.search.as_deref(), &walk.hits, limit).await?;
        // A full page ends at its last job, even where the walk went further.
        let end = match rows.last() {
            Some(last) if rows.len() == limit => {
                let seq: i64 = last.try_get("seq")?;
                walk.hits.into_iter().find(|hit| hit.seq == seq)
            }
            _ => None,
        };
        let (looked, next) = match end {
            Some(hit) if hit.nth < walk.looked || walk.next.is_some() => (hit.nth, Some(hit.place)),
            _ => (walk.looked, walk.next),
        };
        Ok(Page {
            jobs: whole(&mut reading, &rows).await?,
            next: next.map(|place| place.to_string()),
            looked,
        })
    }
}

/// Where a page begins, which is behind the last job that was looked at for the one before, and so in which order:
/// a listing by prefix comes in the order of the ids, any other in that of change.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// Below this change number.
    Change(i64),
    /// Behind this id; at the first that matches when none.
    Id(Option<String>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(change) => write!(f, "change/{change}"),
            Self::Id(id) => write!(f, "id/{}", id.as_deref().unwrap_or_default()),
        }
    }
}

/// The place that a page's token stands for; without one a listing begins at its beginning.
pub(super) fn place(filter: &JobFilter, after: Option<&str>) -> Result<Place> {
    let place = match (&filter.prefix, after) {
        (None, None) => Some(Place::Change(i64::MAX)),
        (Some(_), None) => Some(Place::Id(None)),
        (None, Some(token)) => token
            .strip_prefix("change/")
            .and_then(|change| change.parse().ok())
            .map(Place::Change),
        (Some(prefix), Some(token)) => token
            .strip_prefix("id/")
            .filter(|id| id.starts_with(prefix))
            .map(|id| Place::Id(Some(id.to_owned()))),
    };
    place.ok_or_else(|| {
        let order = match filter.prefix {
            Some(_) => "listing of this prefix",
            None => "listing by change",
        };
        Error::Refused(format!(
            "\"{}\" continues no {order}: pass what its last page gave as next, or begin anew",
            after.unwrap_or_default().escape_debug()
        ))
    })
}

/// The hits' rows in the walk's order: those that contain `search`, where it is given.
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
        OR instr(job.reason, ?2) OR instr(job.error, ?2) OR instr(job.worker, ?2)
        OR EXISTS (SELECT 1 FROM queue_history AS past WHERE past.job = job.seq AND instr(past.worker, ?2))
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
