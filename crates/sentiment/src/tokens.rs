//! Cuts a text into tokens and looks each up, in one pass over bitmaps.

use crate::{
    classify::{BLOCK, Bitmaps, classify},
    index::{Index, MAX_WORD, View},
    scratch::Scratch,
    word::{Role, Word},
};

/// How many entries of [`Scratch::tokens`] stand before the first token: as far as the rules look back.
pub(crate) const BEFORE: usize = 3;
/// How many stand after the last: as far as they look ahead.
const AFTER: usize = 2;

/// What is known of the text as a whole.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overview {
    /// How many tokens there are.
    pub(crate) tokens: usize,
    /// Some tokens are in capitals and some are not.
    pub(crate) mixed_case: bool,
    /// Which token is the first "but".
    pub(crate) but: Option<usize>,
    /// How many "!", as far as it matters.
    pub(crate) exclamations: u32,
    /// How many "?", as far as it matters.
    pub(crate) questions: u32,
}

/// What one block hands to the next.
#[derive(Debug, Default)]
struct Carry {
    run: u64,
    small: u64,
    capital: u64,
    edged: u64,
    apostrophe: u64,
    /// Where the token begins that the block's end cut, or that was found last.
    start: usize,
}

/// What is known of a block's tokens, each at the place just after its last byte.
struct Ends {
    /// There ends a token.
    any: u64,
    /// It is in capitals.
    capitals: u64,
    /// It begins or ends with punctuation.
    edged: u64,
    /// It has an apostrophe.
    apostrophe: u64,
}

/// Fills `tokens`, `hits` and `phrase_starts` from the text, which has one byte a character.
pub(crate) fn tokenize(text: &[u8], index: &Index, scratch: &mut Scratch) -> Overview {
    let Scratch {
        lowered,
        tokens,
        hits,
        phrase_starts,
        ..
    } = scratch;
    // The last block has at least one space, at which the last token ends.
    let padded = (text.len() / BLOCK + 1) * BLOCK + MAX_WORD;
    if lowered.len() < padded {
        lowered.resize(padded, 0);
    }
    let mut pass = Pass {
        index: index.view(),
        tokens,
        hits,
        phrase_starts,
        but: None,
    };
    pass.begin();
    let mut overview = Overview::default();
    let (mut carry, mut capitals, mut others) = (Carry::default(), 0, 0);
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    let mut last = [b' '; BLOCK];
    last[..tail.len()].copy_from_slice(tail);
    for (number, block) in blocks.iter().chain([&last]).enumerate() {
        let base = number * BLOCK;
        let copy = lowered[base..]
            .first_chunk_mut()
            .expect("the margin is wider than a block's rest");
        let maps = classify(block, copy);
        overview.count(&maps);
        let starts = starts(&maps, &carry);
        let open = carry.run == 1;
        let ends = ends(&maps, starts, &mut carry);
        capitals |= ends.any & ends.capitals;
        others |= ends.any & !ends.capitals;
        carry.start = pass.block(lowered, base, (open, carry.start), starts, &ends);
    }
    overview.tokens = pass.tokens.len() - BEFORE;
    overview.mixed_case = capitals != 0 && others != 0;
    overview.but = pass.but;
    pass.tokens.extend([Word::NONE; AFTER]);
    overview
}

impl Overview {
    #[inline(always)]
    fn count(&mut self, maps: &Bitmaps) {
        // More than four of either change nothing more.
        if maps.exclamation != 0 {
            self.exclamations = (self.exclamations + maps.exclamation.count_ones()).min(4);
        }
        if maps.question != 0 {
            self.questions = (self.questions + maps.question.count_ones()).min(4);
        }
    }
}

/// Where tokens begin. A token that the block before began is not among them.
#[inline(always)]
fn starts(maps: &Bitmaps, carry: &Carry) -> u64 {
    let run = !maps.space;
    run & !(run << 1 | carry.run)
}

/// What is known of the tokens that end in this block.
#[inline(always)]
fn ends(maps: &Bitmaps, starts: u64, carry: &mut Carry) -> Ends {
    let run = !maps.space;
    let any = maps.space & (run << 1 | carry.run);
    carry.run = run >> 63;
    let small = at_ends(run, maps.small, &mut carry.small);
    let capital = at_ends(run, maps.capital, &mut carry.capital);
    // The last byte of a token that is punctuation is any byte before an end.
    let last = maps.punctuation & (maps.space >> 1 | 1 << 63);
    let edges = starts & maps.punctuation | last;
    Ends {
        any,
        capitals: capital & !small,
        edged: at_ends(run, edges, &mut carry.edged),
        apostrophe: at_ends(run, maps.apostrophe, &mut carry.apostrophe),
    }
}

/// Carries marks to the end of the run of bytes in which they are: adding a mark to a run, which is a row of ones,
/// carries into the place after it.
#[inline(always)]
fn at_ends(run: u64, marks: u64, carry: &mut u64) -> u64 {
    let (sum, over) = run.overflowing_add(marks);
    let (sum, over_again) = sum.overflowing_add(*carry);
    *carry = u64::from(over | over_again);
    sum & !run
}

/// A pass over a text.
struct Pass<'a> {
    index: View<'a>,
    tokens: &'a mut Vec<Word>,
    hits: &'a mut Vec<usize>,
    phrase_starts: &'a mut Vec<usize>,
    but: Option<usize>,
}

impl Pass<'_> {
    fn begin(&mut self) {
        self.tokens.clear();
        self.hits.clear();
        self.phrase_starts.clear();
        self.tokens.extend([Word::BEFORE; BEFORE]);
    }

    /// Takes in the tokens that end in the block, of which the first may be `open` since an earlier block. Gives back
    /// where the token begins that is open at its end.
    #[inline(always)]
    fn block(
        &mut self,
        lowered: &[u8],
        base: usize,
        (open, open_since): (bool, usize),
        mut starts: u64,
        ends: &Ends,
    ) -> usize {
        let mut next_start = || {
            let start = base + starts.trailing_zeros() as usize;
            starts &= starts.wrapping_sub(1);
            start
        };
        let mut start = if open { open_since } else { next_start() };
        let mut left = ends.any;
        while left != 0 {
            let place = left.trailing_zeros();
            left &= left - 1;
            let is = |ends: u64| ends >> place & 1 == 1;
            let mut span = (start, base + place as usize);
            let mut flags = Word::CAPITALS * u8::from(is(ends.capitals));
            if is(ends.apostrophe) && negates(&lowered[span.0..span.1]) {
                flags |= Word::NEGATION;
            }
            if is(ends.edged) {
                span = strip(lowered, span);
            }
            self.token(lowered, span, flags);
            start = next_start();
        }
        start
    }

    /// Takes in a token.
    #[inline(always)]
    fn token(&mut self, lowered: &[u8], (start, end): (usize, usize), flags: u8) {
        let mut word = Word::NONE;
        if let Some(found) = self.index.find_at(lowered, start, end - start) {
            word = found;
            self.note(word);
        }
        word.flags |= flags;
        self.tokens.push(word);
    }

    /// Remembers a word for which something is to be done once the whole text is known.
    #[inline(always)]
    fn note(&mut self, word: Word) {
        let at = self.tokens.len();
        if word.is(Word::LEXICON) {
            self.hits.push(at);
        }
        if word.is(Word::PHRASE_START) {
            self.phrase_starts.push(at);
        }
        if word.role == Role::But && self.but.is_none() {
            self.but = Some(at - BEFORE);
        }
    }
}

/// Whether the token negates by way of "n't".
fn negates(token: &[u8]) -> bool {
    token.windows(3).any(|part| part == b"n't")
}

/// The token without the punctuation around it, unless no more than two characters are left: then it is as likely an
/// emoticon.
#[inline(always)]
fn strip(lowered: &[u8], (start, end): (usize, usize)) -> (usize, usize) {
    let (mut first, mut last) = (start, end);
    while first < last && lowered[first].is_ascii_punctuation() {
        first += 1;
    }
    while first < last && lowered[last - 1].is_ascii_punctuation() {
        last -= 1;
    }
    if last - first > 2 {
        (first, last)
    } else {
        (start, end)
    }
}
