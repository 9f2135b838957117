//! Totals by column scans: only the columns that are counted are read.

use crate::error::Result;
use crate::mask::Mask;
use crate::read::TableFile;
use crate::row::{AnomalyRow, MessageRow, State};
use arrow_array::{
    Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array, UInt32Array,
};
use emma_model::{Micros, RecordKind};
use std::collections::{BTreeMap, HashSet};

/// Totals of messages files, for `status`. Rows are versions; a message counts once, by its first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MessageTotals {
    /// Messages: first versions.
    pub messages: u64,
    /// Rows: distinct versions.
    pub versions: u64,
    /// Messages by the name of their first version's kind.
    pub by_kind: BTreeMap<&'static str, u64>,
    /// Messages by the name of their state.
    pub by_state: BTreeMap<&'static str, u64>,
    /// Distinct handles that sent or were named as recipients, of all versions.
    pub handles: HashSet<String>,
    /// Distinct handles that sent, by kind name of what they sent, of all versions.
    pub senders: BTreeMap<&'static str, HashSet<String>>,
    /// Earliest and latest sort time.
    pub sort: Option<(Micros, Micros)>,
    /// Messages without a time.
    pub undated: u64,
}

impl MessageTotals {
    /// Adds one messages file, without its masked rows.
    pub fn add(&mut self, file: &TableFile<MessageRow>, mask: &Mask) -> Result<()> {
        let columns = ["sort", "version", "state", "kind", "from", "to"];
        let mut row = 0u32;
        file.scan(&columns, &mut |batch| {
            self.add_batch(batch, row, mask)?;
            row += batch.num_rows() as u32;
            Some(())
        })
    }

    fn add_batch(&mut self, batch: &RecordBatch, first: u32, mask: &Mask) -> Option<()> {
        let sort: &TimestampMicrosecondArray =
            batch.column_by_name("sort")?.as_any().downcast_ref()?;
        let version: &UInt32Array = batch.column_by_name("version")?.as_any().downcast_ref()?;
        let state: &UInt8Array = batch.column_by_name("state")?.as_any().downcast_ref()?;
        let kind: &UInt8Array = batch.column_by_name("kind")?.as_any().downcast_ref()?;
        let from: &StringArray = batch.column_by_name("from")?.as_any().downcast_ref()?;
        let to: &ListArray = batch.column_by_name("to")?.as_any().downcast_ref()?;
        let recipients: &StringArray = to.values().as_any().downcast_ref()?;
        for at in 0..batch.num_rows() {
            if !mask.is_empty() && mask.contains(first + at as u32) {
                continue;
            }
            let kind = RecordKind::from_u8(kind.value(at))?.name();
            self.versions += 1;
            if from.is_valid(at) {
                let sender = from.value(at);
                see(&mut self.handles, sender);
                see(self.senders.entry(kind).or_default(), sender);
            }
            let ends = to.value_offsets();
            for i in ends[at]..ends[at + 1] {
                see(&mut self.handles, recipients.value(i as usize));
            }
            if version.value(at) != 0 {
                continue;
            }
            self.messages += 1;
            *self.by_kind.entry(kind).or_default() += 1;
            *self.by_state.entry(State::from_u8(state.value(at))?.name()).or_default() += 1;
            if sort.is_valid(at) {
                let time = sort.value(at);
                let (least, greatest) = self.sort.unwrap_or((time, time));
                self.sort = Some((least.min(time), greatest.max(time)));
            } else {
                self.undated += 1;
            }
        }
        Some(())
    }
}

/// Adds a text to a set, copying it only when it is new.
fn see(set: &mut HashSet<String>, text: &str) {
    if !set.contains(text) {
        set.insert(text.to_owned());
    }
}

impl TableFile<AnomalyRow> {
    /// How many anomalies of each kind.
    pub fn by_kind(&self) -> Result<BTreeMap<String, u64>> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        self.scan(&["kind"], &mut |batch| {
            let kind: &StringArray = batch.column_by_name("kind")?.as_any().downcast_ref()?;
            for at in 0..batch.num_rows() {
                match counts.get_mut(kind.value(at)) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(kind.value(at).to_owned(), 1);
                    }
                }
            }
            Some(())
        })?;
        Ok(counts)
    }
}
