//! What was given out lately: what comes over a stream and in a pass is known by it, and so is what a deletion means.

use std::collections::VecDeque;

use moodwire_model::PostKey;
use serde::{Deserialize, Serialize};

use super::post::Read;

/// How many statuses are remembered; they are stored with the position. What is forgotten and comes again is a duplicate,
/// which the lake knows by its key; what is forgotten and deleted stays, see [`Recent::forget`].
const MOST: usize = 500;

/// Statuses by the server's id, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Recent(VecDeque<(String, PostKey)>);

impl Recent {
    /// Notes a status. False when its post was given out lately as it is: an edited one may be in another version.
    pub(super) fn is_new(&mut self, id: Option<&str>, read: &Read) -> bool {
        let known = self.0.iter().any(|(_, key)| *key == read.post.key);
        // A boost has an id of its own; that it is taken back says nothing of the post.
        if let Some(id) = id.filter(|_| !known && !read.is_boost) {
            self.0.push_back((id.to_owned(), read.post.key.clone()));
            while self.0.len() > MOST {
                self.0.pop_front();
            }
        }
        !known || read.post.edited_at.is_some()
    }

    /// The post of a status that its server has deleted; none when it was not given out lately. A deletion names the
    /// server's own id alone, while posts are known by their `uri`, which is the same on every server; and what is deleted
    /// can no longer be asked for, so that its `uri` is known from here or not at all.
    pub(super) fn forget(&mut self, id: &str) -> Option<PostKey> {
        let at = self.0.iter().position(|(known, _)| known == id)?;
        self.0.remove(at).map(|(_, key)| key)
    }

    /// Whether nothing is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
