//! Leases while they run: renewed, or found to have expired.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    RedisStore,
    failure::corrupt,
    jobs::{Stored, unpack_job},
    keys::{long, short},
    millis, number,
    scripts::SCRIPTS,
};
use crate::{CHUNK, Lease, Result};

impl RedisStore {
    pub(super) async fn extend(
        &self,
        kind: &str,
        leases: &[(String, u64)],
        lease: Duration,
    ) -> Result<Vec<bool>> {
        let keys = self.keys(kind)?;
        let mut answers = Vec::with_capacity(leases.len());
        for chunk in leases.chunks(CHUNK) {
            let mut arguments = self.arguments();
            arguments.push(number(millis(lease)));
            for (id, token) in chunk {
                arguments.extend([short(kind, id).into(), number(token)]);
            }
            let mut reply = self.run(&SCRIPTS.renew, &keys, &arguments).await?;
            for _ in chunk {
                answers.push(reply.number()? == 1);
            }
        }
        Ok(answers)
    }

    pub(super) async fn lost(&self, kind: &str) -> Result<Vec<(Lease, String)>> {
        let mut arguments = self.arguments();
        arguments.push(number(CHUNK));
        let keys = self.keys(kind)?;
        let mut reply = self.run(&SCRIPTS.expired, &keys, &arguments).await?;
        let mut lost = Vec::new();
        while !reply.is_empty() {
            let id = long(kind, &reply.text()?);
            let held = self.unpack_held(&id, &reply.text()?)?;
            let job = self.unpack_job(&id, &reply.bytes()?)?;
            let lease = Lease {
                id,
                kind: kind.to_owned(),
                token: held.token,
                attempt: held.attempt,
                max_attempts: job.max_attempts,
                payload: job.payload,
                parent: job.parent,
                root: job.root,
                due_at: held.due.unwrap_or(job.enqueued_at),
                started_at: held.started_at,
            };
            lost.push((lease, held.worker));
        }
        Ok(lost)
    }

    /// Reads a job as the scripts keep it.
    pub(super) fn unpack_job(&self, id: &str, value: &[u8]) -> Result<Stored> {
        unpack_job(value)
            .ok_or_else(|| corrupt(self.link.place(), format!("the job {id} cannot be read")))
    }

    /// Reads a lease as the scripts keep it.
    pub(super) fn unpack_held(&self, id: &str, value: &str) -> Result<Held> {
        unpack_held(value)
            .ok_or_else(|| corrupt(self.link.place(), format!("the lease of {id}: \"{value}\"")))
    }
}

/// A lease as the scripts keep it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) token: u64,
    pub(super) attempt: u32,
    /// When the job was due; none for one that was due since it was enqueued.
    pub(super) due: Option<DateTime<Utc>>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) worker: String,
}

fn unpack_held(value: &str) -> Option<Held> {
    let mut words = value.splitn(6, ' ');
    let moment = |word: Option<&str>| DateTime::from_timestamp_millis(word?.parse().ok()?);
    let (token, attempt) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let due = moment(words.next()).filter(|due| *due != DateTime::UNIX_EPOCH);
    // Whether it has a past is told by what is there.
    words.next()?;
    Some(Held {
        token,
        attempt,
        due,
        started_at: moment(words.next())?,
        worker: words.next()?.to_owned(),
    })
}
