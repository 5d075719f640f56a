//! The "but" rule: what is said before it counts half, what is said after it half as much again.
//!
//! The reference goes through the valences one by one and changes, in place of each, the first that is equal to it. This
//! is seldom another than the one itself, but then it matters.

use crate::scratch::Valence;

/// What a valence before "but" counts.
const BEFORE: f64 = 0.5;
/// What a valence after it counts.
const AFTER: f64 = 1.5;

/// Up to so many valences, to look through them is quicker than to keep an index.
const FEW: usize = 48;

/// Applies the rule for a "but" at this token.
pub(crate) fn apply(valences: &mut [Valence], but: usize, firsts: &mut Firsts) {
    if valences.len() > FEW {
        return firsts.apply(valences, but);
    }
    for place in 0..valences.len() {
        let value = valences[place].value;
        let first = valences
            .iter()
            .position(|valence| valence.value == value)
            .unwrap_or(place);
        weigh(&mut valences[first], but);
    }
}

fn weigh(valence: &mut Valence, but: usize) {
    valence.value *= if valence.at < but { BEFORE } else { AFTER };
    valence.integer = false;
}

/// Marks the end of a list of places.
const NO: u32 = u32::MAX;

/// From a value to the first place that has it, for texts of any length: for each value a heap of the places before the
/// one under way. A heap is a pairing heap, kept in two tables, so that nothing is allocated for its nodes.
#[derive(Debug, Default)]
pub(crate) struct Firsts {
    /// An open hash table from a value's bits to the top of its heap.
    heads: Vec<(u64, u32)>,
    /// For each place the first of those below it.
    below: Vec<u32>,
    /// For each place the next of those below the same place.
    beside: Vec<u32>,
}

impl Firsts {
    fn apply(&mut self, valences: &mut [Valence], but: usize) {
        self.reset(valences.len());
        for place in 0..valences.len() {
            let at = u32::try_from(place).expect("a text of this length does not fit into memory");
            let bits = valences[place].value.to_bits();
            self.insert(bits, at);
            let first = self.pop(bits).unwrap_or(at);
            let valence = &mut valences[first as usize];
            weigh(valence, but);
            self.insert(valence.value.to_bits(), first);
        }
    }

    /// Every place brings at most two values, so that the table stays half empty.
    fn reset(&mut self, places: usize) {
        self.heads.clear();
        self.heads.resize((places * 4).next_power_of_two(), (0, NO));
        for list in [&mut self.below, &mut self.beside] {
            list.clear();
            list.resize(places, NO);
        }
    }

    /// The value's row in the table. No value here is zero, whose bits mark a free row.
    fn row(&mut self, bits: u64) -> usize {
        let rows = self.heads.len();
        let hash = bits.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - rows.trailing_zeros());
        let mut row = usize::try_from(hash).expect("no larger than the table");
        while self.heads[row].0 != bits && self.heads[row].0 != 0 {
            row = (row + 1) % rows;
        }
        self.heads[row].0 = bits;
        row
    }

    fn insert(&mut self, bits: u64, place: u32) {
        let row = self.row(bits);
        self.heads[row].1 = self.meld(self.heads[row].1, place);
    }

    /// Takes the value's first place out.
    fn pop(&mut self, bits: u64) -> Option<u32> {
        let row = self.row(bits);
        let top = self.heads[row].1;
        if top == NO {
            return None;
        }
        let below = std::mem::replace(&mut self.below[top as usize], NO);
        self.heads[row].1 = self.gather(below);
        Some(top)
    }

    /// Makes one heap of those that hang below a place: first two and two, then these from the last to the first.
    fn gather(&mut self, mut left: u32) -> u32 {
        let mut pairs = NO;
        while left != NO {
            let one = left;
            let other = self.detach(one);
            left = if other == NO { NO } else { self.detach(other) };
            let pair = self.meld(one, other);
            self.beside[pair as usize] = pairs;
            pairs = pair;
        }
        let mut heap = NO;
        while pairs != NO {
            let next = self.detach(pairs);
            heap = self.meld(heap, pairs);
            pairs = next;
        }
        heap
    }

    fn detach(&mut self, place: u32) -> u32 {
        std::mem::replace(&mut self.beside[place as usize], NO)
    }

    /// Makes one heap of two.
    fn meld(&mut self, one: u32, other: u32) -> u32 {
        // NO is larger than every place.
        let (top, under) = (one.min(other), one.max(other));
        if under != NO {
            self.beside[under as usize] = std::mem::replace(&mut self.below[top as usize], under);
        }
        top
    }
}
