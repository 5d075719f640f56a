//! Made-up posts of the length, the words and the marks of real ones; the same in every run.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// What most of a post is made of.
const COMMON: &str = "the to and a of is in it for on my that at with me you this just so be have i'm not all was but out \
    up what now no can from day about today we your time they when will get go how like going one know think back see \
    really still more people never don't it's there been new need want here had who work last week market price chart \
    block token wallet coffee train school game watching tonight tomorrow morning phone home getting because before";

/// What makes its mood.
const MOODS: &str = "good great love bad hate happy sad awesome terrible best worst nice lol fun sick awful amazing thanks \
    hope miss sorry pretty cool hell wow damn stupid beautiful excited boring hurt win lost fail :) :( :D <3";

/// What else stands in posts.
const REST: &str = "@someone @another_one #btc #monday http://t.co/abc123 $ETH 10 2026 RT &amp; OMG NEVER :-) ... -";

/// What ends a sentence.
const ENDS: [&str; 8] = [".", ".", "", "!", "?", "!!", "...", ","];

/// Emoji, in one post of eight.
const EMOJI: [&str; 6] = ["😀", "😂", "❤️", "🚀", "😭", "👍🏽"];

/// So many posts.
pub(crate) fn posts(count: usize) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(2014);
    let lists =
        [COMMON, MOODS, REST].map(|words| words.split_ascii_whitespace().collect::<Vec<_>>());
    (0..count).map(|_| post(&mut random, &lists)).collect()
}

fn post(random: &mut StdRng, lists: &[Vec<&str>; 3]) -> String {
    let length = random.random_range(30..130);
    let mut post = String::new();
    while post.len() < length {
        let list = match random.random_range(0..100) {
            0..78 => 0,
            78..92 => 1,
            _ => 2,
        };
        post.push_str(lists[list].choose(random).copied().unwrap_or_default());
        if random.random_bool(0.12) {
            post.push_str(ENDS.choose(random).copied().unwrap_or_default());
        }
        post.push(' ');
    }
    if random.random_bool(0.125) {
        post.push_str(EMOJI.choose(random).copied().unwrap_or_default());
    }
    post.trim_end().to_owned()
}
