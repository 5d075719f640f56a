//! **transform**: reads one batch, scores it, and stores it in the warehouse.
//!
//! Enqueued by the collect that filled the batch, and by upkeep when that collect was lost. Running it twice is safe:
//! posts are upserted by key in one transaction, and a batch that is scored or discarded is left alone.

use std::sync::Arc;

use moodwire_model::{Batch, BatchState, Post, Quarantined, ScoredPost, slot};
use moodwire_queue::{Lease, Verdict};

use crate::{
    Deps, due,
    hygiene::gist,
    meters,
    payload::{self, Transform},
};

/// Longer texts are quarantined: no network's posts come near (X, the longest, allows 25,000 characters), and scoring
/// time is only bounded when the text is.
pub const MAX_TEXT_BYTES: usize = 100_000;

/// Runs the job.
pub async fn run(deps: &Deps, lease: &Lease) -> Result<(), Verdict> {
    let job: Transform = payload::decode(&lease.payload)?;
    let batch = deps
        .lake
        .batch(&job.batch)
        .await
        .map_err(deps.store_failed())?
        .ok_or_else(|| {
            Verdict::dead(format!(
                "the lake has no batch {}: discard this job",
                job.batch
            ))
        })?;
    match batch.state {
        BatchState::Queued => score_batch(deps, &batch).await?,
        // Asked for by hand, under an id of its own, it is done again.
        BatchState::Scored if lease.id != slot::transform(&batch.id) => {
            score_batch(deps, &batch).await?;
        }
        BatchState::Scored | BatchState::Discarded => return Ok(()),
        BatchState::Open => {
            return Err(Verdict::later(
                deps.now() + chrono::TimeDelta::seconds(5),
                format!("{} is still filling the batch", batch.job),
            ));
        }
    }
    due::enqueue_after(deps, lease, &batch.hours).await
}

async fn score_batch(deps: &Deps, batch: &Batch) -> Result<(), Verdict> {
    let posts = deps
        .lake
        .posts(&batch.id)
        .await
        .map_err(deps.store_failed())?;
    let (scored, mut refused) = score(deps, batch, posts).await?;
    refused.extend(store(deps, batch, &scored).await?);
    for refusal in &refused {
        tracing::warn!(post.id = %refusal.place, reason = %refusal.reason, "post quarantined");
    }
    let quarantined = deps
        .lake
        .quarantine(&refused)
        .await
        .map_err(deps.store_failed())?;
    meters::scored(&batch.source, scored.len(), quarantined);
    // False when a person has discarded the batch meanwhile: that stands.
    deps.lake
        .move_batch(
            &batch.id,
            &[BatchState::Queued],
            BatchState::Scored,
            deps.now(),
        )
        .await
        .map_err(deps.store_failed())?;
    Ok(())
}

/// Scores the posts off the async threads; what cannot be scored comes back refused.
async fn score(
    deps: &Deps,
    batch: &Batch,
    posts: Vec<Post>,
) -> Result<(Vec<ScoredPost>, Vec<Quarantined>), Verdict> {
    let (fit, unfit): (Vec<Post>, Vec<Post>) = posts
        .into_iter()
        .partition(|post| post.text.len() <= MAX_TEXT_BYTES);
    let mut refused: Vec<Quarantined> = unfit
        .iter()
        .map(|post| {
            let reason = format!(
                "the text has {} bytes, more than the {MAX_TEXT_BYTES} that are scored",
                post.text.len()
            );
            refuse(deps, batch, post, reason)
        })
        .collect();
    let scorer = Arc::clone(&deps.scorer);
    let scores = tokio::task::spawn_blocking(move || {
        fit.into_iter()
            .map(|post| (scorer.try_score(&post.text), post))
            .collect::<Vec<_>>()
    })
    .await
    .map_err(Verdict::retry)?;
    let scored_at = deps.now();
    let filters = deps.filters.get(&batch.source);
    let mut scored = Vec::with_capacity(scores.len());
    for (score, post) in scores {
        match score {
            Some(score) => scored.push(ScoredPost {
                score,
                barred: filters.and_then(|filters| filters.bar(&post)),
                gist: gist(&post.text),
                post,
                scored_at,
                batch: batch.id.clone(),
                feed: batch.source.clone(),
            }),
            None => refused.push(refuse(
                deps,
                batch,
                &post,
                "the scorer failed on its text".to_owned(),
            )),
        }
    }
    Ok((scored, refused))
}

/// Stores the whole batch in one transaction; when the warehouse does not take a value of it, post by post, so that the
/// culprit is quarantined and the rest goes through. Any other refusal (a schema that is behind, a right that is missing)
/// is no post's fault and is tried again.
async fn store(
    deps: &Deps,
    batch: &Batch,
    scored: &[ScoredPost],
) -> Result<Vec<Quarantined>, Verdict> {
    let mut refused = Vec::new();
    for chunk in scored.chunks(Batch::MAX_POSTS) {
        match deps.warehouse.upsert(chunk).await {
            Ok(_) => continue,
            Err(moodwire_warehouse::Error::BadValue(_)) => {}
            Err(error) => return Err(deps.store_failed()(error)),
        }
        for scored in chunk {
            match deps.warehouse.upsert(std::slice::from_ref(scored)).await {
                Ok(_) => {}
                Err(moodwire_warehouse::Error::BadValue(reason)) => {
                    refused.push(refuse(deps, batch, &scored.post, reason));
                }
                Err(error) => return Err(deps.store_failed()(error)),
            }
        }
    }
    Ok(refused)
}

fn refuse(deps: &Deps, batch: &Batch, post: &Post, reason: String) -> Quarantined {
    let cut = post.text.floor_char_boundary(Quarantined::MAX_SAMPLE);
    Quarantined {
        id: format!("post:{}", post.key),
        source: batch.source.clone(),
        place: post.key.to_string(),
        reason,
        sample: post.text.get(..cut).unwrap_or_default().to_owned(),
        at: deps.now(),
    }
}
