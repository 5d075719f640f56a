//! A batch and its content, in an order that survives a crash at every step: (1) batch row `open` with the hours that its
//! posts touch, (2) posts under their keys, or the marks that they are deleted, (3) batch `queued`, (4) transform
//! enqueued.

use std::collections::BTreeSet;

use moodwire_lake::Inserted;
use moodwire_model::{Batch, BatchState, Hour, Post, PostKey, slot};
use moodwire_queue::{Lease, Verdict};
use moodwire_sources::Source;

use crate::{Deps, payload};

/// What a batch is made of; at most [`Batch::MAX_POSTS`].
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// Posts, new or in a newer version.
    Posts(&'a [Post]),
    /// Posts that are deleted.
    Deleted(&'a [PostKey]),
}

/// Steps 1 to 4.
pub(super) async fn store(
    deps: &Deps,
    lease: &Lease,
    source: &dyn Source,
    content: Content<'_>,
) -> Result<Inserted, Verdict> {
    let hours = hours(deps, content).await?;
    if hours.is_empty() {
        return Ok(Inserted::default());
    }
    let batch = Batch {
        id: deps.ulid(),
        source: source.name().to_owned(),
        state: BatchState::Open,
        count: 0,
        hours,
        job: lease.id.clone(),
        opened_at: deps.now(),
        changed_at: deps.now(),
    };
    let lake = &*deps.lake;
    lake.open_batch(&batch).await.map_err(deps.store_failed())?;
    let came = fill(deps, &batch.id, content).await?;
    if came.inserted + came.edited == 0
        && lake
            .drop_empty_batch(&batch.id)
            .await
            .map_err(deps.store_failed())?
    {
        return Ok(came);
    }
    let id = close(deps, &batch.id).await?;
    let mut job = deps.job(slot::TRANSFORM, id, &payload::Transform::of(&batch.id));
    job.parent = Some(lease.id.clone());
    job.root = Some(lease.root.clone().unwrap_or_else(|| lease.id.clone()));
    deps.queue
        .enqueue(&[job])
        .await
        .map_err(deps.store_failed())?;
    Ok(came)
}

/// The hours that the content touches: of a post that is there already, the one that it counts in, which another
/// version of it may place elsewhere.
async fn hours(deps: &Deps, content: Content<'_>) -> Result<BTreeSet<Hour>, Verdict> {
    let (mut hours, known): (BTreeSet<Hour>, Vec<PostKey>) = match content {
        Content::Posts(posts) => (
            posts.iter().map(|post| post.hour).collect(),
            posts
                .iter()
                .filter(|post| post.edited_at.is_some())
                .map(|post| post.key.clone())
                .collect(),
        ),
        Content::Deleted(keys) => (BTreeSet::new(), keys.to_vec()),
    };
    if !known.is_empty() {
        let stored = deps.lake.hours_of(&known).await;
        hours.extend(stored.map_err(deps.store_failed())?.into_values());
    }
    Ok(hours)
}

/// Step 2. Deletions count as edits.
async fn fill(deps: &Deps, batch: &str, content: Content<'_>) -> Result<Inserted, Verdict> {
    let came = match content {
        Content::Posts(posts) => deps.lake.insert_posts(batch, posts).await,
        Content::Deleted(keys) => {
            let deleted = deps.lake.delete_posts(batch, keys, deps.now()).await;
            deleted.map(|edited| Inserted {
                edited,
                ..Inserted::default()
            })
        }
    };
    came.map_err(deps.store_failed())
}

/// Step 3; the id that the batch's transform gets.
async fn close(deps: &Deps, batch: &str) -> Result<String, Verdict> {
    let lake = &*deps.lake;
    let queued = lake
        .move_batch(batch, &[BatchState::Open], BatchState::Queued, deps.now())
        .await
        .map_err(deps.store_failed())?;
    if queued {
        return Ok(slot::transform(batch));
    }
    // Upkeep took this collect for lost and closed the batch; a transform may have read it before the last posts were
    // in. It is scored once more, under an id of its own.
    let scored = [BatchState::Queued, BatchState::Scored];
    lake.move_batch(batch, &scored, BatchState::Queued, deps.now())
        .await
        .map_err(deps.store_failed())?;
    Ok(deps.by_hand(&slot::transform(batch)))
}
