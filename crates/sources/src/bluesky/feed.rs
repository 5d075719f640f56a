//! The feeds that are polled: accounts and searches, under the names by which positions know them.

use std::collections::BTreeSet;

use crate::Watchlist;

/// One feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Feed {
    /// What an account posts and reposts; its handle or DID.
    Account(String),
    /// What a search finds.
    Search(String),
}

impl Feed {
    /// What positions and messages call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Account(account) => format!("@{account}"),
            Self::Search(query) => format!("?{query}"),
        }
    }
}

/// The feeds to read, in the order of their names: what is configured, and the watchlist's accounts, keywords and cashtags.
pub(super) fn all(accounts: &[String], queries: &[String], watchlist: &Watchlist) -> Vec<Feed> {
    let actors = watchlist.actors();
    let accounts: BTreeSet<String> = accounts
        .iter()
        .chain(actors.iter().filter_map(|actor| actor.bluesky.as_ref()))
        .map(|account| account.trim().trim_start_matches('@').to_lowercase())
        .collect();
    let keywords = actors.iter().flat_map(|actor| &actor.keywords);
    let cashtags = actors.iter().flat_map(|actor| &actor.cashtags);
    let queries: BTreeSet<String> = queries
        .iter()
        .map(|query| query.trim().to_owned())
        .chain(keywords.map(|keyword| query(keyword)))
        .chain(cashtags.map(|cashtag| format!("${}", cashtag.to_uppercase())))
        .collect();
    let searches = queries.into_iter().map(Feed::Search);
    let mut feeds: Vec<Feed> = searches
        .chain(accounts.into_iter().map(Feed::Account))
        .collect();
    feeds.sort_by_key(Feed::name);
    feeds
}

/// A keyword as the search takes it: several words as a phrase.
fn query(keyword: &str) -> String {
    let word = keyword.replace('"', " ").trim().to_lowercase();
    if word.contains(char::is_whitespace) {
        format!("\"{word}\"")
    } else {
        word
    }
}
