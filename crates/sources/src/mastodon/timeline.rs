//! The timelines of a Mastodon source: hashtags and accounts, under the names by which positions know them.

use std::collections::BTreeSet;

use crate::Watchlist;

/// One timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Timeline {
    /// A hashtag, without `#`.
    Hashtag(String),
    /// An account, as `name@host`.
    Account(String),
}

impl Timeline {
    /// What positions and messages call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Hashtag(tag) => format!("#{tag}"),
            Self::Account(account) => format!("@{account}"),
        }
    }

    /// The account whose timeline it is, if it is one's.
    pub(super) fn account(&self) -> Option<&str> {
        match self {
            Self::Hashtag(_) => None,
            Self::Account(account) => Some(account),
        }
    }
}

/// The timelines to read, in the order of their names: those configured, the hashtags among the watchlist's keywords and
/// the watchlist's accounts.
pub(super) fn all(
    hashtags: &[String],
    accounts: &[String],
    watchlist: &Watchlist,
) -> Vec<Timeline> {
    let actors = watchlist.actors();
    let keywords = actors.iter().flat_map(|actor| &actor.keywords);
    let tags: BTreeSet<String> = hashtags
        .iter()
        .chain(keywords.filter(|keyword| keyword.starts_with('#')))
        .map(|tag| tag.trim().trim_start_matches('#').to_lowercase())
        .filter(|tag| is_tag(tag))
        .collect();
    let accounts: BTreeSet<String> = accounts
        .iter()
        .chain(actors.iter().filter_map(|actor| actor.mastodon.as_ref()))
        .map(|account| account.trim().trim_start_matches('@').to_lowercase())
        .collect();
    let tags = tags.into_iter().map(Timeline::Hashtag);
    tags.chain(accounts.into_iter().map(Timeline::Account))
        .collect()
}

/// Whether a network takes it for one hashtag.
pub(super) fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.chars().all(|c| c == '_' || c.is_alphanumeric())
}
