//! What scoring a text needs of memory. It is kept from text to text, so that a text costs no allocation.

use std::cell::RefCell;

use crate::{but::Firsts, word::Word};

/// Memory beyond this is given back after the text that needed it.
const KEPT: usize = 1 << 20;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The memory.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The text, one byte a character, where it is not all ASCII.
    pub(crate) rewritten: Vec<u8>,
    /// The text with its ASCII capitals lowered, and a margin.
    pub(crate) lowered: Vec<u8>,
    /// The tokens, between what stands before the first and after the last.
    pub(crate) tokens: Vec<Word>,
    /// Where in `tokens` the lexicon's words are.
    pub(crate) hits: Vec<usize>,
    /// Where in `tokens` a phrase of the overlay may begin.
    pub(crate) phrase_starts: Vec<usize>,
    /// The valences that are not zero.
    pub(crate) valences: Vec<Valence>,
    /// What the "but" rule needs for a long text.
    pub(crate) firsts: Firsts,
}

/// A token's valence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Valence {
    pub(crate) value: f64,
    /// Which token's.
    pub(crate) at: usize,
    /// In Python an integer, which some idioms are: its `sum` adds leading integers in another way.
    pub(crate) integer: bool,
}

/// Lends the thread's memory. Where it is lent already, to a caller further out, a new one serves.
pub(crate) fn with<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => {
            let result = work(&mut scratch);
            if scratch.lowered.len() > KEPT {
                *scratch = Scratch::default();
            }
            result
        }
        Err(_) => work(&mut Scratch::default()),
    })
}
