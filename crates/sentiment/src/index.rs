//! The index of words: a filter that turns most tokens away, then a perfect hash with one comparison.
//!
//! The build script compiles this file too: the base index is laid out at build time, an overlay's when it is loaded.

use std::borrow::Cow;

use crate::{table::Table, word::Word};

/// The longest word that the index can hold; VADER's longest has 19 bytes.
pub(crate) const MAX_WORD: usize = 24;
/// How many words it can hold: three quarters of the slots, so that a layout is found at once.
pub(crate) const MAX_WORDS: usize = SLOTS / 4 * 3;

/// The filter has a bit for each value of the hash's top 17 bits: 16 KiB, which a core's first cache holds. With the
/// 7,650 words of the base, one in seventeen other tokens passes it.
const FILTER_BITS: u32 = 17;
const FILTER: usize = 1 << (FILTER_BITS - 6);
const BUCKET_BITS: u32 = 11;
const BUCKETS: usize = 1 << BUCKET_BITS;
const SLOT_BITS: u32 = 14;
const SLOTS: usize = 1 << SLOT_BITS;

/// A word as the index compares it: its bytes in three machine words, the rest zero.
pub(crate) type Key = [u64; 3];

/// A word with its meaning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// Tells a word from the same word with zero bytes after it.
    pub(crate) len: usize,
    pub(crate) word: Word,
}

/// What an empty slot points to. No token has a length of 0.
const NOTHING: Entry = Entry {
    key: [0; 3],
    len: 0,
    word: Word::NONE,
};

/// The index.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    pub(crate) filter: Table<u64, FILTER>,
    /// For each bucket of words the number that sends them all to slots of their own.
    pub(crate) pilots: Table<u16, BUCKETS>,
    /// For each slot its entry.
    pub(crate) slots: Table<u16, SLOTS>,
    /// The first is [`NOTHING`].
    pub(crate) entries: Cow<'static, [Entry]>,
}

/// The word's key; none for a word that is empty or too long.
pub(crate) fn key(word: &str) -> Option<Key> {
    if word.is_empty() || word.len() > MAX_WORD {
        return None;
    }
    let mut bytes = [0; MAX_WORD];
    bytes[..word.len()].copy_from_slice(word.as_bytes());
    let part = |at: usize| {
        bytes[at..at + 8]
            .iter()
            .rev()
            .fold(0, |key, &byte| key << 8 | u64::from(byte))
    };
    Some([part(0), part(8), part(16)])
}

/// The hash. Its top bits depend on all bytes; a word of up to 8 bytes costs one multiplication.
#[inline(always)]
pub(crate) fn hash(key: Key) -> u64 {
    let rest = key[1]
        .wrapping_mul(0xA24B_AED4_963E_E407)
        .rotate_left(29)
        .wrapping_add(key[2].wrapping_mul(0x9FB2_1C65_1E98_DF25).rotate_left(17));
    (key[0] ^ rest).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "only the top bits are left"
)]
fn top(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

#[inline(always)]
fn bucket(hash: u64) -> usize {
    // The lower bits of the hash know only the first letters, so that similar words would crowd into a bucket.
    top(hash.wrapping_mul(0xD1B5_4A32_D192_ED03), BUCKET_BITS)
}

#[inline(always)]
fn slot(hash: u64, pilot: u16) -> usize {
    let moved = hash ^ u64::from(pilot).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    top(moved.wrapping_mul(0xC2B2_AE3D_27D4_EB4F), SLOT_BITS)
}

/// The index, ready to be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    filter: &'a [u64; FILTER],
    pilots: &'a [u16; BUCKETS],
    slots: &'a [u16; SLOTS],
    entries: &'a [Entry],
}

impl View<'_> {
    /// The word that stands at this place of a text, behind which [`MAX_WORD`] more bytes can be read.
    #[inline(always)]
    pub(crate) fn find_at(&self, text: &[u8], start: usize, len: usize) -> Option<Word> {
        if len > MAX_WORD {
            return None;
        }
        let bytes: &[u8; MAX_WORD] = text[start..].first_chunk()?;
        let part =
            |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let mut key = [part(0), 0, 0];
        if len < 8 {
            key[0] &= !(u64::MAX << (8 * len));
        } else {
            key[1] = part(8) & MASKS[len - 8];
            key[2] = part(16) & MASKS[len.saturating_sub(16)];
        }
        self.find(key, len)
    }

    /// The word of this key, if there is one.
    #[inline(always)]
    fn find(&self, key: Key, len: usize) -> Option<Word> {
        let hash = hash(key);
        let bit = top(hash, FILTER_BITS);
        if self.filter[bit >> 6] >> (bit & 63) & 1 == 0 {
            return None;
        }
        let slot = slot(hash, self.pilots[bucket(hash)]);
        let entry = self.entries.get(usize::from(self.slots[slot]))?;
        // As one number: comparing the arrays would send the key through memory.
        let differs = (entry.key[0] ^ key[0]) | (entry.key[1] ^ key[1]) | (entry.key[2] ^ key[2]);
        (differs == 0 && entry.len == len).then_some(entry.word)
    }
}

/// For each number of bytes, up to 16, the ones of those that a machine word holds.
const MASKS: [u64; 17] = {
    let mut masks = [u64::MAX; 17];
    let mut bytes = 0;
    while bytes < 8 {
        masks[bytes] = !(u64::MAX << (8 * bytes));
        bytes += 1;
    }
    masks
};

impl Index {
    /// The index, ready to be asked.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            filter: &self.filter,
            pilots: &self.pilots,
            slots: &self.slots,
            entries: &self.entries,
        }
    }

    /// All words.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip(1)
    }

    /// The word of this name.
    pub(crate) fn word(&self, name: &str) -> Option<Word> {
        self.view().find(key(name)?, name.len())
    }

    /// Lays out an index of these words.
    ///
    /// # Panics
    ///
    /// With more than [`MAX_WORDS`], or with a word twice.
    pub(crate) fn build(words: &[(Key, usize, Word)]) -> Self {
        assert!(
            words.len() <= MAX_WORDS,
            "the index has room for {MAX_WORDS} words"
        );
        let mut filter = vec![0; FILTER];
        let mut buckets = vec![Vec::new(); BUCKETS];
        let mut entries = vec![NOTHING];
        for &(key, len, word) in words {
            let hash = hash(key);
            let bit = top(hash, FILTER_BITS);
            filter[bit >> 6] |= 1 << (bit & 63);
            buckets[bucket(hash)].push((hash, entries.len()));
            entries.push(Entry { key, len, word });
        }
        let (pilots, slots) = place(buckets);
        Self {
            filter: Table::new(filter),
            pilots: Table::new(pilots),
            slots: Table::new(slots),
            entries: Cow::Owned(entries),
        }
    }
}

/// Gives each bucket a pilot, the fullest first, when most slots are free.
fn place(buckets: Vec<Vec<(u64, usize)>>) -> (Vec<u16>, Vec<u16>) {
    let (mut pilots, mut slots) = (vec![0; BUCKETS], vec![0; SLOTS]);
    let mut order: Vec<_> = buckets.into_iter().enumerate().collect();
    order.sort_by_key(|(number, words)| (std::cmp::Reverse(words.len()), *number));
    for (number, words) in order {
        pilots[number] = (0..=u16::MAX)
            .find(|&pilot| try_place(&words, pilot, &mut slots))
            .expect("each word is there once, and a quarter of the slots stays free");
    }
    (pilots, slots)
}

/// Places the words where the pilot sends them; takes them out again when two meet.
fn try_place(words: &[(u64, usize)], pilot: u16, slots: &mut [u16]) -> bool {
    for (done, &(hash, entry)) in words.iter().enumerate() {
        let place = &mut slots[slot(hash, pilot)];
        if *place != 0 {
            for &(hash, _) in &words[..done] {
                slots[slot(hash, pilot)] = 0;
            }
            return false;
        }
        *place = u16::try_from(entry).expect("MAX_WORDS fits");
    }
    true
}
