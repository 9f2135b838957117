//! Phrases and neighbours in one split: candidates by their words, then a look at positions.

use super::cursor::Cursor;
use crate::bits::Window;
use crate::near::{Run, is_chain, runs};
use std::sync::Arc;
use tantivy::DocSet;
use tantivy::postings::{Postings, SegmentPostings};

/// Where the words of one slot stand, row by row.
pub(crate) enum Places {
    /// One word, through the engine's lists.
    Word(Box<SegmentPostings>),
    /// A pattern's words in candidate rows: row and position, ascending; next to look at.
    Listed(Arc<Vec<(u32, u32)>>, usize),
}

impl Places {
    /// Puts the ascending positions in `row` into `out`. Rows come ascending.
    fn read(&mut self, row: u32, out: &mut Vec<u32>) {
        out.clear();
        match self {
            Places::Word(postings) => {
                if postings.doc() < row {
                    postings.seek(row);
                }
                if postings.doc() == row {
                    postings.positions(out);
                }
            }
            Places::Listed(list, next) => {
                let rest = &list[*next..];
                *next += rest.partition_point(|(at, _)| *at < row);
                let here = list[*next..].iter().take_while(|(at, _)| *at == row);
                out.extend(here.map(|(_, position)| position));
            }
        }
    }
}

/// One phrase: its slots and how many other words may stand between.
pub(crate) struct PhrasePlaces {
    pub(crate) slots: Vec<Places>,
    pub(crate) slop: u32,
}

/// Rows in which each part has a phrase near one of the part before it.
pub(crate) struct PhraseCursor {
    /// Rows that have the words at all.
    pub(crate) candidates: Cursor,
    /// At least one part, each a choice of phrases.
    pub(crate) parts: Vec<Vec<PhrasePlaces>>,
    /// Distances between neighbouring parts.
    pub(crate) gaps: Vec<u32>,
    pub(crate) scratch: Scratch,
}

/// Buffers kept between rows.
#[derive(Default)]
pub(crate) struct Scratch {
    positions: Vec<Vec<u32>>,
    runs: Vec<Run>,
}

impl PhraseCursor {
    /// Sets the bits of matching rows. `out` is zero when called.
    pub(crate) fn fill(&mut self, window: Window, out: &mut [u64]) {
        self.candidates.fill(window, out);
        self.verify(window, out);
    }

    /// Clears the bits of rows that do not match.
    pub(crate) fn retain(&mut self, window: Window, out: &mut [u64]) {
        let mut candidates = vec![0; out.len()];
        self.candidates.fill(window, &mut candidates);
        out.iter_mut().zip(&candidates).for_each(|(out, one)| *out &= one);
        self.verify(window, out);
    }

    fn verify(&mut self, window: Window, out: &mut [u64]) {
        for (at, word) in out.iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                if !self.matches(window.base() + at as u32 * 64 + bit) {
                    *word &= !(1 << bit);
                }
                rest &= rest - 1;
            }
        }
    }

    fn matches(&mut self, row: u32) -> bool {
        let scratch = &mut self.scratch;
        if let [part] = &mut self.parts[..] {
            return part.iter_mut().any(|phrase| {
                scratch.runs.clear();
                phrase.find(row, true, scratch);
                !scratch.runs.is_empty()
            });
        }
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &mut self.parts {
            scratch.runs.clear();
            part.iter_mut().for_each(|phrase| phrase.find(row, false, scratch));
            if scratch.runs.is_empty() {
                return false;
            }
            parts.push(scratch.runs.clone());
        }
        is_chain(&parts, &self.gaps)
    }
}

impl PhrasePlaces {
    fn find(&mut self, row: u32, any: bool, scratch: &mut Scratch) {
        let slots = self.slots.len();
        scratch.positions.resize_with(slots.max(scratch.positions.len()), Vec::new);
        for (places, positions) in self.slots.iter_mut().zip(&mut scratch.positions) {
            places.read(row, positions);
            if positions.is_empty() {
                return;
            }
        }
        runs(&scratch.positions[..slots], self.slop, any, &mut scratch.runs);
    }
}
