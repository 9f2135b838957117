//! Messages in search order, cut into partitions.

use super::DeriveLimits;
use super::batch::Batch;
use super::join::Joined;
use super::merge;
use crate::error::Result;
use emma_lake::draft::KeyEntry;
use emma_model::{MessageId, Micros, RecordId};
use std::cmp::{Ordering, Reverse};
use std::ops::Range;

/// A message to write: a record that stands alone, or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Record `number` of the batch.
    Single(u32),
    /// Group `number` of the join.
    Group(u32),
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    sort: Micros,
    what: What,
}

/// All messages of the batch in search order, with the cuts between partitions.
#[derive(Debug)]
pub struct Order {
    entries: Vec<Entry>,
    partitions: Vec<Range<usize>>,
    rows: u64,
}

impl Order {
    /// Rows that will be written (versions, not messages).
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The partitions, newest first.
    pub fn partitions(&self) -> &[Range<usize>] {
        &self.partitions
    }

    /// The messages of a partition, in search order.
    pub fn messages(&self, partition: &Range<usize>) -> impl Iterator<Item = What> + '_ {
        self.entries[partition.clone()].iter().map(|entry| entry.what)
    }
}

/// Orders the batch: sort time descending (undated last), then message id descending.
pub fn order(batch: &Batch, joined: &Joined, limits: &DeriveLimits) -> Result<Order> {
    let mut entries = Vec::with_capacity(batch.len() as usize);
    let mut members = joined.members.iter().map(|member| member.number).peekable();
    for (number, key) in batch.keys() {
        if members.next_if_eq(&number).is_none() {
            entries.push(Entry { sort: key.sort, what: What::Single(number) });
        }
    }
    for (number, group) in joined.groups.iter().enumerate() {
        let sort = group.sort.unwrap_or(KeyEntry::UNDATED);
        entries.push(Entry { sort, what: What::Group(number as u32) });
    }
    // Unstable, so that it needs no room beside them: ties are settled by name below.
    entries.sort_unstable_by_key(|entry| Reverse(entry.sort));
    settle_ties(&mut entries, batch, joined, limits.names_held_max)?;
    let rows: u64 = entries.iter().map(|entry| weight(entry, joined)).sum();
    let partitions = cut(&entries, joined, rows, limits);
    Ok(Order { entries, partitions, rows })
}

/// Within one sort time, orders by message id descending.
fn settle_ties(
    entries: &mut [Entry],
    batch: &Batch,
    joined: &Joined,
    names_held_max: usize,
) -> Result<()> {
    let mut start = 0;
    while start < entries.len() {
        let sort = entries[start].sort;
        let length = entries[start..].iter().take_while(|entry| entry.sort == sort).count();
        let run = &mut entries[start..start + length];
        if length > names_held_max {
            settle_many(run, batch, joined)?;
        } else if length > 1 {
            let mut named = Vec::with_capacity(length);
            for entry in run.iter() {
                named.push((name(entry.what, batch, joined)?, *entry));
            }
            named.sort_by(|a, b| b.0.cmp(&a.0));
            for (slot, (_, entry)) in run.iter_mut().zip(named) {
                *slot = entry;
            }
        }
        start += length;
    }
    Ok(())
}

/// Orders a run whose names would fill the memory: they are made again for each comparison.
fn settle_many(run: &mut [Entry], batch: &Batch, joined: &Joined) -> Result<()> {
    for entry in run.iter() {
        name(entry.what, batch, joined)?;
    }
    // A draft does not change while it is mapped: what was read once is read again.
    let name = |entry: &Entry| name(entry.what, batch, joined).expect("every name was just read");
    run.sort_unstable_by_key(|entry| Reverse(name(entry)));
    Ok(())
}

/// A message's name for ordering. A record of the batch is its number, which orders like its id
/// and costs nothing to compare; a held record stands between two numbers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Network(Box<MessageId>),
    /// Twice the number, plus one for a record of the batch.
    Record(u64, Option<Box<RecordId>>),
}

impl Name {
    fn of_number(number: u32) -> Name {
        Name::Record(u64::from(number) * 2 + 1, None)
    }
}

fn name(what: What, batch: &Batch, joined: &Joined) -> Result<Name> {
    match what {
        What::Single(number) => {
            let draft = batch.draft(number)?;
            Ok(match merge::network_id(&draft.record) {
                Some(id) => Name::Network(Box::new(MessageId::Network(id))),
                None => Name::of_number(number),
            })
        }
        What::Group(number) => match &joined.groups[number as usize].id {
            MessageId::Record(record) => place_of(record, batch),
            network => Ok(Name::Network(Box::new(network.clone()))),
        },
    }
}

/// Where a record id stands among the batch's numbers.
fn place_of(record: &RecordId, batch: &Batch) -> Result<Name> {
    let (mut low, mut high) = (0, batch.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match batch.draft(middle)?.id().cmp(record) {
            Ordering::Less => low = middle + 1,
            Ordering::Equal => return Ok(Name::of_number(middle)),
            Ordering::Greater => high = middle,
        }
    }
    Ok(Name::Record(u64::from(low) * 2, Some(Box::new(record.clone()))))
}

fn weight(entry: &Entry, joined: &Joined) -> u64 {
    match entry.what {
        What::Single(_) => 1,
        What::Group(number) => u64::from(joined.groups[number as usize].versions),
    }
}

/// Cuts into partitions of nearly equal size: one, or an even number, so that two threads
/// finish together.
fn cut(entries: &[Entry], joined: &Joined, rows: u64, limits: &DeriveLimits) -> Vec<Range<usize>> {
    let most = u64::from(limits.partition_rows_max);
    let mut count = rows.div_ceil(most).max(1);
    if count > 1 {
        count = count.next_multiple_of(2);
    }
    let target = rows.div_ceil(count).max(1);
    let mut partitions = Vec::new();
    let (mut start, mut held) = (0, 0);
    for (index, entry) in entries.iter().enumerate() {
        let more = weight(entry, joined);
        if held > 0 && held + more > target {
            partitions.push(start..index);
            (start, held) = (index, 0);
        }
        held += more;
    }
    if held > 0 {
        partitions.push(start..entries.len());
    }
    partitions
}
