//! The rules that change a word's valence: "no", capitals, degrees, negations, idioms, "least".

use crate::word::{Role, Word};

/// What a negation makes of a valence.
const NEGATED: f64 = -0.74;
/// What capitals among small letters add.
const CAPITALS: f64 = 0.733;
/// What a degree adds.
const DEGREE: f64 = 0.293;
/// What is left of a degree two words and three words ahead.
const DAMPED: [f64; 3] = [1.0, 0.95, 0.9];
/// What "never so" and, three words ahead, a mere "so" make of a valence.
const NEVER_SO: f64 = 1.25;

/// A word of the lexicon with the words around it: three before, two after.
pub(crate) type Window = [Word; 6];

/// The place of the word itself.
const SELF: usize = 3;

/// The word's valence after the rules, and whether Python has an integer there.
#[inline]
pub(crate) fn valence(window: &Window, mixed_case: bool) -> (f64, bool) {
    let item = window[SELF];
    if item.role == Role::Kind && window[SELF + 1].role == Role::Of {
        return (0.0, true);
    }
    let mut valence = own(window);
    if mixed_case && item.is(Word::CAPITALS) {
        valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    let mut integer = false;
    for distance in 1..=3 {
        let before = window[SELF - distance];
        if before.is(Word::LEXICON) {
            continue;
        }
        valence += degree(before, valence, mixed_case) * DAMPED[distance - 1];
        valence *= negation(window, distance);
        if distance == 3 {
            (valence, integer) = idioms(window, valence);
        }
    }
    if least(window) {
        return (valence * NEGATED, false);
    }
    (valence, integer)
}

/// The lexicon's valence, changed by a "no" before or a word of the lexicon after a "no".
#[inline]
fn own(window: &Window) -> f64 {
    let item = window[SELF];
    let valence = f64::from(item.tenths) / 10.0;
    let no = |distance: usize| window[SELF - distance].role == Role::No;
    let or = matches!(window[SELF - 1].role, Role::Or | Role::Nor);
    if no(1) || no(2) || no(3) && or {
        return valence * NEGATED;
    }
    if item.role == Role::No && window[SELF + 1].is(Word::LEXICON) {
        return 0.0;
    }
    valence
}

/// What a degree before the word adds to its valence.
#[inline]
fn degree(before: Word, valence: f64, mixed_case: bool) -> f64 {
    if !before.is(Word::STRONGER | Word::WEAKER) {
        return 0.0;
    }
    let plain = if before.is(Word::STRONGER) {
        DEGREE
    } else {
        -DEGREE
    };
    let signed = if valence < 0.0 { -plain } else { plain };
    match mixed_case && before.is(Word::CAPITALS) {
        true if valence > 0.0 => signed + CAPITALS,
        true => signed - CAPITALS,
        false => signed,
    }
}

/// What the word so far ahead makes of the valence by negating it, or by the exceptions "never so" and "without doubt".
/// Three words ahead, "so" or "this" right before the word counts as "never so", as it does in the reference.
#[inline]
fn negation(window: &Window, distance: usize) -> f64 {
    let role = |distance: usize| window[SELF - distance].role;
    let so = |distance: usize| matches!(role(distance), Role::So | Role::This);
    let doubt = |distance: usize| role(distance) == Role::Doubt;
    let first = role(distance);
    let exception = match distance {
        2 if first == Role::Never && so(1) => Some(NEVER_SO),
        2 if first == Role::Without && doubt(1) => Some(1.0),
        3 if first == Role::Never && so(2) || distance == 3 && so(1) => Some(NEVER_SO),
        3 if first == Role::Without && (doubt(2) || doubt(1)) => Some(1.0),
        _ => None,
    };
    match window[SELF - distance].is(Word::NEGATION) {
        _ if exception.is_some() => exception.unwrap_or(1.0),
        true => NEGATED,
        false => 1.0,
    }
}

/// Whether "least" negates the word: not as "at least" or "very least".
#[inline]
fn least(window: &Window) -> bool {
    window[SELF - 1].role == Role::Least && !matches!(window[SELF - 2].role, Role::At | Role::Very)
}

/// The valence as an idiom around the word has it, and with degrees in two words.
#[inline]
fn idioms(window: &Window, valence: f64) -> (f64, bool) {
    let ends = window[1..].iter().fold(0, |flags, word| flags | word.flags);
    match ends & Word::IDIOM_END {
        0 => (valence, false),
        _ => idioms_nearby(window, valence),
    }
}

fn idioms_nearby(window: &Window, valence: f64) -> (f64, bool) {
    let role = |place: usize| window[place].role;
    let pair = |place: usize| idiom([role(place), role(place + 1), Role::None]);
    let triple = |place: usize| idiom([role(place), role(place + 1), role(place + 2)]);
    let behind = pair(2).or(triple(1)).or(pair(1)).or(triple(0)).or(pair(0));
    let (mut valence, mut integer) = triple(3).or(pair(3)).or(behind).unwrap_or((valence, false));
    for place in [0, 1] {
        if is_degree(role(place), role(place + 1)) {
            valence -= DEGREE;
            integer = false;
        }
    }
    (valence, integer)
}

/// The idioms, and whether the reference gives their valence as an integer.
fn idiom(words: [Role; 3]) -> Option<(f64, bool)> {
    match words {
        [Role::The, Role::Shit | Role::Bomb, Role::None] | [Role::To, Role::Die, Role::For] => {
            Some((3.0, true))
        }
        [Role::Bad, Role::Ass, Role::None] => Some((1.5, false)),
        [Role::Bus, Role::Stop, Role::None] => Some((0.0, false)),
        [Role::Yeah, Role::Right, Role::None] => Some((-2.0, true)),
        [Role::Kiss, Role::Of, Role::Death] => Some((-1.5, false)),
        [Role::Beating, Role::Heart, Role::None] => Some((3.5, false)),
        _ => None,
    }
}

/// The degrees in two words.
fn is_degree(first: Role, second: Role) -> bool {
    matches!(
        (first, second),
        (Role::Just, Role::Enough) | (Role::Kind | Role::Sort, Role::Of)
    )
}
