//! Jobs as people see them.

use chrono::{DateTime, Utc};

use super::{
    RedisStore,
    failure::corrupt,
    fields::{Fields, unpack_record},
    keys::{kind_of, long, short},
    reply::Reply,
    scripts::SCRIPTS,
};
use crate::{Attempt, JobRow, Result, State};

impl RedisStore {
    pub(super) async fn row(&self, id: &str) -> Result<Option<JobRow>> {
        let Some(kind) = kind_of(id) else {
            return Ok(None);
        };
        Ok(self.rows(kind, &[id]).await?.pop().map(|shown| shown.row))
    }

    /// The jobs of these ids, those that exist, in the order asked.
    pub(super) async fn rows(&self, kind: &str, ids: &[&str]) -> Result<Vec<Shown>> {
        let keys = self.keys(kind)?;
        let mut arguments = self.arguments();
        arguments.extend(ids.iter().map(|id| short(kind, id).into()));
        let mut reply = self.run(&SCRIPTS.rows, &keys, &arguments).await?;
        let now = reply.moment()?;
        let mut rows = Vec::with_capacity(ids.len());
        while !reply.is_empty() {
            rows.push(self.unpack_row(kind, now, &mut reply)?);
        }
        Ok(rows)
    }

    fn unpack_row(&self, kind: &str, now: DateTime<Utc>, reply: &mut Reply<'_>) -> Result<Shown> {
        let id = long(kind, &reply.text()?);
        let (place, score) = (reply.text()?, reply.text()?);
        let job = self.unpack_job(&id, &reply.bytes()?)?;
        let unreadable = || corrupt(self.link.place(), format!("the job {id} cannot be read"));
        let told = unpack_told(&reply.bytes()?).ok_or_else(unreadable)?;
        let (lease, tries) = (reply.text()?, reply.text()?);
        let at = match score.as_str() {
            "" => told.ended.unwrap_or(job.enqueued_at),
            score => moment_of(score).ok_or_else(unreadable)?,
        };
        let mut row = JobRow {
            kind: kind.to_owned(),
            state: State::Ready,
            attempts: told.attempts,
            max_attempts: job.max_attempts,
            run_at: told.due.unwrap_or(job.enqueued_at),
            parent: job.parent,
            root: job.root,
            payload: String::from_utf8_lossy(&job.payload).into_owned(),
            enqueued_at: job.enqueued_at,
            finished_at: None,
            worker: None,
            leased_until: None,
            reason: told.reason,
            error: told.error,
            fingerprint: told.fingerprint,
            history: told.history,
            id,
        };
        let mut changed_at = at;
        match place.as_str() {
            "running" => {
                let held = self.unpack_held(&row.id, &lease)?;
                changed_at = held.started_at;
                row.state = State::Running;
                row.attempts = held.attempt;
                row.run_at = held.due.unwrap_or(job.enqueued_at);
                row.worker = Some(held.worker);
                row.leased_until = Some(at);
                row.reason = None;
            }
            "done" | "dead" => {
                row.state = State::parse(&place).unwrap_or(State::Dead);
                row.finished_at = Some(at);
            }
            _ => {
                row.state = if at > now {
                    State::Scheduled
                } else {
                    State::Ready
                };
                row.attempts = tries.parse().unwrap_or(0);
                row.run_at = at;
            }
        }
        Ok(Shown { row, changed_at })
    }
}

/// A job, and when it came to where it is, or is due to.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) row: JobRow,
    pub(super) changed_at: DateTime<Utc>,
}

/// What became of a job so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    attempts: u32,
    due: Option<DateTime<Utc>>,
    reason: Option<String>,
    pub(super) error: Option<String>,
    fingerprint: Option<String>,
    ended: Option<DateTime<Utc>>,
    history: Vec<Attempt>,
}

pub(super) fn unpack_told(value: &[u8]) -> Option<Told> {
    let mut fields = Fields(value);
    if fields.is_empty() {
        return Some(Told::default());
    }
    let mut told = Told {
        attempts: fields.number()?,
        due: Some(fields.moment()?).filter(|due| *due != DateTime::UNIX_EPOCH),
        reason: fields.optional()?,
        error: fields.optional()?,
        fingerprint: fields.optional()?,
        ended: match fields.text()? {
            "" => None,
            millis => DateTime::from_timestamp_millis(millis.parse().ok()?),
        },
        history: Vec::new(),
    };
    while !fields.is_empty() {
        told.history.push(unpack_record(fields.next()?)?);
    }
    Some(told)
}

/// The moment of a score: milliseconds, without the turn behind the point.
fn moment_of(score: &str) -> Option<DateTime<Utc>> {
    let millis = score.split('.').next()?.parse().ok()?;
    DateTime::from_timestamp_millis(millis)
}
