//! Turning documents into rows per word: the engine's format, without its hash tables.
//!
//! 1. Each distinct term gets a number when first met; a document is logged as the numbers of
//!    its words, in order.
//! 2. At the end the terms are sorted and the log rewritten to their ranks.
//! 3. Ranks are taken in stretches of bounded size; per stretch one pass over the log sorts
//!    (row, position) pairs by rank, by counting, and hands them to the engine's serializer.
//!
//! The log is read and written in order, so this costs a third of what the engine's own writer
//! does, which follows pointers for every word. Numbers and hashes never reach the file.

use std::hash::{BuildHasher, RandomState};
use std::io;
use tantivy::postings::FieldSerializer;

/// Pairs sorted in one pass: 8 bytes each.
const PASS_PAIRS: usize = 1 << 22;

/// Collects the terms of one field, document by document.
pub(crate) struct Inverter {
    terms: Terms,
    log: Vec<u32>,
    /// Terms of the current document and their ends, with their hashes. They are looked up
    /// together, so that the processor waits for several places of the table at once.
    pending: Vec<u8>,
    hashes: Vec<(usize, u64)>,
    /// By document, how many entries of the log are its own.
    lengths: Vec<u32>,
    /// Entries of documents that are ended.
    ended: usize,
}

impl Inverter {
    pub(crate) fn new() -> Inverter {
        Inverter {
            terms: Terms::new(),
            log: Vec::new(),
            pending: Vec::new(),
            hashes: Vec::new(),
            lengths: Vec::new(),
            ended: 0,
        }
    }

    /// The next term of the current document.
    pub(crate) fn push(&mut self, term: &[u8]) {
        self.pending.extend_from_slice(term);
        self.hashes.push((self.pending.len(), self.terms.hash(term)));
    }

    /// Ends the current document and says how many terms it had.
    pub(crate) fn end_document(&mut self) -> u32 {
        let mut begin = 0;
        for (end, hash) in self.hashes.drain(..) {
            self.log.push(self.terms.number(&self.pending[begin..end], hash));
            begin = end;
        }
        self.pending.clear();
        let length = u32::try_from(self.log.len() - self.ended).expect("texts stay under 4 GiB");
        self.lengths.push(length);
        self.ended = self.log.len();
        length
    }

    /// Terms in all documents, repetitions counted.
    pub(crate) fn total(&self) -> u64 {
        self.log.len() as u64
    }

    /// Writes the field. `positions`: with frequencies and positions, else rows alone.
    pub(crate) fn write(
        mut self,
        field: &mut FieldSerializer<'_>,
        positions: bool,
    ) -> io::Result<()> {
        let order = self.terms.sorted();
        let mut ranks = vec![0u32; order.len()];
        (0u32..).zip(&order).for_each(|(rank, number)| ranks[*number as usize] = rank);
        let mut counts = vec![0usize; order.len()];
        for entry in &mut self.log {
            *entry = ranks[*entry as usize];
            counts[*entry as usize] += 1;
        }
        drop(ranks);
        let mut first = 0;
        let mut pairs = Vec::new();
        while first < order.len() {
            let (end, size) = stretch(&counts, first);
            pairs.clear();
            pairs.resize(size, 0u64);
            let mut next = Vec::with_capacity(end - first);
            counts[first..end].iter().fold(0, |at, count| {
                next.push(at);
                at + count
            });
            self.sort_into(first as u32..end as u32, &mut next, &mut pairs);
            let mut begin = 0;
            // `next` now holds where each term's pairs end.
            for (number, end) in order[first..end].iter().zip(next) {
                write_term(field, self.terms.get(*number), &pairs[begin..end], positions)?;
                begin = end;
            }
            first = end;
        }
        Ok(())
    }

    /// Puts (row, position) of each log entry whose rank is in `ranks` at its term's next place.
    fn sort_into(&self, ranks: std::ops::Range<u32>, next: &mut [usize], pairs: &mut [u64]) {
        let mut begin = 0;
        for (row, length) in (0u64..).zip(&self.lengths) {
            let end = begin + *length as usize;
            for (position, rank) in (0u64..).zip(&self.log[begin..end]) {
                if ranks.contains(rank) {
                    let place = &mut next[(rank - ranks.start) as usize];
                    pairs[*place] = row << 32 | position;
                    *place += 1;
                }
            }
            begin = end;
        }
    }
}

/// The stretch of ranks from `first` whose pairs fit one pass (one term at least), and their
/// number.
fn stretch(counts: &[usize], first: usize) -> (usize, usize) {
    let (mut end, mut size) = (first, 0);
    while end < counts.len() && (end == first || size + counts[end] <= PASS_PAIRS) {
        size += counts[end];
        end += 1;
    }
    (end, size)
}

fn write_term(
    field: &mut FieldSerializer<'_>,
    term: &[u8],
    pairs: &[u64],
    positions: bool,
) -> io::Result<()> {
    let row = |pair: &u64| (pair >> 32) as u32;
    let documents = || pairs.chunk_by(|a, b| row(a) == row(b));
    field.new_term(term, documents().count() as u32, positions)?;
    let mut deltas = Vec::new();
    for document in documents() {
        deltas.clear();
        if positions {
            let mut last = 0;
            for pair in document {
                let position = *pair as u32;
                deltas.push(position - last);
                last = position;
            }
        }
        let frequency = if positions { document.len() as u32 } else { 0 };
        field.write_doc(row(&document[0]), frequency, &deltas);
    }
    field.close_term()
}

/// Bytes of a term kept in its slot of the table.
const HEAD: usize = 16;

/// A slot of the table of terms.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// The term's first bytes, zeros behind a shorter one.
    head: [u8; HEAD],
    /// Its number + 1; 0 in a free slot.
    number: u32,
    /// Its length, capped.
    length: u16,
    /// A part of its hash.
    tag: u16,
}

impl Slot {
    fn new(term: &[u8], hash: u64) -> Slot {
        let mut head = [0; HEAD];
        let kept = term.len().min(HEAD);
        head[..kept].copy_from_slice(&term[..kept]);
        let length = term.len().min(u16::MAX as usize) as u16;
        Slot { head, number: 0, length, tag: (hash >> 48) as u16 }
    }

    fn may_be(&self, other: &Slot) -> bool {
        self.head == other.head && self.length == other.length && self.tag == other.tag
    }
}

/// Distinct terms, numbered in order of appearance.
struct Terms {
    /// Open addressing.
    table: Vec<Slot>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    keys: [u64; 2],
}

impl Terms {
    fn new() -> Terms {
        // Random keys keep chosen words from colliding; no order here reaches the file.
        let random = RandomState::new();
        let keys = [random.hash_one(0u8), random.hash_one(1u8) | 1];
        let table = vec![Slot::default(); 1 << 10];
        Terms { table, bytes: Vec::new(), ends: Vec::new(), keys }
    }

    fn get(&self, number: u32) -> &[u8] {
        let begin = if number == 0 { 0 } else { self.ends[number as usize - 1] };
        &self.bytes[begin..self.ends[number as usize]]
    }

    fn hash(&self, term: &[u8]) -> u64 {
        let fold = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            product as u64 ^ (product >> 64) as u64
        };
        let mut hash = self.keys[0] ^ term.len() as u64;
        let mut chunks = term.chunks_exact(8);
        for chunk in &mut chunks {
            let word = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
            hash = fold(hash ^ word, self.keys[1]);
        }
        let mut last = [0; 8];
        last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        fold(fold(hash ^ u64::from_le_bytes(last), self.keys[1]), self.keys[0] | 1)
    }

    fn number(&mut self, term: &[u8], hash: u64) -> u32 {
        let mask = self.table.len() - 1;
        let mut wanted = Slot::new(term, hash);
        let mut at = hash as usize & mask;
        loop {
            let slot = &self.table[at];
            if slot.number == 0 {
                break;
            }
            if slot.may_be(&wanted) && (term.len() <= HEAD || self.get(slot.number - 1) == term) {
                return slot.number - 1;
            }
            at = (at + 1) & mask;
        }
        let number = self.ends.len() as u32;
        self.bytes.extend_from_slice(term);
        self.ends.push(self.bytes.len());
        wanted.number = number + 1;
        self.table[at] = wanted;
        if self.ends.len() * 8 > self.table.len() * 5 {
            self.grow();
        }
        number
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![Slot::default(); mask + 1];
        for slot in self.table.iter().filter(|slot| slot.number != 0) {
            let mut at = self.hash(self.get(slot.number - 1)) as usize & mask;
            while table[at].number != 0 {
                at = (at + 1) & mask;
            }
            table[at] = *slot;
        }
        self.table = table;
    }

    /// Numbers of all terms in byte order of the terms.
    fn sorted(&self) -> Vec<u32> {
        let head = |number: u32| {
            let term = self.get(number);
            let mut head = [0; 8];
            let length = term.len().min(8);
            head[..length].copy_from_slice(&term[..length]);
            u64::from_be_bytes(head)
        };
        let mut order: Vec<(u64, u32)> =
            (0..self.ends.len() as u32).map(|number| (head(number), number)).collect();
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.get(a.1).cmp(self.get(b.1))));
        order.into_iter().map(|(_, number)| number).collect()
    }
}
