//! Sets of rows as bits, and the windows in which queries are answered.

use std::ops::Range;

/// A set of the rows of one split.
#[derive(Clone, Debug)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// No row out of `rows`.
    pub(crate) fn none(rows: u32) -> Bits {
        Bits { words: vec![0; rows.div_ceil(64) as usize] }
    }

    /// The rows listed.
    pub(crate) fn of(rows: u32, list: &[u32]) -> Bits {
        let mut bits = Bits::none(rows);
        list.iter().for_each(|row| bits.insert(*row));
        bits
    }

    /// All rows but those listed.
    pub(crate) fn without(rows: u32, list: &[u32]) -> Bits {
        let mut bits = Bits { words: vec![u64::MAX; rows.div_ceil(64) as usize] };
        list.iter().for_each(|row| bits.words[*row as usize / 64] &= !(1 << (row % 64)));
        bits
    }

    pub(crate) fn insert(&mut self, row: u32) {
        self.words[row as usize / 64] |= 1 << (row % 64);
    }

    pub(crate) fn contains(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    pub(crate) fn count(&self) -> u64 {
        count(&self.words)
    }

    /// The first row of the set at or after `from`; `u32::MAX` where there is none.
    pub(crate) fn next(&self, from: u32) -> u32 {
        let mut at = from as usize / 64;
        let Some(first) = self.words.get(at) else {
            return u32::MAX;
        };
        let mut word = first & (u64::MAX << (from % 64));
        while word == 0 {
            at += 1;
            match self.words.get(at) {
                Some(next) => word = *next,
                None => return u32::MAX,
            }
        }
        at as u32 * 64 + word.trailing_zeros()
    }
}

/// Rows looked at together, their bits in words that start at a multiple of 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window {
    /// First row.
    pub(crate) start: u32,
    /// First row behind.
    pub(crate) end: u32,
}

impl Window {
    /// The row of bit 0.
    pub(crate) fn base(self) -> u32 {
        self.start & !63
    }

    /// Its words within a split's.
    pub(crate) fn words(self) -> Range<usize> {
        self.start as usize / 64..(self.end as usize).div_ceil(64)
    }

    /// Clears the bits of rows outside the window.
    pub(crate) fn trim(self, words: &mut [u64]) {
        if let Some(first) = words.first_mut() {
            *first &= u64::MAX << (self.start % 64);
        }
        if !self.end.is_multiple_of(64)
            && let Some(last) = words.last_mut()
        {
            *last &= (1 << (self.end % 64)) - 1;
        }
    }
}

/// Set bits of `words`.
pub(crate) fn count(words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// Calls `visit` with each row whose bit is set, `base` being the row of bit 0.
pub(crate) fn for_each(words: &[u64], base: u32, mut visit: impl FnMut(u32)) {
    for (at, word) in words.iter().enumerate() {
        let mut rest = *word;
        while rest != 0 {
            visit(base + at as u32 * 64 + rest.trailing_zeros());
            rest &= rest - 1;
        }
    }
}
