//! Walking over the rows of one split that match a query, window by window.
//!
//! A cursor answers two questions: from which row on a match is possible at all
//! ([`Cursor::floor`]), and which rows of a window match ([`Cursor::fill`]). Windows come in
//! ascending order. Rare words skip ahead through the engine's skip lists; frequent ones are
//! decoded block by block into bits, where AND, OR and NOT cost a word operation for 64 rows.

use super::phrase::PhraseCursor;
use crate::bits::{Bits, Window, count};
use std::ops::Range;
use std::sync::Arc;
use tantivy::postings::BlockSegmentPostings;

/// A cursor over matching rows.
pub(crate) enum Cursor {
    /// No row.
    Nothing,
    /// Rows of a range (all rows, a stretch of time).
    Range(Range<u32>),
    /// Rows of a set.
    Set(Arc<Bits>),
    /// Rows with one term.
    Term(Box<TermCursor>),
    /// Rows whose text has a phrase or neighbours.
    Phrase(Box<PhraseCursor>),
    /// Rows in all of them, cheapest first.
    And(Vec<Cursor>),
    /// Rows in any of them.
    Or(Vec<Cursor>),
    /// Rows not in it.
    Not(Box<Cursor>),
}

/// Where probing row by row beats decoding: one look-up costs about as much as this many rows.
const PROBE_ROWS: u64 = 16;

impl Cursor {
    /// A row at or after `from` before which no match stands; `u32::MAX` where none follows.
    pub(crate) fn floor(&mut self, from: u32) -> u32 {
        match self {
            Cursor::Nothing => u32::MAX,
            Cursor::Range(rows) if from >= rows.end => u32::MAX,
            Cursor::Range(rows) => from.max(rows.start),
            Cursor::Set(bits) => bits.next(from),
            Cursor::Term(term) => term.seek(from),
            Cursor::Phrase(phrase) => phrase.candidates.floor(from),
            Cursor::And(all) => {
                // One round: a lower bound is enough, the window finds the rest.
                all.iter_mut().fold(
                    from,
                    |from, one| {
                        if from == u32::MAX { from } else { one.floor(from) }
                    },
                )
            }
            Cursor::Or(any) => any.iter_mut().map(|one| one.floor(from)).min().unwrap_or(u32::MAX),
            Cursor::Not(_) => from,
        }
    }

    /// Sets the bits of the window's matching rows. `out` is zero when called.
    pub(crate) fn fill(&mut self, window: Window, out: &mut [u64]) {
        match self {
            Cursor::Nothing => {}
            Cursor::Range(rows) => {
                let start = rows.start.max(window.start);
                let end = rows.end.min(window.end);
                if start < end {
                    fill_range(out, start - window.base(), end - window.base());
                }
            }
            Cursor::Set(bits) => {
                out.copy_from_slice(&bits.words()[window.words()]);
                window.trim(out);
            }
            Cursor::Term(term) => term.fill(window, out),
            Cursor::Phrase(phrase) => phrase.fill(window, out),
            Cursor::And(all) => fill_and(all, window, out),
            Cursor::Or(any) => {
                let mut one = vec![0; out.len()];
                for cursor in any {
                    if let Cursor::Term(term) = cursor {
                        term.fill(window, out);
                        continue;
                    }
                    one.fill(0);
                    cursor.fill(window, &mut one);
                    out.iter_mut().zip(&one).for_each(|(out, one)| *out |= one);
                }
            }
            Cursor::Not(inner) => {
                inner.fill(window, out);
                out.iter_mut().for_each(|word| *word = !*word);
                window.trim(out);
            }
        }
    }
}

fn fill_and(all: &mut [Cursor], window: Window, out: &mut [u64]) {
    let Some((first, rest)) = all.split_first_mut() else {
        return;
    };
    first.fill(window, out);
    let mut other = Vec::new();
    for cursor in rest {
        let left = count(out);
        if left == 0 {
            return;
        }
        if let Cursor::Term(term) = cursor
            && left * PROBE_ROWS < term.expected(window)
        {
            term.retain(window, out);
            continue;
        }
        if let Cursor::Phrase(phrase) = cursor {
            phrase.retain(window, out);
            continue;
        }
        other.clear();
        other.resize(out.len(), 0);
        cursor.fill(window, &mut other);
        out.iter_mut().zip(&other).for_each(|(out, other)| *out &= other);
    }
}

fn fill_range(out: &mut [u64], start: u32, end: u32) {
    for (at, word) in out.iter_mut().enumerate() {
        let base = at as u32 * 64;
        let low = start.saturating_sub(base).min(64);
        let high = end.saturating_sub(base).min(64);
        if low < high {
            let up_to_high = if high == 64 { u64::MAX } else { (1 << high) - 1 };
            *word |= up_to_high & (u64::MAX << low);
        }
    }
}

/// The rows of one term, through the engine's block-compressed list.
pub(crate) struct TermCursor {
    block: BlockSegmentPostings,
    /// Place in the block.
    at: usize,
    /// Rows in the split, for estimates.
    rows: u32,
}

impl TermCursor {
    pub(crate) fn new(block: BlockSegmentPostings, rows: u32) -> TermCursor {
        TermCursor { block, at: 0, rows }
    }

    /// The first row with the term at or after `from`; `u32::MAX` where there is none.
    pub(crate) fn seek(&mut self, from: u32) -> u32 {
        // What lies before the cursor is before every later `from`.
        if let Some(row) = self.block.docs().get(self.at)
            && *row >= from
        {
            return *row;
        }
        if from >= self.rows {
            return u32::MAX;
        }
        self.at = self.block.seek(from);
        match self.block.docs().get(self.at) {
            Some(row) if *row < self.rows => *row,
            _ => u32::MAX,
        }
    }

    /// About how many rows of the window have the term.
    fn expected(&self, window: Window) -> u64 {
        let rows = u64::from(window.end - window.start);
        u64::from(self.block.doc_freq()) * rows / u64::from(self.rows.max(1))
    }

    fn fill(&mut self, window: Window, out: &mut [u64]) {
        if self.seek(window.start) >= window.end {
            return;
        }
        let base = window.base();
        loop {
            let docs = self.block.docs();
            let from = self.at.min(docs.len());
            let whole = docs.last().is_none_or(|last| *last < window.end);
            let until = if whole { docs.len() } else { docs.partition_point(|d| *d < window.end) };
            for doc in &docs[from..until.max(from)] {
                let bit = doc - base;
                out[(bit / 64) as usize] |= 1 << (bit % 64);
            }
            self.at = until.max(from);
            if !whole || docs.is_empty() {
                return;
            }
            self.block.advance();
            self.at = 0;
        }
    }

    /// Clears the bits of rows without the term.
    fn retain(&mut self, window: Window, out: &mut [u64]) {
        let base = window.base();
        for (at, word) in out.iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                let row = base + at as u32 * 64 + bit;
                if self.seek(row) != row {
                    *word &= !(1 << bit);
                }
                rest &= rest - 1;
            }
        }
    }
}

/// Adds the rows of one term to a set.
pub(crate) fn add_all(block: &mut BlockSegmentPostings, bits: &mut Bits) {
    let words = bits.words_mut();
    while !block.docs().is_empty() {
        for row in block.docs() {
            if let Some(word) = words.get_mut((row / 64) as usize) {
                *word |= 1 << (row % 64);
            }
        }
        block.advance();
    }
}

/// The rows of a cursor, as a set.
pub(crate) fn collect(cursor: &mut Cursor, rows: u32) -> Bits {
    let mut bits = Bits::none(rows);
    let window = Window { start: 0, end: rows };
    let mut start = 0;
    while start < rows {
        start = cursor.floor(start);
        if start >= rows {
            break;
        }
        let part = Window { start, end: (start & !63).saturating_add(WINDOW_ROWS).min(window.end) };
        // Windows after the first start at a multiple of 64, so words are never shared.
        cursor.fill(part, &mut bits.words_mut()[part.words()]);
        start = part.end;
    }
    bits
}

/// Rows in a full window: its bits fill 8 KiB, a quarter of a first-level cache.
pub(crate) const WINDOW_ROWS: u32 = 1 << 16;
