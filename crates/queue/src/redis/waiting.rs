//! Adding jobs, and leasing them to workers.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    RedisStore, by_kind,
    failure::corrupt,
    jobs::pack_job,
    keys::{kind_of, long, short},
    millis, number,
    scripts::SCRIPTS,
};
use crate::{CHUNK, Enqueued, Error, Fetched, Lease, NewJob, Result};

/// The most payload that one script adds, bytes: a few milliseconds of Redis' only thread.
const CHUNK_BYTES: usize = 8 << 20;

/// The longest id, bytes.
const LONGEST_ID: usize = 1_024;

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
            arguments.push(short(kind, &job.id).into());
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
        let token: u64 = reply.count()?;
        let attempts = reply.text()?;
        let mut attempts = attempts.split_ascii_whitespace();
        let wait = next_due.saturating_sub(started_at.timestamp_millis());
        let mut fetched = Fetched {
            leases: Vec::with_capacity(reply.len() / 2),
            next_due: u64::try_from(wait)
                .ok()
                .filter(|_| next_due >= 0)
                .map(Duration::from_millis),
        };
        while !reply.is_empty() {
            let id = long(kind, &reply.text()?);
            let job = self.unpack_job(&id, &reply.bytes()?)?;
            let (attempt, due) = attempts
                .next()
                .map_or(Some((1, None)), begun)
                .ok_or_else(|| corrupt(self.link.place(), format!("the attempt of {id}")))?;
            fetched.leases.push(Lease {
                id,
                kind: kind.to_owned(),
                token,
                attempt,
                max_attempts: job.max_attempts,
                payload: job.payload,
                parent: job.parent,
                root: job.root,
                due_at: due.unwrap_or(job.enqueued_at),
                started_at,
            });
        }
        Ok(fetched)
    }
}

/// Which attempt begins and, of a job that was scheduled, when it was due: `3:1790000000000`, or `1`.
fn begun(word: &str) -> Option<(u32, Option<DateTime<Utc>>)> {
    let Some((attempt, due)) = word.split_once(':') else {
        return Some((word.parse().ok()?, None));
    };
    let due = DateTime::from_timestamp_millis(due.parse().ok()?)?;
    Some((attempt.parse().ok()?, Some(due)))
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
    if kind_of(&job.id) != Some(&job.kind) || short(&job.kind, &job.id).is_empty() {
        return Err(Error::Refused(format!(
            "the job \"{id}\" of kind \"{}\" cannot be enqueued: a kind is made of lowercase letters, digits and \
             \"-\", and an id is its kind, \":\" and more",
            job.kind.escape_debug()
        )));
    }
    if job.id.len() > LONGEST_ID {
        return Err(Error::Refused(format!(
            "the job \"{id:.60}…\" cannot be enqueued: its id has {} bytes, and {LONGEST_ID} is the most",
            job.id.len()
        )));
    }
    if job.max_attempts == 0 {
        return Err(Error::Refused(format!(
            "the job \"{id}\" has no attempts: give it at least 1"
        )));
    }
    Ok(())
}
