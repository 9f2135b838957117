//! Hands a member's items to the sink: spans contiguous and in order, or rows.

use crate::rows::Row;
use emma_model::{Anomaly, Digest, Item, ItemClass, MemberPath, Place, Record, Sink};
use std::io;

/// Emits the items of one member. It keeps the offset, so that no byte is skipped or told twice:
/// each call accounts for the next `raw.len()` bytes.
pub struct Emitter<'s> {
    sink: &'s mut dyn Sink,
    member: &'s MemberPath,
    offset: u64,
    chunk_bytes_max: usize,
}

impl<'s> Emitter<'s> {
    /// An emitter at the first byte of `member`. Framing and anomalies longer than
    /// `chunk_bytes_max` are split.
    pub fn new(
        sink: &'s mut dyn Sink,
        member: &'s MemberPath,
        chunk_bytes_max: usize,
    ) -> Emitter<'s> {
        Emitter { sink, member, offset: 0, chunk_bytes_max }
    }

    /// Offset of the next byte to be accounted for.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes are a record, starting on `line`.
    pub fn record(
        &mut self,
        raw: &[u8],
        line: u64,
        record: Record<'_>,
        anomalies: Vec<Anomaly>,
    ) -> io::Result<()> {
        self.item(ItemClass::Record, raw, line, Some(record), anomalies)
    }

    /// The next bytes carry structure only. Empty ones are skipped.
    pub fn framing(&mut self, raw: &[u8], line: u64) -> io::Result<()> {
        self.framing_with(raw, line, Vec::new())
    }

    /// The next bytes carry structure in which something is odd.
    pub fn framing_with(
        &mut self,
        raw: &[u8],
        line: u64,
        anomalies: Vec<Anomaly>,
    ) -> io::Result<()> {
        self.chunks(ItemClass::Framing, raw, line, anomalies)
    }

    /// The next bytes did not parse.
    pub fn anomaly(&mut self, raw: &[u8], line: u64, anomaly: Anomaly) -> io::Result<()> {
        self.chunks(ItemClass::Anomaly, raw, line, vec![anomaly])
    }

    /// The next bytes did not parse, for several reasons (at least one).
    pub fn anomalies(&mut self, raw: &[u8], line: u64, anomalies: Vec<Anomaly>) -> io::Result<()> {
        self.chunks(ItemClass::Anomaly, raw, line, anomalies)
    }

    /// The whole member, known by its digest. Its rows may follow.
    pub fn blob(&mut self, bytes: u64, digest: &Digest) -> io::Result<()> {
        let place = Place::Span { offset: self.offset, length: bytes };
        self.offset += bytes;
        self.sink.item(Item {
            member: self.member,
            place,
            class: ItemClass::Blob,
            raw: &digest.0,
            line: 0,
            record: None,
            anomalies: Vec::new(),
        })
    }

    /// A row that is a record, or (without one) framing such as a header.
    pub fn row(
        &mut self,
        row: Row<'_>,
        record: Option<Record<'_>>,
        anomalies: Vec<Anomaly>,
    ) -> io::Result<()> {
        let class = match record {
            Some(_) => ItemClass::Record,
            None => ItemClass::Framing,
        };
        let place = Place::Row { table: row.table.to_owned(), row: row.row };
        let (member, raw) = (self.member, row.raw);
        self.sink.item(Item { member, place, class, raw, line: 0, record, anomalies })
    }

    fn chunks(
        &mut self,
        class: ItemClass,
        raw: &[u8],
        line: u64,
        anomalies: Vec<Anomaly>,
    ) -> io::Result<()> {
        if raw.len() <= self.chunk_bytes_max {
            return match raw.is_empty() {
                true => Ok(()),
                false => self.item(class, raw, line, None, anomalies),
            };
        }
        let mut line = line;
        for chunk in raw.chunks(self.chunk_bytes_max) {
            self.item(class, chunk, line, None, anomalies.clone())?;
            line += memchr::memchr_iter(b'\n', chunk).count() as u64;
        }
        Ok(())
    }

    fn item(
        &mut self,
        class: ItemClass,
        raw: &[u8],
        line: u64,
        record: Option<Record<'_>>,
        anomalies: Vec<Anomaly>,
    ) -> io::Result<()> {
        debug_assert!(!raw.is_empty(), "an item covers at least one byte");
        let place = Place::Span { offset: self.offset, length: raw.len() as u64 };
        self.offset += raw.len() as u64;
        self.sink.item(Item { member: self.member, place, class, raw, line, record, anomalies })
    }
}
