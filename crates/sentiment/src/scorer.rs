//! The scorer: what it knows, and the way of a text through it.

use std::borrow::Cow;

use crate::{
    Score, but,
    lexicon::{BASE, Lexicon},
    overlay::Overlay,
    rewrite::rewrite,
    rules::{self, Window},
    scratch::{self, Scratch, Valence},
    tokens::{BEFORE, Overview, tokenize},
    total,
    word::Word,
};

/// Scores texts as `vaderSentiment` 3.3.2 does.
#[derive(Debug, Clone)]
pub struct Scorer {
    pub(crate) lexicon: Cow<'static, Lexicon>,
    version: Cow<'static, str>,
}

impl Scorer {
    /// The version of VADER that is followed, and of a scorer without an overlay.
    pub const VADER: &str = "vader-3.3.2";

    /// A scorer that is VADER and nothing else. Costs nothing: its tables are part of the program.
    pub fn new() -> Self {
        Self {
            lexicon: Cow::Borrowed(&BASE),
            version: Cow::Borrowed(Self::VADER),
        }
    }

    /// A scorer that is VADER with an overlay, as in `vader-3.3.2+crypto@1a2b3c4d`.
    pub fn with_overlay(overlay: &Overlay) -> Self {
        Self {
            lexicon: Cow::Owned(Lexicon::with(overlay)),
            version: Cow::Owned(format!("{}+{}", Self::VADER, overlay.id())),
        }
    }

    /// The scorer's name and version, to be kept with every score.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The text's score. Takes time in proportion to the text and, once a thread has scored a few, no memory.
    pub fn score(&self, text: &str) -> Score {
        scratch::with(|scratch| score(&self.lexicon, text, scratch))
    }
}

impl Default for Scorer {
    fn default() -> Self {
        Self::new()
    }
}

fn score(lexicon: &Lexicon, text: &str, scratch: &mut Scratch) -> Score {
    let overview = if text.is_ascii() {
        tokenize(text.as_bytes(), &lexicon.index, scratch)
    } else {
        let mut rewritten = std::mem::take(&mut scratch.rewritten);
        rewrite(text, &lexicon.letters, &mut rewritten);
        let overview = tokenize(&rewritten, &lexicon.index, scratch);
        scratch.rewritten = rewritten;
        overview
    };
    if !scratch.phrase_starts.is_empty() {
        phrases(lexicon, scratch);
    }
    let float_zero = valences(&overview, scratch);
    total::score(&scratch.valences, float_zero, &overview)
}

/// Makes one word of each phrase, and finds the lexicon's words anew.
fn phrases(lexicon: &Lexicon, scratch: &mut Scratch) {
    let Scratch {
        tokens,
        hits,
        phrase_starts,
        ..
    } = scratch;
    lexicon.phrases.apply(tokens, phrase_starts);
    hits.clear();
    hits.extend((BEFORE..tokens.len()).filter(|token| tokens[*token].is(Word::LEXICON)));
}

/// Finds the valences that are not zero, and which token's zero is a float in Python first.
fn valences(overview: &Overview, scratch: &mut Scratch) -> usize {
    let Scratch {
        tokens,
        hits,
        valences,
        firsts,
        ..
    } = scratch;
    valences.clear();
    let mut float_zero = usize::MAX;
    for &hit in &*hits {
        let window: &Window = tokens[hit - BEFORE..]
            .first_chunk()
            .expect("tokens stand between margins");
        let (value, integer) = rules::valence(window, overview.mixed_case);
        let at = hit - BEFORE;
        if value != 0.0 {
            valences.push(Valence { value, at, integer });
        } else if !integer {
            float_zero = float_zero.min(at);
        }
    }
    if let Some(but) = overview.but {
        // The first zero is a float afterwards, unless it is the "but" itself.
        let zero = first_zero(valences);
        if zero != but {
            float_zero = float_zero.min(zero);
        }
        but::apply(valences, but, firsts);
    }
    float_zero
}

/// The first token whose valence is zero.
fn first_zero(valences: &[Valence]) -> usize {
    valences
        .iter()
        .enumerate()
        .take_while(|(place, valence)| *place == valence.at)
        .count()
}
