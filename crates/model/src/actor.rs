//! The actor's match: whom of the watchlist a post concerns, and why.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

/// What about a post matches an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// One of the actor's handles wrote it.
    Author,
    /// It mentions one of the actor's handles.
    Mention,
    /// It contains one of the actor's keywords or cashtags.
    Keyword,
}

impl Why {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Mention => "mention",
            Self::Keyword => "keyword",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An actor that a post matches. Stored as `{"actor":"Vitalik","why":["author","keyword"]}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct ActorMatch {
    /// The actor's name, as configured.
    pub actor: String,
    /// What matches; empty only where a lake was filled before reasons were kept.
    pub why: BTreeSet<Why>,
}

impl ActorMatch {
    /// The match of the actor of this name.
    pub fn new(actor: impl Into<String>, why: impl IntoIterator<Item = Why>) -> Self {
        Self {
            actor: actor.into(),
            why: why.into_iter().collect(),
        }
    }
}

/// What a lake may hold: a bare name was written before reasons were kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Name(String),
    Match { actor: String, why: BTreeSet<Why> },
}

impl From<Stored> for ActorMatch {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Name(actor) => Self::new(actor, []),
            Stored::Match { actor, why } => Self { actor, why },
        }
    }
}
