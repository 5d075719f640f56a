//! Many texts at once, on every core.

use std::{num::NonZero, sync::Mutex, thread};

use crate::{Score, Scorer};

/// How many texts a thread takes at a time: a fraction of a millisecond's work, so that all end together.
const SHARE: usize = 256;

impl Scorer {
    /// The texts' scores, in order, on as many threads as the machine has cores. The threads last for this call; a few
    /// texts are scored on the caller's own.
    pub fn score_all(&self, texts: &[&str]) -> Vec<Score> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let mut scores = vec![Score::default(); texts.len()];
        let shares = texts.len().div_ceil(SHARE);
        if cores.min(shares) <= 1 {
            self.score_share(texts, &mut scores);
            return scores;
        }
        let work = Mutex::new(texts.chunks(SHARE).zip(scores.chunks_mut(SHARE)));
        // Under the lock a share is taken, no more: nothing there can panic and poison it.
        let next = || work.lock().ok().and_then(|mut work| work.next());
        thread::scope(|scope| {
            for _ in 0..cores.min(shares) {
                scope.spawn(|| {
                    while let Some((texts, scores)) = next() {
                        self.score_share(texts, scores);
                    }
                });
            }
        });
        scores
    }

    fn score_share(&self, texts: &[&str], scores: &mut [Score]) {
        for (text, score) in texts.iter().zip(scores) {
            *score = self.score(text);
        }
    }
}
