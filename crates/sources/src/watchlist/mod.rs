//! The watchlist: the actors that are followed, and which of them a post matches.
//!
//! A post matches an actor when it is by one of the handles, mentions one, or contains a keyword or cashtag. All texts
//! are searched for all patterns in one Aho-Corasick pass.

mod actor;
mod boundary;
mod fold;
mod patterns;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use moodwire_model::{ActorMatch, Post, Why};

use self::patterns::{Owner, Patterns, Scope};

pub use self::actor::Actor;

/// The actors that are followed. Built once; searching it shares nothing but what is read.
pub struct Watchlist {
    actors: Vec<Actor>,
    patterns: Patterns,
    /// None where there is nothing to look for in texts.
    automaton: Option<AhoCorasick>,
}

impl Watchlist {
    /// The watchlist of these actors. An empty one keeps every post.
    ///
    /// # Errors
    /// One sentence that names the first actor and key that cannot be used, and the mend.
    pub fn new(actors: Vec<Actor>) -> Result<Self, String> {
        let actors = actor::checked(actors)?;
        let patterns = Patterns::of(&actors);
        let automaton = if patterns.texts().is_empty() {
            None
        } else {
            let built = AhoCorasick::builder()
                // All that overlap are wanted: "bitcoin" and "#bitcoin" may belong to two actors.
                .match_kind(MatchKind::Standard)
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(patterns.texts());
            Some(built.map_err(|error| format!("the [[actor]] list is too large: {error}"))?)
        };
        Ok(Self {
            actors,
            patterns,
            automaton,
        })
    }

    /// Whether nobody is followed, so that every post is kept.
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// The actors, as configured, handles without their `@` and cashtags without their `$`.
    pub fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// The actors that `post` matches, in the watchlist's order. `mentioned` are the handles that the network itself
    /// says are mentioned, which the text may abbreviate.
    pub fn matches(&self, post: &Post, mentioned: &[String]) -> Vec<ActorMatch> {
        let scope = Scope::of(&post.network);
        let mut found: BTreeMap<u32, [bool; 3]> = BTreeMap::new();
        let mut note = |owner: &Owner| {
            found.entry(owner.actor).or_default()[owner.why as usize] = true;
        };
        self.patterns.authors(post, scope, &mut note);
        for handle in mentioned {
            self.patterns.mentioned(handle, scope, &mut note);
        }
        self.search(&post.text, scope, &mut note);
        found
            .into_iter()
            .filter_map(|(actor, whys)| self.told(actor, whys))
            .collect()
    }

    /// Whether a text of this network holds a keyword, cashtag or handle of anyone: what [`Watchlist::matches`] would find
    /// in it, without saying whose.
    pub(crate) fn occurs_in(&self, text: &str, network: &str) -> bool {
        let mut found = false;
        self.search(text, Scope::of(network), &mut |_| found = true);
        found
    }

    /// Everything in the text that belongs to someone, whole words only.
    fn search(&self, text: &str, scope: Scope, note: &mut dyn FnMut(&Owner)) {
        let Some(automaton) = &self.automaton else {
            return;
        };
        let folded = fold::fold(text);
        for hit in automaton.find_overlapping_iter(&folded) {
            let owners = self.patterns.owners(hit.pattern().as_usize());
            for owner in owners.iter().filter(|owner| owner.scope.covers(scope)) {
                let shape = owner.shape.on(scope);
                if boundary::is_whole(&folded, hit.start(), hit.end(), shape) {
                    note(owner);
                }
            }
        }
    }

    fn told(&self, actor: u32, whys: [bool; 3]) -> Option<ActorMatch> {
        let actor = self.actors.get(usize::try_from(actor).ok()?)?;
        let whys = [Why::Author, Why::Mention, Why::Keyword]
            .into_iter()
            .filter(|why| whys[*why as usize]);
        Some(ActorMatch::new(actor.name.clone(), whys))
    }
}

impl Default for Watchlist {
    fn default() -> Self {
        Self {
            actors: Vec::new(),
            patterns: Patterns::of(&[]),
            automaton: None,
        }
    }
}

impl fmt::Debug for Watchlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchlist")
            .field("actors", &self.actors.len())
            .field("patterns", &self.patterns.texts().len())
            .finish_non_exhaustive()
    }
}
