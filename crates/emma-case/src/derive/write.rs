//! Partitions to files.
//!
//! Threads take whole pieces of work: the copies of the batch (longest, so first), then each
//! partition of messages with its split, newest first. Which thread does what changes nothing.

use super::batch::Batch;
use super::join::{Joined, MovedCopy};
use super::order::{Order, What};
use super::{Workshop, merge};
use crate::error::{CaseError, Result};
use crate::held::{Held, network_identity};
use emma_lake::draft::Draft;
use emma_lake::keys::KeysWriter;
use emma_lake::write::{CopiesWriter, MessagesWriter, TableWriter, Written as WrittenFile};
use emma_lake::{CopyRow, MessageRow, Segment, Snapshot, Table};
use emma_model::{Clock, MessageId, RecordId, Zone};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// New segments, and rows of old ones that they replace (by segment number).
#[derive(Debug, Default)]
pub struct Written {
    /// The new segments: partitions of messages, newest first, then the copies with the small
    /// tables.
    pub segments: Vec<Segment>,
    /// Replaced rows of messages files.
    pub masked_messages: BTreeMap<u32, Vec<u32>>,
    /// Replaced rows of copies files.
    pub masked_copies: BTreeMap<u32, Vec<u32>>,
}

struct Job<'a> {
    shop: &'a Workshop<'a>,
    batch: &'a Batch,
    joined: &'a Joined,
    order: &'a Order,
    held: Held<'a>,
    first_segment: u32,
}

/// Writes all files of the batch.
pub fn write(
    shop: &Workshop<'_>,
    base: &Snapshot,
    batch: &Batch,
    joined: &Joined,
    order: &Order,
    first_segment: u32,
) -> Result<Written> {
    let held = Held::new(shop.base, base);
    let job = Job { shop, batch, joined, order, held, first_segment };
    let mut segments = job.run()?;
    // A partition without rows and without small tables leaves no segment.
    segments.retain(|segment| !segment.tables.is_empty());
    segments.sort_by_key(|segment| segment.number);
    Ok(Written {
        segments,
        masked_messages: joined.masked_messages(base),
        masked_copies: joined.masked_copies(base),
    })
}

impl Job<'_> {
    fn run(&self) -> Result<Vec<Segment>> {
        let pieces = self.order.partitions().len() + 1;
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let done = Mutex::new(Vec::with_capacity(pieces));
        std::thread::scope(|scope| {
            for _ in 0..self.shop.threads.clamp(1, pieces) {
                scope.spawn(|| {
                    loop {
                        let piece = next.fetch_add(1, Ordering::SeqCst);
                        if piece >= pieces || failed.load(Ordering::SeqCst) {
                            return;
                        }
                        let result = self.piece(piece);
                        if result.is_err() {
                            failed.store(true, Ordering::SeqCst);
                        }
                        done.lock().expect("no thread panics holding it").push(result);
                    }
                });
            }
        });
        done.into_inner().expect("all threads ended").into_iter().collect()
    }

    fn piece(&self, piece: usize) -> Result<Segment> {
        let partitions = self.order.partitions();
        match piece.checked_sub(1) {
            None => self.copies_segment(self.first_segment + partitions.len() as u32),
            Some(index) => {
                self.messages_segment(self.first_segment + index as u32, &partitions[index])
            }
        }
    }

    fn messages_segment(&self, number: u32, partition: &Range<usize>) -> Result<Segment> {
        let label = label(number);
        let mut messages = MessagesWriter::new(self.shop.output, &label);
        let mut keys = KeysWriter::new();
        let mut failure = None;
        let mut rows = self.order.messages(partition).flat_map(|what| self.rows(what)).map(|row| {
            let row = row?;
            if row.version == 0
                && let MessageId::Network(id) = &row.id
            {
                keys.add(&network_identity(id), messages.rows());
            }
            messages.push(&row)?;
            if messages.rows().is_multiple_of(8192) {
                self.shop.progress.advance(8192);
            }
            Ok(row)
        });
        // The split reads the rows as they are written: one pass makes both. An error of ours
        // goes round the engine, whose contract knows only the lake's errors.
        let mut through = std::iter::from_fn(|| match rows.next()? {
            Ok(row) => Some(Ok(row)),
            Err(CaseError::Lake(error)) => Some(Err(error)),
            Err(error) => {
                failure = Some(error);
                None
            }
        });
        let split = self.shop.splits.build(self.shop.output, &mut through);
        drop(rows);
        if let Some(error) = failure {
            return Err(error);
        }
        let split = split?;
        let mut segment = Segment { number, partition: label.clone(), ..Segment::default() };
        enter(&mut segment, Table::Messages, messages.finish()?);
        segment.keys = keys.finish(self.shop.output, &label)?;
        segment.split = Some(split);
        Ok(segment)
    }

    fn rows(&self, what: What) -> RowIter {
        let rows = match what {
            What::Single(number) => match self.batch.draft(number) {
                Ok(draft) => return RowIter::One(Some(merge::single(&draft))),
                Err(error) => Err(error),
            },
            What::Group(number) => {
                let group = &self.joined.groups[number as usize];
                self.joined.rows(group, self.batch, &self.held)
            }
        };
        match rows {
            Ok(rows) => RowIter::Many(rows.into_iter()),
            Err(error) => RowIter::Failed(Some(error)),
        }
    }

    fn copies_segment(&self, number: u32) -> Result<Segment> {
        let label = label(number);
        let mut segment = Segment { number, partition: label.clone(), ..Segment::default() };
        let output = self.shop.output;
        enter(&mut segment, Table::Copies, self.write_copies(&label)?);
        let batch = self.batch;
        enter(&mut segment, Table::Anomalies, write_all(output, &label, &batch.anomalies)?);
        enter(&mut segment, Table::Claims, write_all(output, &label, &batch.links)?);
        enter(&mut segment, Table::Members, write_all(output, &label, &batch.members)?);
        Ok(segment)
    }

    /// Copies of the batch, with moved ones between them, by record id.
    fn write_copies(&self, label: &str) -> Result<Option<WrittenFile>> {
        let mut writer = CopiesWriter::new(self.shop.output, label);
        let mut members = self.joined.members.iter().peekable();
        let mut moved = self.joined.moved.iter().peekable();
        for number in 0..self.batch.len() {
            let draft = self.batch.draft_without_text(number)?;
            if moved.peek().is_some() {
                let id = draft.id();
                while let Some(older) = moved.next_if(|older| older.record < id) {
                    writer.push(&self.moved_copy(older)?)?;
                }
            }
            let mut row = copy_row(&draft);
            if let Some(member) = members.next_if(|member| member.number == number) {
                let group = &self.joined.groups[member.group as usize];
                row.message = group.id.clone();
                row.sort = group.sort;
                row.version = member.version;
            }
            writer.push(&row)?;
        }
        for older in moved {
            writer.push(&self.moved_copy(older)?)?;
        }
        Ok(writer.finish()?)
    }

    fn moved_copy(&self, moved: &MovedCopy) -> Result<CopyRow> {
        let group = &self.joined.groups[moved.group as usize];
        let mut row = self.held.copy_row(moved.at)?;
        row.message = group.id.clone();
        row.sort = group.sort;
        row.version = moved.version;
        Ok(row)
    }
}

/// The copies row of a record that stands alone.
fn copy_row(draft: &Draft<'_>) -> CopyRow {
    let record = &draft.record;
    let id: RecordId = draft.id();
    let time = record.time.as_ref();
    let network_id = merge::network_id(record);
    CopyRow {
        message: match &network_id {
            Some(network) => MessageId::Network(network.clone()),
            None => MessageId::Record(id.clone()),
        },
        record: id,
        sort: time.map(|time| time.lo),
        version: 0,
        source: draft.head.source.clone(),
        parser: draft.parser.to_owned(),
        kind: record.kind,
        network_id,
        line: draft.line,
        time_raw: time.and_then(|time| time.raw.as_deref()).map(str::to_owned),
        zone: time.map_or(Zone::Unknown, |time| time.zone),
        clock: time.map_or(Clock::Unstated, |time| time.clock),
        inferred: time.is_some_and(|time| time.inferred),
        extra: record
            .extra
            .iter()
            .map(|(name, value)| (name.clone().into_owned(), value.clone().into_owned()))
            .collect(),
        borrowed: record.borrowed.clone(),
        anomalies: draft.anomalies,
    }
}

/// Almost all are single rows: boxing them would cost an allocation a message.
#[allow(clippy::large_enum_variant)]
enum RowIter {
    One(Option<MessageRow>),
    Many(std::vec::IntoIter<MessageRow>),
    Failed(Option<CaseError>),
}

impl Iterator for RowIter {
    type Item = Result<MessageRow>;

    fn next(&mut self) -> Option<Result<MessageRow>> {
        match self {
            RowIter::One(row) => row.take().map(Ok),
            RowIter::Many(rows) => rows.next().map(Ok),
            RowIter::Failed(error) => error.take().map(Err),
        }
    }
}

fn write_all<R: emma_lake::canonical::TableRow>(
    output: &std::path::Path,
    label: &str,
    rows: &[R],
) -> Result<Option<WrittenFile>> {
    let mut writer = TableWriter::new(output, label);
    for row in rows {
        writer.push(row)?;
    }
    Ok(writer.finish()?)
}

fn enter(segment: &mut Segment, table: Table, written: Option<WrittenFile>) {
    let Some(written) = written else { return };
    if table == Table::Messages {
        segment.sort = written.sort;
        segment.undated = written.undated;
    }
    segment.groups.insert(table, written.groups);
    segment.tables.insert(table, written.file);
}

fn label(number: u32) -> String {
    format!("s{number:06}")
}
