//! What `bench match` matches: made-up keywords, and posts of which one in four holds one. The same on every run.

/// A small generator with a fixed seed (xorshift64*): a benchmark that draws anew measures something else each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap_or(0) % bound.max(1)
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.below(all.len())).copied().unwrap_or_default()
    }
}

/// Syllables that words of many languages are made of, so that keywords and texts begin alike.
const SYLLABLES: [&str; 32] = [
    "ba", "bit", "co", "coin", "da", "de", "el", "eth", "fi", "ga", "ha", "in", "ka", "la", "lo",
    "ma", "mi", "mo", "na", "no", "on", "pa", "ra", "re", "sa", "so", "ta", "ti", "to", "un",
    "ver", "xi",
];

/// What stands between the words of a post now and then.
const BETWEEN: [&str; 8] = [
    "🚀",
    "今天大涨",
    "#news",
    "https://a.example/b?c=d",
    "@someone",
    "—",
    "ё",
    "100%",
];

/// `count` keywords, one in ten of them a hashtag, one in ten a phrase, one in twenty in Chinese.
pub(super) fn keywords(count: usize) -> Vec<String> {
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    (0..count)
        .map(|number| match number % 20 {
            0 | 10 => format!("#{}{number}", word(&mut draw)),
            5 | 15 => format!("{} {}", word(&mut draw), word(&mut draw)),
            7 => format!("币{number}"),
            _ => format!("{}{}", word(&mut draw), draw.of(&SYLLABLES)),
        })
        .collect()
}

/// `count` texts of 5 to 40 words; every fourth holds one of `keywords`.
pub(super) fn posts(keywords: &[String], count: usize) -> impl Iterator<Item = String> {
    let mut draw = Draw(0x1234_5678_9abc_def1);
    (0..count).map(move |number| {
        let mut words: Vec<String> = (0..5 + draw.below(36))
            .map(|_| match draw.below(12) {
                0 => draw.of(&BETWEEN).to_owned(),
                _ => word(&mut draw),
            })
            .collect();
        if number % 4 == 0 {
            let keyword = keywords.get(draw.below(keywords.len()));
            words.extend(keyword.cloned());
        }
        words.join(" ")
    })
}

fn word(draw: &mut Draw) -> String {
    (0..2 + draw.below(3))
        .map(|_| draw.of(&SYLLABLES))
        .collect()
}
