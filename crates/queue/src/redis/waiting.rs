//! Adding jobs, and leasing them to workers.

use std::time::Duration;

use super::{
    RedisStore, by_kind,
    fields::{Fields, Packed},
    keys::kind_of,
    millis, number,
    reply::Reply,
    scripts::SCRIPTS,
};
use crate::{CHUNK, Enqueued, Error, Fetched, Lease, NewJob, Result};

/// The most payload that one script adds, bytes: a few milliseconds of Redis' only thread.
const CHUNK_BYTES: usize = 8 << 20;

impl RedisStore {
    pub(super) async fn add(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(refuse_nonsense)?;
        let mut answers: Vec<Enqueued> = jobs
            .iter()
            .map(|job| Enqueued {
                id: job.id.clone(),
                duplicate: true,
            })
            .collect();
        for (kind, positions) in by_kind(jobs.iter().map(|job| Some(job.kind.as_str()))) {
            if !self.has_entered(kind) {
                self.keys(kind)?;
                self.enter(kind).await?;
            }
            let mut rest = &positions[..];
            while !rest.is_empty() {
                let (chunk, behind) = rest.split_at(chunk_length(jobs, rest));
                self.add_chunk(kind, jobs, chunk, &mut answers).await?;
                rest = behind;
            }
        }
        Ok(answers)
    }

    async fn add_chunk(
        &self,
        kind: &str,
        jobs: &[NewJob],
        chunk: &[usize],
        answers: &mut [Enqueued],
    ) -> Result<()> {
        let mut arguments = self.arguments();
        for job in chunk.iter().map(|index| &jobs[*index]) {
            arguments.push(job.id.clone().into_bytes());
            arguments.push(
                job.run_at
                    .map_or_else(Vec::new, |at| number(at.timestamp_millis())),
            );
            arguments.push(pack_job(job));
        }
        let keys = self.keys(kind)?;
        let mut reply = self.run(&SCRIPTS.enqueue, &keys, &arguments).await?;
        let fresh = reply.number()? == 1;
        for index in chunk {
            answers[*index].duplicate = reply.number()? == 0;
        }
        // The kind is new to a Redis that this process knows: it was emptied, the set of kinds with it.
        if fresh {
            self.enter(kind).await?;
        }
        Ok(())
    }

    pub(super) async fn lease(
        &self,
        kind: &str,
        n: usize,
        worker: &str,
        lease: Duration,
    ) -> Result<Fetched> {
        let mut arguments = self.arguments();
        arguments.extend([number(n), worker.into(), number(millis(lease))]);
        let keys = self.keys(kind)?;
        let mut reply = self.run(&SCRIPTS.fetch, &keys, &arguments).await?;
        let started_at = reply.moment()?;
        let next_due = reply.number()?;
        let wait = next_due.saturating_sub(started_at.timestamp_millis());
        let mut fetched = Fetched {
            leases: Vec::with_capacity(reply.len() / 4),
            next_due: u64::try_from(wait)
                .ok()
                .filter(|_| next_due >= 0)
                .map(Duration::from_millis),
        };
        while !reply.is_empty() {
            let lease = self.unpack_lease(kind, started_at, &mut reply)?;
            fetched.leases.push(lease);
        }
        Ok(fetched)
    }

    fn unpack_lease(
        &self,
        kind: &str,
        started_at: chrono::DateTime<chrono::Utc>,
        reply: &mut Reply<'_>,
    ) -> Result<Lease> {
        let id = reply.text()?;
        let (token, attempt) = (reply.count()?, reply.count()?);
        let job = self.unpack_job(&id, &reply.bytes()?)?;
        Ok(Lease {
            id,
            kind: kind.to_owned(),
            token,
            attempt,
            max_attempts: job.max_attempts,
            payload: job.payload,
            parent: job.parent,
            root: job.root,
            started_at,
        })
    }
}

/// How many of the jobs at these positions one script takes, at least one.
fn chunk_length(jobs: &[NewJob], positions: &[usize]) -> usize {
    let mut bytes = 0;
    let fitting = positions.iter().take(CHUNK).take_while(|index| {
        bytes += jobs[**index].payload.len();
        bytes <= CHUNK_BYTES
    });
    fitting.count().max(1)
}

fn refuse_nonsense(job: &NewJob) -> Result<()> {
    let id = job.id.escape_debug();
    if kind_of(&job.id) != Some(&job.kind) {
        return Err(Error::Refused(format!(
            "the job \"{id}\" of kind \"{}\" cannot be enqueued: a kind is made of lowercase letters, digits and \
             \"-\", and an id begins with its kind and \":\"",
            job.kind.escape_debug()
        )));
    }
    if job.max_attempts == 0 {
        return Err(Error::Refused(format!(
            "the job \"{id}\" has no attempts: give it at least 1"
        )));
    }
    Ok(())
}

/// All fields of a job but the moment it was enqueued, which the script puts before them.
fn pack_job(job: &NewJob) -> Vec<u8> {
    Packed::default()
        .field(job.max_attempts.to_string())
        .optional(job.parent.as_deref())
        .optional(job.root.as_deref())
        .field(&job.payload)
        .bytes()
}

/// A job as it was enqueued.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) enqueued_at: chrono::DateTime<chrono::Utc>,
    pub(super) max_attempts: u32,
    pub(super) parent: Option<String>,
    pub(super) root: Option<String>,
    pub(super) payload: Vec<u8>,
}

/// Reads a job as the scripts keep it.
pub(super) fn unpack_stored(value: &[u8]) -> Option<Stored> {
    let mut fields = Fields(value);
    Some(Stored {
        enqueued_at: fields.moment()?,
        max_attempts: fields.number()?,
        parent: fields.optional()?,
        root: fields.optional()?,
        payload: fields.next()?.to_vec(),
    })
}
