//! Accounts: their numbers, which X asks a price for and positions therefore keep.

use std::collections::BTreeSet;

use moodwire_model::{Reads, Timestamp};

use super::{Feed, answer::Answer, position::Position, request};
use crate::{Budget, SourceError, limits};

/// The most that are asked for at once. (X OpenAPI, `/2/users/by`.)
const AT_ONCE: usize = 100;

/// The accounts whose numbers have to be asked for.
pub(super) fn unknown(feed: &Feed, position: &Position) -> Vec<String> {
    let accounts = feed.plan.accounts.iter();
    let unknown = accounts.filter(|account| !position.users.contains_key(*account));
    unknown.cloned().collect()
}

/// Asks for the numbers of these accounts. Those that X does not know are told, and left out of this pass.
pub(super) async fn look_up(
    feed: &Feed,
    accounts: &[String],
    position: &mut Position,
    budget: &dyn Budget,
    now: Timestamp,
) -> Result<Option<Timestamp>, SourceError> {
    let mut limited = None;
    for some in accounts.chunks(AT_ONCE) {
        let taken = Reads {
            posts: 0,
            users: u64::try_from(some.len()).unwrap_or(u64::MAX),
        };
        budget.take(taken).await?;
        let names = some.join(",");
        let query = [("usernames", &*names)];
        let answer = feed
            .buy(&["users", "by"], &query, taken, budget, now)
            .await?;
        let users = Answer::of(&answer.body)
            .filter(|answer| answer.errors.is_some() || !answer.is_silent())
            .and_then(|answer| answer.users());
        let Some(users) = users else {
            return Err(feed.strange("list of users"));
        };
        let used = Reads {
            posts: 0,
            users: u64::try_from(users.len()).unwrap_or(u64::MAX),
        };
        limited = request::settle(budget, taken, used).await.max(limited);
        limited = limits::used_up(&answer.headers, now).max(limited);
        for user in users {
            position.users.insert(user.username.to_lowercase(), user.id);
        }
    }
    let found: BTreeSet<&String> = position.users.keys().collect();
    for account in accounts.iter().filter(|account| !found.contains(account)) {
        tracing::warn!(
            source = feed.name,
            account,
            "X knows no such account, or does not show it; the others are read"
        );
    }
    Ok(limited)
}
