//! **rescore**: gives an hour's posts the scores of another scorer.
//!
//! Enqueued by `moodwire rescore`, an hour each. The new scores are computed beside those that are there; only then are
//! they put in their place. Running it twice is safe: the same scorer gives the same scores, and posts that have them
//! are left alone.

use std::{cmp::Ordering, collections::HashSet};

use moodwire_model::{Hour, Score};
use moodwire_queue::{Lease, Verdict};
use moodwire_warehouse::{HourPost, NewScore, Warehouse};
use serde::Serialize;

use crate::{
    Deps,
    payload::{self, Rescore},
    score::Scorer,
};

/// What a scorer would make of an hour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// The hour.
    pub hour: Hour,
    /// How many posts it has.
    pub posts: usize,
    /// How many of them would have another compound.
    pub changed: usize,
    /// The best post as it is, by its key.
    pub best: Option<String>,
    /// The best post as it would be.
    pub new_best: Option<String>,
    /// The worst post as it is.
    pub worst: Option<String>,
    /// The worst post as it would be.
    pub new_worst: Option<String>,
    /// The scores that are not there yet.
    #[serde(skip)]
    scores: Vec<NewScore>,
}

impl Preview {
    /// Whether the hour's best or worst post would be another.
    pub fn changes_ends(&self) -> bool {
        self.best != self.new_best || self.worst != self.new_worst
    }
}

/// Runs the job.
pub async fn run(deps: &Deps, lease: &Lease) -> Result<(), Verdict> {
    let job: Rescore = payload::decode(&lease.payload)?;
    let scorer = scorer(deps, &job)?;
    let preview = preview(&deps.warehouse, &scorer, job.hour)
        .await
        .map_err(deps.store_failed())?;
    for scores in preview.scores.chunks(moodwire_model::Batch::MAX_POSTS) {
        deps.warehouse
            .rescore(job.hour, scores, deps.now())
            .await
            .map_err(deps.store_failed())?;
    }
    deps.warehouse
        .refreeze(job.hour)
        .await
        .map_err(deps.store_failed())?;
    tracing::info!(
        hour = %job.hour,
        posts = preview.posts,
        changed = preview.changed,
        ends_changed = preview.changes_ends(),
        scorer = scorer.version(),
        "hour rescored"
    );
    Ok(())
}

/// The scorer that was asked for, which this process must be able to make to the letter.
fn scorer(deps: &Deps, job: &Rescore) -> Result<Scorer, Verdict> {
    if deps.scorer.version() == job.scorer {
        return Ok(Scorer::clone(&deps.scorer));
    }
    let scorer = Scorer::named(job.overlay.as_deref()).map_err(Verdict::dead)?;
    if scorer.version() == job.scorer {
        return Ok(scorer);
    }
    Err(Verdict::dead(format!(
        "the scorer that was asked for is {}, and here it is {}: give every worker the same overlay, then retry",
        job.scorer,
        scorer.version()
    )))
}

/// Scores the hour's posts, and stores nothing.
///
/// # Errors
/// When the warehouse cannot be read.
pub async fn preview(
    warehouse: &Warehouse,
    scorer: &Scorer,
    hour: Hour,
) -> Result<Preview, moodwire_warehouse::Error> {
    let (mut old, mut new) = (Ends::default(), Ends::default());
    let collapsed = warehouse.collapses_copies();
    let (mut posts, mut changed, mut scores) = (0, 0, Vec::new());
    let mut after: Option<String> = None;
    loop {
        let page = warehouse.posts_of(hour, after.as_deref()).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        posts += page.len();
        for (post, score) in score_page(scorer, page).await {
            // What the scorer fails on keeps the score that it has.
            let compound = score
                .as_ref()
                .map_or(post.compound, |score| score.compound + 0.0);
            if post.eligible {
                old.take(&post, post.compound);
                new.take(&post, compound);
            }
            changed += usize::from(compound != post.compound);
            match score {
                Some(score) if post.scorer != score.scorer || compound != post.compound => {
                    scores.push(NewScore {
                        id: post.id,
                        edited_at: post.edited_at,
                        score,
                    });
                }
                _ => {}
            }
        }
    }
    let ((best, worst), (new_best, new_worst)) = (old.keys(collapsed), new.keys(collapsed));
    Ok(Preview {
        hour,
        posts,
        changed,
        best,
        new_best,
        worst,
        new_worst,
        scores,
    })
}

/// Scores a page off the async threads.
async fn score_page(scorer: &Scorer, page: Vec<HourPost>) -> Vec<(HourPost, Option<Score>)> {
    let scorer = scorer.clone();
    let score = move || {
        page.into_iter()
            .map(|post| (scorer.try_score(&post.text), post))
            .map(|(score, post)| (post, score))
            .collect()
    };
    // Not joined only when it panics, which try_score does not.
    tokio::task::spawn_blocking(score).await.unwrap_or_default()
}

/// An hour's posts by what a digest orders them by: of equal compounds the earlier post counts, then the one with the
/// smaller key.
#[derive(Debug, Default)]
struct Ends(Vec<End>);

#[derive(Debug)]
struct End {
    compound: f64,
    created_at: moodwire_model::Timestamp,
    id: String,
    gist: Option<i64>,
}

impl Ends {
    fn take(&mut self, post: &HourPost, compound: f64) {
        self.0.push(End {
            compound,
            created_at: post.created_at,
            id: post.id.clone(),
            gist: post.gist,
        });
    }

    /// The keys of the best and the worst; the same only where there is one post. Where copies are collapsed, the first
    /// stands for all of them.
    fn keys(mut self, collapsed: bool) -> (Option<String>, Option<String>) {
        if collapsed {
            self.0.sort_unstable_by(End::by_age);
            let mut seen = HashSet::new();
            self.0
                .retain(|end| end.gist.is_none_or(|gist| seen.insert(gist)));
        }
        let first = |sign: f64, but: Option<&End>| {
            let others = self
                .0
                .iter()
                .filter(|end| but.is_none_or(|but| but.id != end.id));
            others.min_by(|one, two| {
                let order = (one.compound * sign).total_cmp(&(two.compound * sign));
                order.then_with(|| one.by_age(two))
            })
        };
        let best = first(-1.0, None);
        let worst = first(1.0, best).or(best);
        let id = |end: &End| end.id.clone();
        (best.map(id), worst.map(id))
    }
}

impl End {
    fn by_age(&self, other: &Self) -> Ordering {
        let order = self.created_at.cmp(&other.created_at);
        order.then_with(|| self.id.cmp(&other.id))
    }
}
