//! The words that VADER's rules know, as `vaderSentiment` 3.3.2 lists them.
//!
//! The build script compiles this file too: it marks these words in the tables.

use crate::word::{Role, Word};

/// Words that negate what follows. VADER also lists their spellings with an apostrophe; those all contain "n't", which
/// negates wherever it stands in a token.
pub(crate) const NEGATIONS: &str = "aint arent cannot cant couldnt darent didnt doesnt dont hadnt hasnt havent isnt \
    mightnt mustnt neither neednt never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent \
    uh-uh without wont wouldnt rarely seldom despite";

/// Words that strengthen what follows.
pub(crate) const STRONGER: &str = "absolutely amazingly awfully completely considerable considerably decidedly deeply \
    effing enormous enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping \
    flippin frackin fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella \
    highly hugely incredible incredibly intensely major majorly more most particularly purely quite really \
    remarkably so substantially thoroughly total totally tremendous tremendously uber unbelievably unusually utter \
    utterly very";

/// Words that weaken what follows. "just enough", "kind of" and "sort of" do too, but only in the idiom rule.
pub(crate) const WEAKER: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally occasional \
    occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of";

/// The words that a rule asks for by name.
pub(crate) const ROLES: [(&str, Role); 33] = [
    ("ass", Role::Ass),
    ("at", Role::At),
    ("bad", Role::Bad),
    ("beating", Role::Beating),
    ("bomb", Role::Bomb),
    ("bus", Role::Bus),
    ("but", Role::But),
    ("death", Role::Death),
    ("die", Role::Die),
    ("doubt", Role::Doubt),
    ("enough", Role::Enough),
    ("for", Role::For),
    ("heart", Role::Heart),
    ("just", Role::Just),
    ("kind", Role::Kind),
    ("kiss", Role::Kiss),
    ("least", Role::Least),
    ("never", Role::Never),
    ("no", Role::No),
    ("nor", Role::Nor),
    ("of", Role::Of),
    ("or", Role::Or),
    ("right", Role::Right),
    ("shit", Role::Shit),
    ("so", Role::So),
    ("sort", Role::Sort),
    ("stop", Role::Stop),
    ("the", Role::The),
    ("this", Role::This),
    ("to", Role::To),
    ("very", Role::Very),
    ("without", Role::Without),
    ("yeah", Role::Yeah),
];

/// The last words of the idioms and of the degrees in two words.
const IDIOM_ENDS: &str = "shit bomb ass stop right death for heart of enough";

/// The word as the rules know it, without a valence.
pub(crate) fn word(text: &str) -> Word {
    let among = |list: &str| list.split_ascii_whitespace().any(|word| word == text);
    let flag = |list: &str, flag: u8| if among(list) { flag } else { 0 };
    let role = ROLES.iter().find(|(name, _)| *name == text);
    Word {
        flags: flag(NEGATIONS, Word::NEGATION)
            | flag(STRONGER, Word::STRONGER)
            | flag(WEAKER, Word::WEAKER)
            | flag(IDIOM_ENDS, Word::IDIOM_END),
        role: role.map_or(Role::None, |(_, role)| *role),
        ..Word::NONE
    }
}
