//! Originals of reposts that an answer did not bring, asked for by their ids.
//!
//! One that X no longer has is deleted, as are its reposts there. Of one that X does not show (its author protects it, or
//! nothing more may be read) the beginning is kept that its repost repeats.

use std::collections::BTreeSet;

use super::{
    Feed,
    answer::{Answer, Objects, Problem},
    dialect::{Dialect, Extras},
    gather::{Gathering, Repost},
    id::Id,
    request,
};
use moodwire_model::Reads;

use crate::{Budget, SourceError};

/// The most that are asked for at once. (X OpenAPI, `/2/tweets`.)
const AT_ONCE: usize = 100;

/// Completes what `gathering` holds of reposts.
pub(super) async fn complete(
    gathering: &mut Gathering<'_>,
    dialect: Dialect,
    budget: &dyn Budget,
) -> Result<(), SourceError> {
    let missing: Vec<Id> = gathering.missing().into_iter().collect();
    for ids in missing.chunks(AT_ONCE) {
        let some: BTreeSet<Id> = ids.iter().copied().collect();
        let all = std::mem::take(&mut gathering.reposts);
        let (now, later) = all
            .into_iter()
            .partition(|repost| some.contains(&repost.original));
        gathering.reposts = later;
        look_up(gathering, ids, &now, dialect, budget).await?;
    }
    Ok(())
}

async fn look_up(
    gathering: &mut Gathering<'_>,
    ids: &[Id],
    reposts: &[Repost],
    dialect: Dialect,
    budget: &dyn Budget,
) -> Result<(), SourceError> {
    let feed = gathering.feed;
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    let taken = feed.reads(count, 1);
    match budget.take(taken).await {
        Ok(()) => {}
        Err(SourceError::Later { until, .. }) => {
            // The reposts are paid for and are kept as they are.
            gathering.page.limited_until = gathering.page.limited_until.max(Some(until));
            reposts.iter().for_each(|repost| gathering.cut(repost));
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    let list: Vec<String> = ids.iter().map(Id::to_string).collect();
    let mut query = vec![("ids", list.join(","))];
    query.extend(dialect.parameters(Extras {
        users: feed.plan.users,
        references: false,
    }));
    let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, &**value)).collect();
    let answer = feed
        .buy(&["tweets"], &query, taken, budget, gathering.now)
        .await?;
    let read = Answer::of(&answer.body).and_then(|answer| Some((answer.objects()?, answer)));
    let Some((objects, answer)) = read else {
        return Err(feed.strange("list of posts"));
    };
    let limited = request::settle(budget, taken, objects.billed).await;
    gathering.page.limited_until = gathering.page.limited_until.max(limited);
    place(
        gathering,
        reposts,
        &objects,
        &answer.errors.unwrap_or_default(),
    );
    Ok(())
}

fn place(
    gathering: &mut Gathering<'_>,
    reposts: &[Repost],
    objects: &Objects<'_>,
    problems: &[Problem],
) {
    let gone: BTreeSet<Id> = problems.iter().filter_map(gone).collect();
    for repost in reposts {
        let found = objects
            .data
            .iter()
            .find(|raw| super::answer::id_of(raw).is_some_and(|id| id == repost.original));
        match found {
            Some(raw) => gathering.original(raw, &repost.object, objects),
            None if gone.contains(&repost.original) => gathering.delete(repost.original),
            None => gathering.cut(repost),
        }
    }
}

/// The post that X says it does not have.
fn gone(problem: &Problem) -> Option<Id> {
    let named = || problem.value.as_ref().and_then(serde_json::Value::as_str);
    let id = problem.resource_id.or_else(|| Id::parse(named()?));
    id.filter(|_| problem.tail() == "resource-not-found")
}

impl Feed {
    /// At most `posts` posts, each with the authors of `of_each` posts where they are asked for.
    pub(super) fn reads(&self, posts: u64, of_each: u64) -> Reads {
        Reads {
            posts: posts * of_each,
            users: if self.plan.users { posts * of_each } else { 0 },
        }
    }
}
