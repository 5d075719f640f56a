//! The watchlist's accounts by their DIDs, which is how the network itself names people.

use std::collections::{BTreeMap, HashMap};

use crate::Watchlist;

/// Whom the watchlist follows on Bluesky.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// The handle as the watchlist has it; of an account that it names by its DID, the DID.
    handles: HashMap<String, String>,
}

impl Followed {
    /// The watchlist's accounts, whose handles have these DIDs. A handle without one is left out.
    pub(super) fn of(watchlist: &Watchlist, dids: &BTreeMap<String, String>) -> Self {
        let mut handles = HashMap::new();
        for name in names(watchlist) {
            let did = if is_did(name) {
                Some(name)
            } else {
                dids.get(&name.to_lowercase()).map(String::as_str)
            };
            if let Some(did) = did {
                handles.insert(did.to_owned(), name.to_owned());
            }
        }
        Self { handles }
    }

    /// Whether it follows nobody there.
    pub(super) fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// The name by which the watchlist knows the account.
    pub(super) fn name(&self, did: &str) -> Option<&str> {
        self.handles.get(did).map(String::as_str)
    }

    /// The names of those among `dids` that are followed.
    pub(super) fn names(&self, dids: &[String]) -> Vec<String> {
        let names = dids.iter().filter_map(|did| self.name(did));
        names.map(str::to_owned).collect()
    }
}

/// The watchlist's handles that have to be turned into DIDs, lowercase.
pub(super) fn handles(watchlist: &Watchlist) -> Vec<String> {
    let names = names(watchlist).filter(|name| !is_did(name));
    names.map(str::to_lowercase).collect()
}

fn names(watchlist: &Watchlist) -> impl Iterator<Item = &str> {
    let actors = watchlist.actors().iter();
    actors.filter_map(|actor| actor.bluesky.as_deref())
}

fn is_did(name: &str) -> bool {
    name.starts_with("did:")
}
