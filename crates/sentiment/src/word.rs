//! What a token means to the rules: its place in the lexicon, its degree, its part in an idiom.
//!
//! The build script compiles this file too: it writes the tables in these terms.

/// A token's meaning. The default is a token that no table knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(align(8))]
pub(crate) struct Word {
    /// A set of the flags below.
    pub(crate) flags: u8,
    /// Which word it is, where a rule asks for this very word.
    pub(crate) role: Role,
    /// The lexicon's valence in tenths: every one of VADER's is a multiple of 0.1.
    pub(crate) tenths: i8,
    /// The overlay's number for a word that occurs in a phrase; 0 for every other.
    pub(crate) phrase: u16,
}

impl Word {
    /// The lexicon has a valence for it.
    pub(crate) const LEXICON: u8 = 1;
    /// It strengthens what follows ("very").
    pub(crate) const STRONGER: u8 = 2;
    /// It weakens what follows ("hardly").
    pub(crate) const WEAKER: u8 = 4;
    /// It negates what follows ("not").
    pub(crate) const NEGATION: u8 = 8;
    /// It is the last word of an idiom or of a degree in two words ("kind of").
    pub(crate) const IDIOM_END: u8 = 16;
    /// It begins a phrase of the overlay.
    pub(crate) const PHRASE_START: u8 = 32;
    /// Written in capitals. Of the token, not of the word: no table has it.
    pub(crate) const CAPITALS: u8 = 64;

    /// What stands before the first token: the rules look no further, as they do at a word of the lexicon.
    pub(crate) const BEFORE: Self = Self {
        flags: Self::LEXICON,
        ..Self::NONE
    };

    /// A token that no table knows.
    pub(crate) const NONE: Self = Self {
        flags: 0,
        role: Role::None,
        tenths: 0,
        phrase: 0,
    };

    /// Whether any of these flags is set.
    pub(crate) const fn is(self, flags: u8) -> bool {
        self.flags & flags != 0
    }
}

/// The words that a rule asks for by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Role {
    /// Any other word.
    #[default]
    None,
    Ass,
    At,
    Bad,
    Beating,
    Bomb,
    Bus,
    But,
    Death,
    Die,
    Doubt,
    Enough,
    For,
    Heart,
    Just,
    Kind,
    Kiss,
    Least,
    Never,
    No,
    Nor,
    Of,
    Or,
    Right,
    Shit,
    So,
    Sort,
    Stop,
    The,
    This,
    To,
    Very,
    Without,
    Yeah,
}
