//! What becomes of each character beyond ASCII before a text is cut into tokens.
//!
//! No word of VADER has a letter beyond ASCII, so that of such a letter only its case counts: one byte that says it
//! stands for the letter, and a token has as many bytes as Python counts characters. Emoji become their descriptions.

use std::borrow::Cow;

use crate::table::Table;

/// Stands for a capital letter. None of the three bytes occurs in UTF-8.
pub(crate) const CAPITAL: u8 = 0xFD;
/// Stands for a small letter, or one that is half capital, which Python's `isupper` refuses as well.
pub(crate) const SMALL: u8 = 0xFE;
/// Stands for a character without case.
pub(crate) const CASELESS: u8 = 0xFF;

/// Cells below this are the byte that stands for the character; above, this and the number of the description.
const DESCRIPTION: u16 = 0x100;
/// Cells from this on are this and the number of one of the overlay's emoji.
const OWN: u16 = 0x8000;

const PAGE_BITS: u32 = 6;
const PAGE: usize = 1 << PAGE_BITS;
/// No character from here on has a case or a description.
const END: usize = 0x20000;
const PAGES: usize = END / PAGE;

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes<'a> {
    /// One byte that stands for it.
    Byte(u8),
    /// An emoji's description, glued to what follows, as the reference does it.
    Described(&'a [u8]),
    /// An emoji of the overlay: a token of its own.
    Own(&'a [u8]),
}

/// The characters' fates, in pages of 64, most of which many blocks of Unicode share.
#[derive(Debug, Clone)]
pub(crate) struct Letters {
    pub(crate) pages: Table<u16, PAGES>,
    pub(crate) cells: Cow<'static, [u16]>,
    pub(crate) descriptions: &'static [&'static [u8]],
    pub(crate) own: Vec<Vec<u8>>,
}

impl Letters {
    /// What becomes of the character.
    #[inline(always)]
    pub(crate) fn of(&self, letter: char) -> Becomes<'_> {
        let code = letter as usize;
        if code >= END {
            return Becomes::Byte(CASELESS);
        }
        let cell =
            self.cells[usize::from(self.pages[code >> PAGE_BITS]) << PAGE_BITS | code & (PAGE - 1)];
        match u8::try_from(cell) {
            Ok(byte) => Becomes::Byte(byte),
            Err(_) if cell >= OWN => Becomes::Own(&self.own[usize::from(cell - OWN)]),
            Err(_) => Becomes::Described(self.descriptions[usize::from(cell - DESCRIPTION)]),
        }
    }

    /// Makes the emoji a token of its own.
    pub(crate) fn own(&mut self, emoji: char) {
        let page = emoji as usize >> PAGE_BITS;
        if page >= PAGES {
            return;
        }
        // The page may be shared with others: this one gets a copy.
        let old = usize::from(self.pages[page]) << PAGE_BITS;
        let cells = self.cells.to_mut();
        let copy = u16::try_from(cells.len() >> PAGE_BITS).expect("an overlay's emoji are few");
        cells.extend_from_within(old..old + PAGE);
        cells[usize::from(copy) << PAGE_BITS | emoji as usize & (PAGE - 1)] =
            OWN + u16::try_from(self.own.len()).expect("an overlay's emoji are few");
        let mut pages = self.pages.to_vec();
        pages[page] = copy;
        self.pages = Table::new(pages);
        self.own.push(emoji.to_string().into_bytes());
    }
}
