//! Lineage: from the collect that read a page, by the batch, to the hours and their messages.
//!
//! What came of a job is found by what it stands for, not by the queue's rows, which are dropped some time after their end.

use chrono::{DateTime, Utc};
use moodwire_model::{Batch, BatchState, Hour, slot};
use moodwire_queue::{JobRow, State};
use moodwire_warehouse::Publication;
use moodwire_workers::payload::{Publish, Transform};
use serde::Serialize;

use crate::console::{Console, refusal::Refusal};

/// How many batches after a collect's beginning are looked at.
const LOOKED: usize = 500;

/// What a job comes from, and what came of it.
#[derive(Debug, Default, Serialize)]
pub(in crate::console) struct Lineage {
    /// The job that enqueued it.
    pub(super) parent: Option<Other>,
    /// The job that began the run.
    pub(super) root: Option<Other>,
    /// Batches that it stored, or that it scores.
    pub(super) batches: Vec<BatchRow>,
    /// Hours that its posts count in, or that it publishes.
    pub(super) hours: Vec<Hour>,
    /// The publication that it is there for.
    pub(super) publication: Option<Publication>,
}

/// Another job.
#[derive(Debug, Serialize)]
pub(in crate::console) struct Other {
    pub(super) id: String,
    /// None when its row was dropped.
    pub(super) state: Option<State>,
}

/// A batch with its transform.
#[derive(Debug, Serialize)]
pub(in crate::console) struct BatchRow {
    pub(super) id: String,
    pub(super) source: String,
    pub(super) state: BatchState,
    pub(super) posts: u64,
    /// The collect that stored it.
    pub(super) collect: String,
    pub(super) transform: Other,
    opened_at: DateTime<Utc>,
}

pub(super) async fn of(console: &Console, job: &JobRow) -> Result<Lineage, Refusal> {
    let mut lineage = Lineage::default();
    if let Some(parent) = &job.parent {
        lineage.parent = Some(other(console, parent).await?);
    }
    if let Some(root) = job
        .root
        .as_ref()
        .filter(|root| Some(*root) != job.parent.as_ref())
    {
        lineage.root = Some(other(console, root).await?);
    }
    match &*job.kind {
        slot::COLLECT => of_collect(console, job, &mut lineage).await?,
        slot::TRANSFORM => {
            if let Ok(payload) = serde_json::from_str::<Transform>(&job.payload)
                && let Some(batch) = console.deps.lake.batch(&payload.batch).await?
            {
                lineage.hours = batch.hours.iter().copied().collect();
                lineage.batches.push(row(console, batch).await?);
            }
        }
        slot::PUBLISH => {
            if let Ok(payload) = serde_json::from_str::<Publish>(&job.payload) {
                let warehouse = &console.deps.warehouse;
                lineage.hours.push(payload.hour);
                lineage.publication = warehouse
                    .publication(payload.hour, &payload.channel)
                    .await?;
            }
        }
        _ => {}
    }
    Ok(lineage)
}

/// Batches are numbered by the time of their opening: those of a collect follow its enqueueing.
async fn of_collect(console: &Console, job: &JobRow, lineage: &mut Lineage) -> Result<(), Refusal> {
    let states = [
        BatchState::Open,
        BatchState::Queued,
        BatchState::Scored,
        BatchState::Discarded,
    ];
    let after = moodwire_model::first_ulid_at(job.enqueued_at);
    let batches = console
        .deps
        .lake
        .batches(&states, Some(&after), LOOKED)
        .await?;
    let own = batches.into_iter().filter(|batch| batch.job == job.id);
    let mut hours = std::collections::BTreeSet::new();
    for batch in own {
        hours.extend(batch.hours.iter().copied());
        lineage.batches.push(row(console, batch).await?);
    }
    lineage.hours = hours.into_iter().collect();
    Ok(())
}

async fn row(console: &Console, batch: Batch) -> Result<BatchRow, Refusal> {
    Ok(BatchRow {
        transform: other(console, &slot::transform(&batch.id)).await?,
        id: batch.id,
        source: batch.source,
        state: batch.state,
        posts: batch.count,
        collect: batch.job,
        opened_at: batch.opened_at,
    })
}

async fn other(console: &Console, id: &str) -> Result<Other, Refusal> {
    let row = console.deps.queue.get(id).await?;
    Ok(Other {
        id: id.to_owned(),
        state: row.map(|row| row.state),
    })
}
