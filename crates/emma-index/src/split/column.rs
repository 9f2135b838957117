//! Columns of numbers, packed in blocks, read in place.
//!
//! A block of 128 values stores their minimum, a unit that divides what each is above it, and
//! the quotients in as many bits as the largest needs. Times written to the minute then cost a
//! few bits each, and any value is two reads away.

use std::ops::Range;

/// Values in a block.
pub(crate) const BLOCK: usize = 128;
/// Bytes of a block's entry in the index: minimum 8, first word 4, unit 1, width 1, zero 2.
const ENTRY: usize = 16;
/// Units in microseconds that written times come in; the index is stored.
const UNITS: [u64; 5] = [1, 1_000, 1_000_000, 60_000_000, 3_600_000_000];

/// Packs values as they come.
#[derive(Default)]
pub(crate) struct ColumnWriter {
    pending: Vec<u64>,
    index: Vec<u8>,
    words: Vec<u8>,
}

impl ColumnWriter {
    pub(crate) fn push(&mut self, value: u64) {
        self.pending.push(value);
        if self.pending.len() == BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(least) = self.pending.iter().copied().min() else {
            return;
        };
        let above = |value: &u64| value - least;
        let divides = |unit: &u64| self.pending.iter().all(|v| above(v).is_multiple_of(*unit));
        let unit = UNITS.iter().rposition(divides).unwrap_or(0);
        let most = self.pending.iter().map(above).max().unwrap_or(0) / UNITS[unit];
        let width = (64 - most.leading_zeros()) as u8;
        let word = u32::try_from(self.words.len() / 8).expect("columns stay under 32 GiB");
        self.index.extend_from_slice(&least.to_le_bytes());
        self.index.extend_from_slice(&word.to_le_bytes());
        self.index.extend_from_slice(&[unit as u8, width, 0, 0]);
        let mut packed = vec![0u64; width as usize * BLOCK / 64];
        for (i, value) in self.pending.iter().enumerate() {
            let quotient = above(value) / UNITS[unit];
            let bit = i * width as usize;
            if width > 0 {
                packed[bit / 64] |= quotient << (bit % 64);
                if bit % 64 + width as usize > 64 {
                    packed[bit / 64 + 1] |= quotient >> (64 - bit % 64);
                }
            }
        }
        packed.iter().for_each(|word| self.words.extend_from_slice(&word.to_le_bytes()));
        self.pending.clear();
    }

    /// The column's bytes: length of the index, index, words.
    pub(crate) fn finish(mut self, out: &mut Vec<u8>) {
        self.flush();
        out.extend_from_slice(&(self.index.len() as u64).to_le_bytes());
        out.extend_from_slice(&(self.words.len() as u64).to_le_bytes());
        out.extend_from_slice(&self.index);
        out.extend_from_slice(&self.words);
    }
}

/// Where a column lies in its file's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    index: Range<usize>,
    words: Range<usize>,
    length: usize,
}

impl Column {
    /// Finds a column of `length` values at `*at` and moves `*at` behind it.
    pub(crate) fn read(bytes: &[u8], at: &mut usize, length: usize) -> Option<Column> {
        let number = |at: usize| {
            let eight = bytes.get(at..at.checked_add(8)?)?;
            usize::try_from(u64::from_le_bytes(eight.try_into().ok()?)).ok()
        };
        let index = at.checked_add(16)?..at.checked_add(16)?.checked_add(number(*at)?)?;
        let words = index.end..index.end.checked_add(number(*at + 8)?)?;
        let column = Column { index, words, length };
        let whole = column.words.end <= bytes.len()
            && column.index.len() == length.div_ceil(BLOCK) * ENTRY
            && (0..length.div_ceil(BLOCK)).all(|block| column.block_fits(bytes, block));
        *at = column.words.end;
        whole.then_some(column)
    }

    fn block_fits(&self, bytes: &[u8], block: usize) -> bool {
        let entry = self.entry(bytes, block);
        entry.width <= 64
            && entry.unit < UNITS.len()
            && (entry.word + entry.width as usize * BLOCK / 64) * 8 <= self.words.len()
    }

    fn entry(&self, bytes: &[u8], block: usize) -> Entry {
        let at = self.index.start + block * ENTRY;
        let entry = &bytes[at..at + ENTRY];
        Entry {
            least: u64::from_le_bytes(entry[..8].try_into().expect("eight bytes")),
            word: u32::from_le_bytes(entry[8..12].try_into().expect("four bytes")) as usize,
            unit: entry[12] as usize,
            width: u32::from(entry[13]),
        }
    }

    /// The value of row `row`, which must be in the column.
    pub(crate) fn get(&self, bytes: &[u8], row: usize) -> u64 {
        assert!(row < self.length, "a column is read within its length");
        let entry = self.entry(bytes, row / BLOCK);
        entry.value(&bytes[self.words.clone()], row % BLOCK)
    }

    /// Calls `visit` with each row of `rows` and its value.
    pub(crate) fn scan(&self, bytes: &[u8], rows: Range<usize>, mut visit: impl FnMut(usize, u64)) {
        let words = &bytes[self.words.clone()];
        let mut row = rows.start;
        while row < rows.end.min(self.length) {
            let entry = self.entry(bytes, row / BLOCK);
            let end = ((row / BLOCK + 1) * BLOCK).min(rows.end).min(self.length);
            for inside in row..end {
                visit(inside, entry.value(words, inside % BLOCK));
            }
            row = end;
        }
    }
}

struct Entry {
    least: u64,
    word: usize,
    unit: usize,
    width: u32,
}

impl Entry {
    fn value(&self, words: &[u8], place: usize) -> u64 {
        if self.width == 0 {
            return self.least;
        }
        let word = |at: usize| {
            u64::from_le_bytes(words[at * 8..at * 8 + 8].try_into().expect("eight bytes"))
        };
        let bit = place * self.width as usize;
        let (at, shift) = (self.word + bit / 64, (bit % 64) as u32);
        let mut quotient = word(at) >> shift;
        if shift + self.width > 64 {
            quotient |= word(at + 1) << (64 - shift);
        }
        if self.width < 64 {
            quotient &= (1 << self.width) - 1;
        }
        self.least.wrapping_add(quotient.wrapping_mul(UNITS[self.unit]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[u64]) -> usize {
        let mut writer = ColumnWriter::default();
        values.iter().for_each(|value| writer.push(*value));
        let mut bytes = vec![7; 3];
        writer.finish(&mut bytes);
        let mut at = 3;
        let column = Column::read(&bytes, &mut at, values.len()).unwrap();
        assert_eq!(at, bytes.len());
        for (row, value) in values.iter().enumerate() {
            assert_eq!(column.get(&bytes, row), *value, "row {row}");
        }
        let mut seen = Vec::new();
        column.scan(&bytes, 1..values.len(), |_, value| seen.push(value));
        assert_eq!(seen, values.get(1..).unwrap_or(&[]));
        bytes.len()
    }

    #[test]
    fn minutes_cost_a_byte_and_constants_nothing() {
        let minutes: Vec<u64> = (0..1280).map(|i| 1 << 50 | (i / 5 * 60_000_000)).collect();
        assert!(check(&minutes) < 1280 + 300);
        assert!(check(&[9; 1280]) < 200);
    }

    proptest! {
        #[test]
        fn any_values_come_back(values in proptest::collection::vec(any::<u64>(), 0..300)) {
            check(&values);
        }

        #[test]
        fn narrow_values_come_back(
            values in proptest::collection::vec(any::<u32>(), 0..300), shift in 0u32..32
        ) {
            check(&values.iter().map(|v| u64::from(*v >> shift)).collect::<Vec<_>>());
        }

        #[test]
        fn damaged_bytes_are_refused_or_read(
            bytes in proptest::collection::vec(any::<u8>(), 0..80), length in 0usize..300
        ) {
            if let Some(column) = Column::read(&bytes, &mut 0, length) {
                (0..length).for_each(|row| { column.get(&bytes, row); });
            }
        }
    }
}
