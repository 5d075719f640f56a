//! The rules as the reference applies them, token by token.

use std::collections::{BTreeSet, HashMap};

use super::{Rule, Token};
use crate::word::Word;

const NEGATED: f64 = -0.74;
const CAPITALS: f64 = 0.733;
const DEGREE: f64 = 0.293;
const NEVER_SO: f64 = 1.25;

/// The idioms, their valences, and whether the reference has them as integers.
const IDIOMS: [(&str, f64, bool); 8] = [
    ("the shit", 3.0, true),
    ("the bomb", 3.0, true),
    ("bad ass", 1.5, false),
    ("bus stop", 0.0, false),
    ("yeah right", -2.0, true),
    ("kiss of death", -1.5, false),
    ("to die for", 3.0, true),
    ("beating heart", 3.5, false),
];

/// Gives the token at `at` its valence.
pub(super) fn apply(tokens: &mut [Token], at: usize, mixed_case: bool) {
    if !tokens[at].in_lexicon() || tokens[at].is_booster() {
        return;
    }
    let lower: Vec<String> = tokens
        .iter()
        .skip(at.saturating_sub(3))
        .take(6)
        .map(|token| token.lower.clone())
        .collect();
    let near = |distance: usize| {
        if at >= distance {
            lower[at.min(3) - distance].as_str()
        } else {
            ""
        }
    };
    let next = tokens.get(at + 1);
    if near(0) == "kind" && next.is_some_and(|next| next.lower == "of") {
        return tokens[at].step(Rule::KindOf, "of", 0.0);
    }
    let silenced = near(0) == "no" && next.is_some_and(Token::in_lexicon);
    let (before, rest) = tokens.split_at_mut(at);
    let token = &mut rest[0];
    token.integer = false;
    let rule = if token.text.contains(' ') {
        Rule::Phrase
    } else {
        Rule::Lexicon
    };
    token.step(rule, "", token.base);
    if silenced {
        token.step(Rule::No, "", 0.0);
    }
    if near(1) == "no" || near(2) == "no" || near(3) == "no" && matches!(near(1), "or" | "nor") {
        token.step(Rule::No, "no", token.base * NEGATED);
    }
    if token.capitals && mixed_case {
        let change = if token.valence > 0.0 {
            CAPITALS
        } else {
            -CAPITALS
        };
        token.step(Rule::Capitals, "", token.valence + change);
    }
    for (distance, damping) in [(1, 1.0), (2, 0.95), (3, 0.9)] {
        let Some(other) = at
            .checked_sub(distance)
            .map(|at| &before[at])
            .filter(|other| !other.in_lexicon())
        else {
            continue;
        };
        token.step(
            Rule::Booster,
            &other.text,
            token.valence + degree(other, token.valence, mixed_case) * damping,
        );
        let (by, factor) = negation([near(1), near(2), near(3)], distance, other);
        token.step(Rule::Negation, by, token.valence * factor);
        if distance == 3 {
            idioms(token, &lower);
        }
    }
    if near(1) == "least" && !matches!(near(2), "at" | "very") {
        token.integer = false;
        token.step(Rule::Least, "least", token.valence * NEGATED);
    }
}

fn degree(other: &Token, valence: f64, mixed_case: bool) -> f64 {
    if !other.is_booster() {
        return 0.0;
    }
    let mut degree = if other.word.is(Word::STRONGER) {
        DEGREE
    } else {
        -DEGREE
    };
    if valence < 0.0 {
        degree = -degree;
    }
    if other.capitals && mixed_case {
        degree += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    degree
}

/// What the tokens before, from near to far, make of a valence when the rules look this far.
fn negation<'a>(
    [one, two, three]: [&'a str; 3],
    distance: usize,
    other: &'a Token,
) -> (&'a str, f64) {
    let so = |word: &str| word == "so" || word == "this";
    match distance {
        2 if two == "never" && so(one) => ("never so", NEVER_SO),
        2 if two == "without" && one == "doubt" => ("without doubt", 1.0),
        3 if three == "never" && so(two) => ("never so", NEVER_SO),
        3 if so(one) => (one, NEVER_SO),
        3 if three == "without" && (two == "doubt" || one == "doubt") => ("without doubt", 1.0),
        _ if other.negates() => (&other.text, NEGATED),
        _ => ("", 1.0),
    }
}

/// Looks for idioms in the three words before, the word, and the two after it.
fn idioms(token: &mut Token, lower: &[String]) {
    let join = |from: usize, to: usize| lower.get(from..to).unwrap_or_default().join(" ");
    let find = |words: String| IDIOMS.into_iter().find(|(idiom, ..)| *idiom == words);
    let behind = [(2, 4), (1, 4), (1, 3), (0, 3), (0, 2)]
        .into_iter()
        .find_map(|(from, to)| find(join(from, to)));
    for (idiom, valence, integer) in [behind, find(join(3, 5)), find(join(3, 6))]
        .into_iter()
        .flatten()
    {
        token.integer = integer;
        token.step(Rule::Idiom, idiom, valence);
    }
    for words in [join(0, 2), join(1, 3)] {
        if matches!(words.as_str(), "just enough" | "kind of" | "sort of") {
            token.integer = false;
            token.step(Rule::Booster, &words, token.valence - DEGREE);
        }
    }
}

/// The "but" rule: for each valence the first one that is equal to it changes.
pub(super) fn but(tokens: &mut [Token]) {
    let Some(but) = tokens.iter().position(|token| token.lower == "but") else {
        return;
    };
    // Zero is equal to negative zero.
    let bits = |valence: f64| (valence + 0.0).to_bits();
    let mut places: HashMap<u64, BTreeSet<usize>> = HashMap::new();
    for (place, token) in tokens.iter().enumerate() {
        places.entry(bits(token.valence)).or_default().insert(place);
    }
    for place in 0..tokens.len() {
        let valence = tokens[place].valence;
        let Some(first) = places.get_mut(&bits(valence)).and_then(BTreeSet::pop_first) else {
            continue;
        };
        if first != but {
            tokens[first].integer = false;
            tokens[first].step(
                Rule::But,
                "but",
                valence * if first < but { 0.5 } else { 1.5 },
            );
        }
        places
            .entry(bits(tokens[first].valence))
            .or_default()
            .insert(first);
    }
}
