//! Adding jobs.

use super::{SqliteStore, rows, write::Write};
use crate::{CHUNK, Enqueued, Error, NewJob, Result, State};

impl SqliteStore {
    pub(super) async fn enqueue_all(&self, jobs: &[NewJob]) -> sqlx::Result<Vec<Enqueued>> {
        let mut answers = Vec::with_capacity(jobs.len());
        for chunk in jobs.chunks(CHUNK) {
            let mut write = self.begin().await?;
            for job in chunk {
                answers.push(Enqueued {
                    id: job.id.clone(),
                    duplicate: !add(&mut write, job).await?,
                });
            }
            write.commit().await?;
        }
        Ok(answers)
    }
}

/// Refuses jobs that no queue could keep or run, before any of them is written.
pub(super) fn refuse_senseless(jobs: &[NewJob]) -> Result<()> {
    for job in jobs {
        refuse_bad_kind(&job.kind)?;
        let slot = job
            .id
            .strip_prefix(&job.kind)
            .and_then(|rest| rest.strip_prefix(':'));
        if slot.is_none_or(str::is_empty) {
            return Err(Error::Refused(format!(
                "the job id \"{}\" does not begin with its kind: write \"{}:…\"",
                job.id, job.kind
            )));
        }
        if job.max_attempts == 0 {
            return Err(Error::Refused(format!(
                "the job \"{}\" has no attempts: give it at least 1",
                job.id
            )));
        }
    }
    Ok(())
}

/// Refuses a kind that is no word of lowercase letters, digits and `-`.
pub(super) fn refuse_bad_kind(kind: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if kind.is_empty() || !kind.bytes().all(fits) {
        return Err(Error::Refused(format!(
            "\"{kind}\" is no kind of job: write lowercase letters, digits and \"-\""
        )));
    }
    Ok(())
}

/// False when the id exists already.
async fn add(write: &mut Write, job: &NewJob) -> sqlx::Result<bool> {
    let now = write.now();
    let run_at = job.run_at.map_or(now, rows::not_before);
    let state = if run_at <= now {
        State::Ready
    } else {
        State::Scheduled
    };
    let added = sqlx::query(ADD)
        .bind(&job.id)
        .bind(&job.kind)
        .bind(state.as_str())
        .bind(job.max_attempts)
        .bind(run_at)
        .bind(write.next_change())
        .bind(now)
        .bind(&job.parent)
        .bind(&job.root)
        .bind(&job.payload)
        .execute(write.connection())
        .await?
        .rows_affected()
        == 1;
    if added {
        write.changes(1);
        write.moved(&job.kind, None, Some(state), 1);
    }
    Ok(added)
}

pub(super) const ADD: &str = "
    INSERT INTO queue_jobs
        (id, kind, state, max_attempts, run_at, change, changed_at, enqueued_at, parent, root, payload)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?9, ?10)
    ON CONFLICT (id) DO NOTHING";
