//! The table of times beside a split's words: when each row sorts, can have been, and which
//! rows are further versions of the message before them.

use super::VERSION;
use super::column::{Column, ColumnWriter};
use crate::error::{IndexError, Result};
use emma_lake::row::MessageRow;
use emma_model::{MessageId, Micros};
use std::ops::Range;
use tantivy::directory::OwnedBytes;

/// Moves the order of `i64` to `u64`.
fn lift(micros: Micros) -> u64 {
    micros as u64 ^ 1 << 63
}

fn lower(value: u64) -> Micros {
    (value ^ 1 << 63) as i64
}

/// Builds the table row by row, in search order.
#[derive(Default)]
pub(crate) struct RowTableWriter {
    rows: u32,
    dated: u32,
    follows: Vec<u32>,
    timeless: Vec<u32>,
    sort: ColumnWriter,
    lead: ColumnWriter,
    spread: ColumnWriter,
    last_sort: Option<Option<Micros>>,
    /// The message of the row before, where it has several versions.
    last_message: Option<MessageId>,
}

impl RowTableWriter {
    pub(crate) fn push(&mut self, row: &MessageRow) -> Result<()> {
        // `None` is below every time: undated rows come last.
        if self.last_sort.is_some_and(|last| last < row.sort) {
            return Err(IndexError::Order { row: self.rows });
        }
        self.last_sort = Some(row.sort);
        let message = (row.versions > 1).then(|| row.id.clone());
        if message.is_some() && message == self.last_message {
            self.follows.push(self.rows);
        }
        self.last_message = message;
        if let Some(sort) = row.sort {
            self.dated += 1;
            self.sort.push(lift(sort));
            match (row.lo, row.hi) {
                (Some(lo), Some(hi)) => {
                    self.lead.push(lo.wrapping_sub(sort) as u64);
                    self.spread.push(hi.wrapping_sub(lo) as u64);
                }
                _ => {
                    self.timeless.push(self.rows);
                    self.lead.push(0);
                    self.spread.push(0);
                }
            }
        } else if row.lo.is_some() {
            return Err(IndexError::Order { row: self.rows });
        }
        self.rows += 1;
        Ok(())
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// The table's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut out = Vec::new();
        let counts =
            [VERSION, self.rows, self.dated, self.follows.len() as u32, self.timeless.len() as u32];
        let lists = counts.iter().chain(&self.follows).chain(&self.timeless);
        lists.for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
        for column in [self.sort, self.lead, self.spread] {
            column.finish(&mut out);
        }
        out
    }
}

/// The table of an open split.
pub(crate) struct RowTable {
    bytes: OwnedBytes,
    /// Rows in the split.
    pub(crate) rows: u32,
    /// Rows with a sort time; they come first.
    pub(crate) dated: u32,
    /// Rows that are further versions of the message of the row before them, ascending.
    pub(crate) follows: Vec<u32>,
    /// Dated rows whose own version has no time, ascending.
    timeless: Vec<u32>,
    sort: Column,
    lead: Column,
    spread: Column,
}

impl RowTable {
    pub(crate) fn open(bytes: OwnedBytes) -> Option<RowTable> {
        let all = bytes.as_slice();
        let mut at = 0;
        let mut number = || {
            let four = all.get(at..at + 4)?;
            at += 4;
            Some(u32::from_le_bytes(four.try_into().ok()?))
        };
        let (version, rows, dated) = (number()?, number()?, number()?);
        let (follows, timeless) = (number()?, number()?);
        if version != VERSION || dated > rows || follows > rows || timeless > dated {
            return None;
        }
        let mut list = |length, end| -> Option<Vec<u32>> {
            let rows = (0..length).map(|_| number()).collect::<Option<Vec<u32>>>()?;
            let sound = rows.is_sorted_by(|a, b| a < b) && rows.last().is_none_or(|r| *r < end);
            sound.then_some(rows)
        };
        let (follows, timeless) = (list(follows, rows)?, list(timeless, dated)?);
        if follows.first() == Some(&0) {
            return None;
        }
        let mut column = || Column::read(all, &mut at, dated as usize);
        let (sort, lead, spread) = (column()?, column()?, column()?);
        Some(RowTable { rows, dated, follows, timeless, sort, lead, spread, bytes })
    }

    /// Sort time of a row; none where its message is undated.
    pub(crate) fn sort(&self, row: u32) -> Option<Micros> {
        (row < self.dated).then(|| lower(self.sort.get(&self.bytes, row as usize)))
    }

    /// The rows whose sort time is in `from..until`.
    pub(crate) fn between(&self, from: Option<Micros>, until: Option<Micros>) -> Range<u32> {
        // Times descend: first come those too late, then those wanted, then those too early.
        let first = until.map_or(0, |until| self.first_below(until));
        let end = from.map_or(self.dated, |from| self.first_below(from));
        first..end.max(first)
    }

    /// The first dated row with a sort time below `limit`.
    fn first_below(&self, limit: Micros) -> u32 {
        let (mut low, mut high) = (0, self.dated);
        while low < high {
            let middle = low + (high - low) / 2;
            if lower(self.sort.get(&self.bytes, middle as usize)) >= limit {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Calls `visit` with each dated row of `rows` and its own time bounds.
    pub(crate) fn times(
        &self,
        rows: Range<u32>,
        mut visit: impl FnMut(u32, Option<(Micros, Micros)>),
    ) {
        let rows = rows.start as usize..rows.end.min(self.dated) as usize;
        let mut timeless = self.timeless.partition_point(|row| (*row as usize) < rows.start);
        let mut spread = Vec::with_capacity(rows.len());
        self.spread.scan(&self.bytes, rows.clone(), |_, value| spread.push(value));
        let mut lead = Vec::with_capacity(rows.len());
        self.lead.scan(&self.bytes, rows.clone(), |_, value| lead.push(value));
        self.sort.scan(&self.bytes, rows.clone(), |row, sort| {
            if self.timeless.get(timeless) == Some(&(row as u32)) {
                timeless += 1;
                return visit(row as u32, None);
            }
            let lo = lower(sort).wrapping_add(lead[row - rows.start] as i64);
            visit(row as u32, Some((lo, lo.wrapping_add(spread[row - rows.start] as i64))));
        });
    }
}
