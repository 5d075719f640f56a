//! The fast way through a text against the plain one, with and without an overlay: the same bits, and no panic.
//!
//! `cargo +nightly fuzz run score`

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use moodwire_sentiment::{Overlay, Scorer};

static SCORERS: LazyLock<[Scorer; 2]> = LazyLock::new(|| {
    let crypto = Overlay::shipped("crypto").expect("it is shipped");
    [Scorer::new(), Scorer::with_overlay(&crypto)]
});

fuzz_target!(|text: &str| {
    for scorer in &*SCORERS {
        let (fast, plain) = (scorer.score(text), scorer.explain(text).score);
        let bits = |score: moodwire_sentiment::Score| [score.neg, score.neu, score.pos, score.compound].map(f64::to_bits);
        assert_eq!(bits(fast), bits(plain), "{fast:?} is not {plain:?}");
    }
});
