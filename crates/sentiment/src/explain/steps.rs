//! What a rule did to a valence.

/// A rule that changes a valence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The lexicon's valence.
    Lexicon,
    /// The valence of a phrase of the overlay.
    Phrase,
    /// It is a part of such a phrase and has no valence of its own.
    InPhrase,
    /// "kind" before "of" is a degree.
    KindOf,
    /// "no" before a word of the lexicon negates it and has no valence of its own.
    No,
    /// Capitals among small letters.
    Capitals,
    /// A word that strengthens or weakens.
    Booster,
    /// A word that negates, or the exceptions "never so" and "without doubt".
    Negation,
    /// An idiom around the word.
    Idiom,
    /// "least".
    Least,
    /// Before or after "but".
    But,
}

impl Rule {
    /// The rule's name, as the command line prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lexicon => "lexicon",
            Self::Phrase => "phrase",
            Self::InPhrase => "in phrase",
            Self::KindOf => "kind of",
            Self::No => "no",
            Self::Capitals => "capitals",
            Self::Booster => "booster",
            Self::Negation => "negation",
            Self::Idiom => "idiom",
            Self::Least => "least",
            Self::But => "but",
        }
    }
}

/// A rule's effect on a token.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// The word or words by which it came to bear.
    pub by: String,
    /// The valence afterwards.
    pub valence: f64,
}
