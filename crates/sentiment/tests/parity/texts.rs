//! Texts that a test makes up: from the lexicon's words to noise, from posts to lines of 100 kB.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use vader_sentiment::{EMOJI_LEXICON, LEXICON};

/// Words of VADER's rules, and words that stand near them.
const GRAMMAR: &str = "but but but no no nor or not never so this without doubt least at very kind of sort just enough \
    the shit bomb bad ass badass bus stop yeah right kiss of death to die for beating heart hearts don't can't isn't \
    cannot aint rarely despite none really hella hardly barely kinda kind-of sort-of most more less little so very \
    good great bad love hate uh-uh n't 'n't' xn'ty :p :P :) :( 8-) (: <3 lol";

/// Words of no lexicon.
const PLAIN: &str = "a i is it the market today btc and we went on with you me tokens https://example.org/a?b=c! \
    @someone #hodl $BTC 100% 3.14 e.g. U.S.A. re-run it's \u{2019}tis caf\u{e9} na\u{ef}ve \u{c9}COLE \u{130}stanbul \
    \u{212a}ind \u{212a}ILL \u{1c5}x stra\u{df}e \u{39f}\u{394}\u{39f}\u{3a3} \u{645}\u{631}\u{62d}\u{628}\u{627} \
    \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{65e5}\u{672c}\u{8a9e} \u{41f}\u{440}\u{438}\u{432}\u{435}\u{442} don\u{2019}t";

/// What may stand around or between words.
const MARKS: [&str; 24] = [
    "!", "!!", "!!!", "!!!!!", "?", "??", "???", "????", "?!", ".", "...", ",", ";", ":", "\"",
    "'", "(", ")", "-", "*", "_", "\u{2026}", "\u{201c}", "\u{3002}",
];

/// What may separate words; some of it only looks as if it did.
const SPACES: [&str; 22] = [
    " ", " ", " ", " ", "  ", "\n", "\t", "\r\n", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}",
    "\u{1f}", "\u{85}", "\u{a0}", "\u{2003}", "\u{3000}", "\u{200b}", "\u{2028}", "\u{feff}", "",
];

/// What joins, tints, marks or overwrites what stands before it.
const JOINERS: [&str; 12] = [
    "\u{200d}",
    "\u{fe0f}",
    "\u{fe0e}",
    "\u{1f3fb}",
    "\u{1f3ff}",
    "\u{301}",
    "\u{20e3}",
    "\u{202e}",
    "\u{2066}",
    "\u{0}",
    "\u{ad}",
    "\u{e0067}",
];

/// A source of texts, the same for the same seed.
#[derive(Debug)]
pub(crate) struct Texts {
    random: StdRng,
    lexicon: Vec<String>,
    emoji: Vec<&'static str>,
}

impl Texts {
    /// The texts of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        let lexicon: BTreeSet<String> = LEXICON.keys().map(ToString::to_string).collect();
        let emoji: BTreeSet<&str> = EMOJI_LEXICON.keys().copied().collect();
        Self {
            random: StdRng::seed_from_u64(seed),
            lexicon: lexicon.into_iter().collect(),
            emoji: emoji.into_iter().collect(),
        }
    }

    /// The next text: mostly a post, sometimes noise.
    pub(crate) fn next(&mut self) -> String {
        match self.random.random_range(0..20) {
            0 => self.noise(),
            1 => self.characters(),
            2 => self.of_pieces(80),
            _ => self.of_pieces(18),
        }
    }

    /// A line of at least so many bytes.
    pub(crate) fn long(&mut self, bytes: usize) -> String {
        let mut line = String::new();
        while line.len() < bytes {
            line.push_str(&self.of_pieces(400));
        }
        line
    }

    fn of_pieces(&mut self, most: usize) -> String {
        let pieces = self.random.random_range(0..most);
        let shouting = self.random.random_bool(0.1);
        let tidy = self.random.random_bool(0.7);
        let mut text = String::new();
        for _ in 0..pieces {
            let piece = self.piece();
            text.push_str(&if shouting {
                piece.to_uppercase()
            } else {
                piece
            });
            text.push_str(if tidy { " " } else { self.pick(&SPACES) });
        }
        text
    }

    fn piece(&mut self) -> String {
        let piece = match self.random.random_range(0..12) {
            0..=3 => self.pick_word(GRAMMAR),
            4..=6 => {
                let at = self.random.random_range(0..self.lexicon.len());
                self.lexicon[at].clone()
            }
            7..=8 => self.pick_word(PLAIN),
            9 => self.smileys(),
            10 => self.pick(&MARKS).to_owned(),
            _ => self.letters(),
        };
        self.dressed(piece)
    }

    /// The piece in another case, with marks around it, or joined to something.
    fn dressed(&mut self, piece: String) -> String {
        match self.random.random_range(0..16) {
            0 | 1 => piece.to_uppercase(),
            2 => piece
                .chars()
                .take(1)
                .flat_map(char::to_uppercase)
                .chain(piece.chars().skip(1))
                .collect(),
            3 | 4 => piece + self.pick(&MARKS),
            5 => self.pick(&MARKS).to_owned() + &piece,
            6 => format!("{}{piece}{}", self.pick(&MARKS), self.pick(&MARKS)),
            7 => piece + self.pick(&JOINERS),
            _ => piece,
        }
    }

    fn smileys(&mut self) -> String {
        let count = self.random.random_range(1..4);
        let mut smileys = String::new();
        for _ in 0..count {
            let at = self.random.random_range(0..self.emoji.len());
            smileys.push_str(self.emoji[at]);
            if self.random.random_bool(0.2) {
                smileys.push_str(self.pick(&JOINERS));
            }
        }
        smileys
    }

    fn letters(&mut self) -> String {
        let count = self.random.random_range(1..30);
        (0..count)
            .map(|_| char::from(self.random.random_range(b'a'..=b'z')))
            .collect()
    }

    /// Marks, spaces, joiners and scraps of words in any order.
    fn noise(&mut self) -> String {
        let count = self.random.random_range(0..120);
        let mut noise = String::new();
        for _ in 0..count {
            match self.random.random_range(0..4) {
                0 => noise.push_str(self.pick(&MARKS)),
                1 => noise.push_str(self.pick(&SPACES)),
                2 => noise.push_str(self.pick(&JOINERS)),
                _ => noise.push_str(&self.piece()),
            }
        }
        noise
    }

    /// Any characters at all, among them those that are not assigned.
    fn characters(&mut self) -> String {
        let count = self.random.random_range(0..60);
        let last = *[0x7F, 0xFF, 0x2FFF, 0xFFFF, 0x1_FFFF, 0x10_FFFF]
            .choose(&mut self.random)
            .expect("six");
        (0..count)
            .filter_map(|_| char::from_u32(self.random.random_range(0..=last)))
            .collect()
    }

    fn pick_word(&mut self, words: &str) -> String {
        let words: Vec<&str> = words.split_ascii_whitespace().collect();
        words
            .choose(&mut self.random)
            .copied()
            .unwrap_or_default()
            .to_owned()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from.choose(&mut self.random).copied().unwrap_or_default()
    }
}
