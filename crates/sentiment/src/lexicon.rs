//! The tables that a scorer works with: the base's, laid out at build time.

use std::borrow::Cow;

use crate::{index::Index, letters::Letters, phrases::Phrases, table::Table};

/// What a scorer knows.
#[derive(Debug, Clone)]
pub(crate) struct Lexicon {
    /// The words.
    pub(crate) index: Index,
    /// The characters beyond ASCII.
    pub(crate) letters: Letters,
    /// The overlay's phrases.
    pub(crate) phrases: Phrases,
}

/// VADER's own.
pub(crate) static BASE: Lexicon = Lexicon {
    index: words::INDEX,
    letters: letters::LETTERS,
    phrases: Phrases::NONE,
};

mod words {
    use super::{Cow, Index, Table};
    use crate::{
        index::Entry,
        word::{Role, Word},
    };

    include!(concat!(env!("OUT_DIR"), "/index.rs"));

    pub(super) const INDEX: Index = Index {
        filter: Table::Built(&FILTER),
        pilots: Table::Built(&PILOTS),
        slots: Table::Built(&SLOTS),
        entries: Cow::Borrowed(&ENTRIES),
    };
}

mod letters {
    use super::{Cow, Letters, Table};
    use crate::letters::{CAPITAL, CASELESS, SMALL};

    include!(concat!(env!("OUT_DIR"), "/letters.rs"));

    pub(super) const LETTERS: Letters = Letters {
        pages: Table::Built(&PAGES),
        cells: Cow::Borrowed(&CELLS),
        descriptions: &DESCRIPTIONS,
        own: Vec::new(),
    };
}
