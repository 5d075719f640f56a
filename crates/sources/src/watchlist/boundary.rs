//! Boundaries: whether what was found in a text stands there as a word, a hashtag, a cashtag or a handle of its own.

use super::patterns::Scope;

/// What a pattern is, which decides where it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Shape {
    /// A word or a phrase: `bitcoin`, `lightning network`, `比特币`, `🚀`.
    Word,
    /// `#bitcoin`: ends where a network ends a hashtag, so that letters of every script go on with it.
    Hashtag,
    /// `$btc`: of ASCII alone, so that `$BTC大涨` holds it.
    Cashtag,
    /// `@name` of a network whose handles are words: X.
    Name,
    /// `@name.example`, `@user@host`: dots, hyphens and `@` go on with it when something follows.
    Address,
}

impl Shape {
    /// The shape in a post of this scope: where it is not known to be X, `@name.example` is no handle of X.
    pub(super) fn on(self, scope: Scope) -> Self {
        match self {
            Self::Name if scope != Scope::X => Self::Address,
            shape => shape,
        }
    }
}

/// Whether the hit at `start..end` of the folded text is whole.
pub(super) fn is_whole(text: &str, start: usize, end: usize, shape: Shape) -> bool {
    let hit = text.get(start..end).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    let mut rest = text.get(end..).unwrap_or_default().chars();
    let after = rest.next();
    let further = rest.next();
    begins(before, hit, shape) && ends(hit, after, further, shape)
}

/// A sign does not begin within a word (an e-mail address, `US$`) nor doubled, a hashtag or a handle not in a link. Scripts
/// without blanks write their words right before it.
fn begins(text: &str, hit: &str, shape: Shape) -> bool {
    let Some(before) = text.chars().next_back() else {
        return true;
    };
    match shape {
        Shape::Word => hit.chars().next().is_none_or(|first| breaks(before, first)),
        Shape::Cashtag => !is_latin(before) && before != '$',
        Shape::Hashtag => !is_latin(before) && !matches!(before, '#' | '&') && !in_link(text),
        Shape::Name | Shape::Address => !is_latin(before) && before != '@' && !in_link(text),
    }
}

/// Whether the text ends within a link.
fn in_link(text: &str) -> bool {
    text.ends_with('/')
        && text
            .rsplit(' ')
            .next()
            .is_some_and(|token| token.contains("://"))
}

fn ends(hit: &str, after: Option<char>, further: Option<char>, shape: Shape) -> bool {
    let Some(after) = after else { return true };
    match shape {
        Shape::Word => hit
            .chars()
            .next_back()
            .is_none_or(|last| breaks(last, after)),
        Shape::Hashtag => !is_word(after),
        Shape::Cashtag => !is_latin(after),
        Shape::Name => !is_latin(after) && !goes_on(after, further, &['@']),
        Shape::Address => !is_latin(after) && !goes_on(after, further, &['@', '.', '-']),
    }
}

/// Whether the handle goes on behind one of `joints`.
fn goes_on(after: char, further: Option<char>, joints: &[char]) -> bool {
    joints.contains(&after) && further.is_some_and(char::is_alphanumeric)
}

/// Whether a word may end between two characters. Scripts that are written without blanks break anywhere; an emoji
/// breaks from its neighbours unless it is joined to one.
fn breaks(left: char, right: char) -> bool {
    const JOINER: char = '\u{200d}';
    if left == JOINER || right == JOINER {
        return false;
    }
    if is_unspaced(left) || is_unspaced(right) {
        return true;
    }
    !(is_word(left) && is_word(right))
}

/// A letter, digit, underscore, or a mark that belongs to the letter before it.
fn is_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric() || unicode_normalization::char::is_combining_mark(char)
}

/// A letter, digit or underscore of a script with blanks: what can go on with an ASCII name.
fn is_latin(char: char) -> bool {
    is_word(char) && !is_unspaced(char)
}

/// Scripts whose words are not set apart by blanks, and Hangul, whose particles follow a word without one.
fn is_unspaced(char: char) -> bool {
    matches!(char,
        '\u{0e00}'..='\u{0eff}'     // Thai, Lao
        | '\u{1000}'..='\u{109f}'   // Myanmar
        | '\u{1100}'..='\u{11ff}'   // Hangul Jamo
        | '\u{1780}'..='\u{17ff}'   // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}'   // Hiragana, Katakana
        | '\u{3100}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'   // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'   // Hangul
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}
