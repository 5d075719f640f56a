//! VADER's lexicons as its Python code reads them.

use std::collections::BTreeMap;

use vader_sentiment::{EMOJI_LEXICON, LEXICON};

use crate::{
    grammar,
    index::{Key, key},
    word::Word,
};

/// Where the crate's lexicon differs from that of `vaderSentiment` 3.3.2: two words are missing, and ":p" has got the
/// valence of ":P", which no lower-cased token can reach.
const CORRECTIONS: [(&str, f64); 3] = [("heart", 3.2), ("hearts", 3.3), (":p", 1.0)];

/// Every word that has a valence or a part in a rule.
pub(crate) fn words() -> Vec<(Key, usize, Word)> {
    let mut words: BTreeMap<String, Word> = grammar()
        .map(|name| (name.to_owned(), grammar::word(name)))
        .collect();
    for (name, valence) in valences() {
        let word = words.entry(name).or_default();
        word.flags |= Word::LEXICON;
        word.tenths = tenths(valence);
    }
    words
        .iter()
        .map(|(name, word)| {
            (
                key(name).expect("VADER's words are short"),
                name.len(),
                *word,
            )
        })
        .collect()
}

/// Every word that the rules know, some of them twice.
fn grammar() -> impl Iterator<Item = &'static str> {
    [grammar::NEGATIONS, grammar::STRONGER, grammar::WEAKER]
        .into_iter()
        .flat_map(str::split_ascii_whitespace)
        .chain(grammar::ROLES.into_iter().map(|(name, _)| name))
}

/// The lexicon, without the six keys that no token can equal: four have a space, two a letter beyond ASCII that is lost
/// when a token is lower-cased.
fn valences() -> BTreeMap<String, f64> {
    let reachable = |name: &str| name.is_ascii() && !name.contains(' ');
    LEXICON
        .iter()
        .map(|(name, valence)| (name.to_ascii_lowercase(), *valence))
        .filter(|(name, _)| reachable(name))
        .chain(CORRECTIONS.map(|(name, valence)| (name.to_owned(), valence)))
        .collect()
}

fn tenths(valence: f64) -> i8 {
    let tenths = format!("{:.0}", valence * 10.0)
        .parse()
        .expect("valences are from -4 to 4");
    assert!(
        (f64::from(tenths) / 10.0).to_bits() == valence.to_bits(),
        "{valence} is no multiple of 0.1"
    );
    tenths
}

/// The emoji of one character. The reference looks characters up one by one, so that it never finds the longer ones.
pub(crate) fn emoji() -> BTreeMap<char, &'static str> {
    let single = |emoji: &str| {
        let mut letters = emoji.chars();
        letters.next().filter(|_| letters.next().is_none())
    };
    EMOJI_LEXICON
        .iter()
        .filter_map(|(emoji, description)| Some((single(emoji)?, *description)))
        .collect()
}
