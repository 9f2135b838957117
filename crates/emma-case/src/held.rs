//! What a snapshot holds, looked up by id.
//!
//! Files are opened on first use and stay open; rows that the snapshot masks are never returned.

use crate::error::{CaseError, Result};
use emma_lake::draft::KeyEntry;
use emma_lake::keys::Keys;
use emma_lake::read::{Copies, Messages};
use emma_lake::root::Group;
use emma_lake::{CopyRow, FileEntry, MessageRow, SegmentView, Snapshot, Table};
use emma_model::{Digest, ExhibitId, MessageId, Micros, NetworkId, RecordId};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A row of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowRef {
    /// Place of the segment in the snapshot's list.
    pub segment: u32,
    /// Row number in its file.
    pub row: u32,
}

/// A snapshot's files, open for look-ups.
pub struct Held<'a> {
    root: PathBuf,
    snapshot: &'a Snapshot,
    open: Vec<Open>,
}

#[derive(Default)]
struct Open {
    messages: OnceLock<Messages>,
    copies: OnceLock<Copies>,
    keys: OnceLock<Keys>,
}

/// The key under which a network id is found.
pub fn network_identity(id: &NetworkId) -> [u8; 16] {
    let digest = Digest::of(&id.canonical());
    digest.0[..16].try_into().expect("16 of 32 bytes")
}

impl<'a> Held<'a> {
    /// Opens nothing yet.
    pub fn new(case: &Path, snapshot: &'a Snapshot) -> Held<'a> {
        let open = snapshot.segments.iter().map(|_| Open::default()).collect();
        Held { root: case.to_owned(), snapshot, open }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    fn view(&self, segment: usize) -> &'a SegmentView {
        &self.snapshot.segments[segment]
    }

    /// The messages file of a segment, where it has one.
    pub fn messages(&self, segment: usize) -> Result<Option<&Messages>> {
        let entry = self.view(segment).segment.messages();
        open_once(&self.open[segment].messages, entry, |entry| Messages::open(&self.root, entry))
    }

    /// The copies file of a segment, where it has one.
    pub fn copies(&self, segment: usize) -> Result<Option<&Copies>> {
        let entry = self.view(segment).segment.copies();
        open_once(&self.open[segment].copies, entry, |entry| Copies::open(&self.root, entry))
    }

    fn keys(&self, segment: usize) -> Result<Option<&Keys>> {
        let entry = self.view(segment).segment.keys.as_ref();
        open_once(&self.open[segment].keys, entry, |entry| Keys::open(&self.root, entry))
    }

    /// The row a reference names.
    pub fn message_row(&self, at: RowRef) -> Result<MessageRow> {
        let file = self.messages(at.segment as usize)?.ok_or_else(|| missing("messages"))?;
        Ok(file.row(at.row)?)
    }

    /// The copies row a reference names.
    pub fn copy_row(&self, at: RowRef) -> Result<CopyRow> {
        let file = self.copies(at.segment as usize)?.ok_or_else(|| missing("copies"))?;
        Ok(file.row(at.row)?)
    }

    /// Whether a message with a network id of this identity may be held; false is certain.
    pub fn may_hold(&self, identity: &[u8; 16]) -> Result<bool> {
        for segment in 0..self.open.len() {
            if self.keys(segment)?.is_some_and(|keys| !keys.find(identity).is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All versions of the message with this network id; empty where none is held.
    pub fn by_network_id(&self, id: &NetworkId) -> Result<Vec<(RowRef, MessageRow)>> {
        let identity = network_identity(id);
        for segment in 0..self.open.len() {
            let Some(keys) = self.keys(segment)? else {
                continue;
            };
            for row in keys.find(&identity) {
                if self.view(segment).masked_messages.contains(row) {
                    continue;
                }
                let first = self.message_row(RowRef { segment: segment as u32, row })?;
                if first.id == MessageId::Network(id.clone()) {
                    return self.versions(segment, row, first);
                }
            }
        }
        Ok(Vec::new())
    }

    fn versions(
        &self,
        segment: usize,
        row: u32,
        first: MessageRow,
    ) -> Result<Vec<(RowRef, MessageRow)>> {
        let numbers: Vec<u32> = (row + 1..row + first.versions).collect();
        let file = self.messages(segment)?.ok_or_else(|| missing("messages"))?;
        let at = |row| RowRef { segment: segment as u32, row };
        let mut all = vec![(at(row), first)];
        all.extend(numbers.iter().map(|row| at(*row)).zip(file.rows(&numbers)?));
        Ok(all)
    }

    /// All versions of a message, given its sort time; empty where it is not held.
    pub fn by_message(
        &self,
        sort: Option<Micros>,
        id: &MessageId,
    ) -> Result<Vec<(RowRef, MessageRow)>> {
        for segment in 0..self.open.len() {
            if !may_hold(self.view(segment), sort) {
                continue;
            }
            let Some(file) = self.messages(segment)? else {
                continue;
            };
            let masked = &self.view(segment).masked_messages;
            let found: Vec<_> = file
                .find(sort, id)?
                .into_iter()
                .filter(|(row, _)| !masked.contains(*row))
                .map(|(row, value)| (RowRef { segment: segment as u32, row }, value))
                .collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// The copies with these record ids, in the order of the ids; files are read in their own
    /// order.
    pub fn copies_of(&self, records: &[&RecordId]) -> Result<Vec<Option<CopyRow>>> {
        let mut found = vec![None; records.len()];
        for segment in 0..self.open.len() {
            let here: Vec<usize> = (0..records.len())
                .filter(|at| {
                    let exhibit = records[*at].exhibit();
                    let may = exhibit.is_none_or(|one| holds_exhibit(self.view(segment), one));
                    found[*at].is_none() && may
                })
                .collect();
            let Some(file) = self.copies(segment)?.filter(|_| !here.is_empty()) else {
                continue;
            };
            let wanted: Vec<&RecordId> = here.iter().map(|at| records[*at]).collect();
            for (at, copy) in here.into_iter().zip(file.find_all(&wanted)?) {
                found[at] = copy
                    .filter(|(row, _)| !self.view(segment).masked_copies.contains(*row))
                    .map(|(_, copy)| copy);
            }
        }
        Ok(found)
    }

    /// The copy with this record id.
    pub fn copy(&self, record: &RecordId) -> Result<Option<(RowRef, CopyRow)>> {
        let exhibit = record.exhibit();
        for segment in 0..self.open.len() {
            if !exhibit.is_none_or(|exhibit| holds_exhibit(self.view(segment), exhibit)) {
                continue;
            }
            let Some(file) = self.copies(segment)? else {
                continue;
            };
            if let Some((row, value)) = file.find(record)?
                && !self.view(segment).masked_copies.contains(row)
            {
                return Ok(Some((RowRef { segment: segment as u32, row }, value)));
            }
        }
        Ok(None)
    }
}

/// True where a segment's copies file has rows of `exhibit`.
pub fn holds_exhibit(view: &SegmentView, exhibit: ExhibitId) -> bool {
    let groups = view.segment.groups.get(&Table::Copies);
    groups.is_some_and(|groups| {
        groups.binary_search_by(|hash| hash.group.cmp(&Group::Exhibit(exhibit))).is_ok()
    })
}

fn may_hold(view: &SegmentView, sort: Option<Micros>) -> bool {
    match sort {
        None => view.segment.undated > 0,
        Some(time) if time == KeyEntry::UNDATED => view.segment.undated > 0,
        Some(time) => view.segment.sort.is_some_and(|(first, last)| first <= time && time <= last),
    }
}

fn open_once<'c, T>(
    cell: &'c OnceLock<T>,
    entry: Option<&FileEntry>,
    open: impl FnOnce(&FileEntry) -> emma_lake::Result<T>,
) -> Result<Option<&'c T>> {
    let Some(entry) = entry else { return Ok(None) };
    if cell.get().is_none() {
        // Two threads may both open it; the second handle is dropped again.
        let _ = cell.set(open(entry)?);
    }
    Ok(cell.get())
}

fn missing(table: &'static str) -> CaseError {
    CaseError::Corrupt {
        object: format!("a segment's {table} file"),
        what: "a row was named in a segment that has none".into(),
    }
}
