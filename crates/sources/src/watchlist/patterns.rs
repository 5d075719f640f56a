//! Patterns: what texts are searched for and which handles write, with whom each belongs to.

use std::collections::HashMap;

use moodwire_model::{Post, Why};

use super::{actor::Actor, boundary::Shape, fold::fold};

/// Where a handle counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    X,
    Bluesky,
    Mastodon,
    /// Of a pattern: every network. Of a post: a network that has no key of its own, so that any handle may be meant.
    Any,
}

impl Scope {
    /// The scope of a post from `network`.
    pub(super) fn of(network: &str) -> Self {
        match network {
            "x" => Self::X,
            "bluesky" => Self::Bluesky,
            "mastodon" => Self::Mastodon,
            _ => Self::Any,
        }
    }

    /// Whether a pattern of this scope counts in a post of that.
    pub(super) fn covers(self, post: Self) -> bool {
        self == post || self == Self::Any || post == Self::Any
    }
}

/// Whom a pattern belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    /// The actor's place in the watchlist.
    pub(super) actor: u32,
    pub(super) why: Why,
    pub(super) scope: Scope,
    pub(super) shape: Shape,
}

/// All patterns of a watchlist.
pub(super) struct Patterns {
    texts: Vec<String>,
    owners: Vec<Vec<Owner>>,
    /// Handles, folded, without `@`.
    handles: HashMap<String, Vec<Owner>>,
}

impl Patterns {
    /// The patterns of these actors, each text once.
    pub(super) fn of(actors: &[Actor]) -> Self {
        let mut patterns = Self {
            texts: Vec::new(),
            owners: Vec::new(),
            handles: HashMap::new(),
        };
        let mut places = HashMap::new();
        for (number, actor) in (0..).zip(actors) {
            for (handle, scope, shape) in handles(actor) {
                let owner = owner(number, Why::Mention, scope, shape);
                let handle = fold(handle);
                patterns.add(&mut places, format!("@{handle}"), owner);
                patterns.handles.entry(handle).or_default().push(owner);
            }
            for keyword in &actor.keywords {
                let owner = owner(number, Why::Keyword, Scope::Any, shape(keyword));
                patterns.add(&mut places, fold(keyword), owner);
            }
            for cashtag in &actor.cashtags {
                let owner = owner(number, Why::Keyword, Scope::Any, Shape::Cashtag);
                patterns.add(&mut places, format!("${}", fold(cashtag)), owner);
            }
        }
        patterns
    }

    fn add(&mut self, places: &mut HashMap<String, usize>, text: String, owner: Owner) {
        let place = *places.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            self.owners.push(Vec::new());
            self.texts.len() - 1
        });
        if let Some(owners) = self.owners.get_mut(place) {
            owners.push(owner);
        }
    }

    /// What texts are searched for.
    pub(super) fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whom the pattern at this place belongs to.
    pub(super) fn owners(&self, place: usize) -> &[Owner] {
        self.owners.get(place).map_or(&[], Vec::as_slice)
    }

    /// Notes whose handle wrote the post: its author, or the DID in a Bluesky post's key.
    pub(super) fn authors(&self, post: &Post, scope: Scope, note: &mut dyn FnMut(&Owner)) {
        let did = post
            .key
            .as_str()
            .strip_prefix("bluesky:at://")
            .and_then(|rest| rest.split('/').next());
        for handle in [Some(post.author.as_str()), did].into_iter().flatten() {
            self.of_handle(handle, scope, Why::Author, note);
        }
    }

    /// Notes whose handle the network says is mentioned.
    pub(super) fn mentioned(&self, handle: &str, scope: Scope, note: &mut dyn FnMut(&Owner)) {
        self.of_handle(handle, scope, Why::Mention, note);
    }

    fn of_handle(&self, handle: &str, scope: Scope, why: Why, note: &mut dyn FnMut(&Owner)) {
        let folded = fold(handle.trim_start_matches('@'));
        let owners = self.handles.get(&folded).into_iter().flatten();
        for owner in owners.filter(|owner| owner.scope.covers(scope)) {
            note(&Owner { why, ..*owner });
        }
    }
}

fn owner(actor: u32, why: Why, scope: Scope, shape: Shape) -> Owner {
    Owner {
        actor,
        why,
        scope,
        shape,
    }
}

fn handles(actor: &Actor) -> impl Iterator<Item = (&str, Scope, Shape)> {
    [
        (actor.x.as_deref(), Scope::X, Shape::Name),
        (actor.bluesky.as_deref(), Scope::Bluesky, Shape::Address),
        (actor.mastodon.as_deref(), Scope::Mastodon, Shape::Address),
    ]
    .into_iter()
    .filter_map(|(handle, scope, shape)| Some((handle?, scope, shape)))
}

/// A keyword that begins with a sign is meant as what networks make of it.
fn shape(keyword: &str) -> Shape {
    match keyword.chars().next() {
        Some('#' | '＃') => Shape::Hashtag,
        Some('$') => Shape::Cashtag,
        Some('@') => Shape::Address,
        _ => Shape::Word,
    }
}
