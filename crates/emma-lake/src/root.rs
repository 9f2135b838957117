//! Roots: one digest per table that says "the same content".
//!
//! A root is a function of the rows alone, not of how they were batched into segments:
//!
//! 1. rows are hashed by group (the UTC day of a message's sort time; the exhibit of any other
//!    row), in file order, each preceded by its length;
//! 2. the root is the hash over the groups in group order.
//!
//! A writer hashes groups as it writes. [`roots`] combines segments: a group that lies in one
//! segment, unmasked, keeps its hash; only the others are read again.

use crate::canonical::TableRow;
use crate::error::Result;
use crate::mask::Mask;
use crate::pack::{put_number, put_text};
use crate::read::{Rows, TableFile};
use crate::row::{AnomalyRow, CopyRow, LinkRow, MemberRow, MessageRow};
use crate::snapshot::SegmentView;
use crate::table::Table;
use emma_model::{Digest, ExhibitId};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::Path;

/// Rows that are hashed together. Order: days ascending, undated, exhibits by id, streams.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Group {
    /// Messages whose sort time lies on this UTC day, counted from 1970-01-01.
    Day(i64),
    /// Messages without a time.
    Undated,
    /// Rows of one exhibit.
    Exhibit(ExhibitId),
    /// Rows of a live stream that is not sealed yet, by source.
    Stream(String),
}

impl Group {
    /// The words in manifests: `day:18353`, `undated`, `exhibit:HEX`, `stream:SOURCE`.
    pub fn text(&self) -> String {
        match self {
            Group::Day(day) => format!("day:{day}"),
            Group::Undated => "undated".to_owned(),
            Group::Exhibit(exhibit) => format!("exhibit:{exhibit}"),
            Group::Stream(source) => format!("stream:{source}"),
        }
    }

    /// Reads [`Group::text`] back.
    pub fn from_text(text: &str) -> Option<Group> {
        if text == "undated" {
            return Some(Group::Undated);
        }
        let (word, rest) = text.split_once(':')?;
        match word {
            "day" => rest.parse().ok().map(Group::Day),
            "exhibit" => Digest::from_hex(rest).map(|digest| Group::Exhibit(ExhibitId(digest))),
            "stream" => Some(Group::Stream(rest.to_owned())),
            _ => None,
        }
    }
}

/// The hash of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupHash {
    /// Which group.
    pub group: Group,
    /// Rows in it.
    pub rows: u64,
    /// SHA-256 over its rows' canonical bytes, each preceded by its length, in file order.
    pub hash: Digest,
}

/// The root of a table, from the hashes of its groups in group order.
pub fn table_root(table: Table, groups: &[GroupHash]) -> Digest {
    debug_assert!(groups.is_sorted_by(|a, b| a.group < b.group));
    let mut bytes = b"emma/root/v1\0".to_vec();
    put_text(&mut bytes, table.name());
    for group in groups {
        put_text(&mut bytes, &group.group.text());
        put_number(&mut bytes, group.rows);
        bytes.extend_from_slice(&group.hash.0);
    }
    Digest::of(&bytes)
}

/// Hashes rows by group as they pass in file order.
#[derive(Debug, Default)]
pub struct GroupHasher {
    current: Option<(Group, Sha256, u64)>,
    finished: Vec<GroupHash>,
    bytes: Vec<u8>,
}

impl GroupHasher {
    /// Adds the next row.
    pub fn push<R: TableRow>(&mut self, row: &R) {
        let group = row.group();
        if self.current.as_ref().is_none_or(|(current, ..)| *current != group) {
            self.close();
            let mut hasher = Sha256::new();
            hasher.update(b"emma/group/v1\0");
            self.current = Some((group, hasher, 0));
        }
        let (_, hasher, rows) = self.current.as_mut().expect("just opened");
        self.bytes.clear();
        // The length is known only afterwards: 4 bytes are kept free for it.
        self.bytes.extend_from_slice(&[0; 4]);
        row.canonical(&mut self.bytes);
        let length = u32::try_from(self.bytes.len() - 4).expect("rows stay under 4 GiB");
        self.bytes[..4].copy_from_slice(&length.to_be_bytes());
        hasher.update(&self.bytes);
        *rows += 1;
    }

    /// The hashes, in group order.
    ///
    /// # Panics
    /// Where the rows of a group did not come together, which only a bug can cause.
    pub fn finish(mut self) -> Vec<GroupHash> {
        self.close();
        let mut groups = self.finished;
        groups.sort_by(|a, b| a.group.cmp(&b.group));
        let distinct = groups.windows(2).all(|pair| pair[0].group != pair[1].group);
        assert!(distinct, "rows of a group come together in file order");
        groups
    }

    /// Bytes of the row that was pushed last.
    pub(crate) fn last_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn close(&mut self) {
        if let Some((group, hasher, rows)) = self.current.take() {
            let hash = Digest(hasher.finalize().into());
            self.finished.push(GroupHash { group, rows, hash });
        }
    }
}

/// The roots of all tables that have rows, over `segments` without their masked rows.
///
/// Groups that lie in one segment and are not masked are taken from its description; only the
/// others are read again from the files under `case`.
pub fn roots(case: &Path, segments: &[SegmentView]) -> Result<BTreeMap<Table, Digest>> {
    let mut roots = BTreeMap::new();
    for table in Table::ALL {
        let groups = match table {
            Table::Messages => groups::<MessageRow>(case, segments)?,
            Table::Copies => groups::<CopyRow>(case, segments)?,
            Table::Anomalies => groups::<AnomalyRow>(case, segments)?,
            Table::Claims => groups::<LinkRow>(case, segments)?,
            Table::Members => groups::<MemberRow>(case, segments)?,
        };
        if !groups.is_empty() {
            roots.insert(table, table_root(table, &groups));
        }
    }
    Ok(roots)
}

/// Where the rows of a group stand: segment (by place in the list) and first row.
type Parts = Vec<(usize, u32, GroupHash)>;

/// The group hashes of one table over `segments`, in group order.
pub fn groups<R: TableRow>(case: &Path, segments: &[SegmentView]) -> Result<Vec<GroupHash>> {
    let mut parts: BTreeMap<Group, Parts> = BTreeMap::new();
    for (at, view) in segments.iter().enumerate() {
        let hashes = view.segment.groups.get(&R::TABLE).map_or(&[][..], |groups| groups);
        for (first, hash) in place_groups::<R>(hashes) {
            parts.entry(hash.group.clone()).or_default().push((at, first, hash.clone()));
        }
    }
    let mut files: BTreeMap<usize, TableFile<R>> = BTreeMap::new();
    let mut combined = Vec::new();
    for (group, parts) in parts {
        let touched = parts.iter().any(|(at, first, hash)| {
            let mask = mask_of::<R>(&segments[*at]);
            mask.rank(first + hash.rows as u32) > mask.rank(*first)
        });
        if let ([(_, _, only)], false) = (&parts[..], touched) {
            combined.push(only.clone());
            continue;
        }
        for (at, ..) in &parts {
            if let (false, Some(entry)) =
                (files.contains_key(at), segments[*at].segment.tables.get(&R::TABLE))
            {
                files.insert(*at, TableFile::open(case, entry)?);
            }
        }
        combined.extend(rehash::<R>(&group, &parts, &files, segments)?);
    }
    Ok(combined)
}

/// Groups with the row each starts at. Days stand in a file the other way round.
fn place_groups<R: TableRow>(hashes: &[GroupHash]) -> Vec<(u32, &GroupHash)> {
    let mut order: Vec<&GroupHash> = hashes.iter().collect();
    if R::TABLE == Table::Messages {
        order.sort_by(|a, b| {
            let undated = |hash: &GroupHash| hash.group == Group::Undated;
            undated(a).cmp(&undated(b)).then_with(|| b.group.cmp(&a.group))
        });
    }
    let mut first = 0u32;
    let mut placed = Vec::with_capacity(order.len());
    for hash in order {
        placed.push((first, hash));
        first = first.saturating_add(u32::try_from(hash.rows).unwrap_or(u32::MAX));
    }
    placed
}

fn mask_of<R: TableRow>(view: &SegmentView) -> &Mask {
    const NONE: &Mask = &Mask::NONE;
    match R::TABLE {
        Table::Messages => &view.masked_messages,
        Table::Copies => &view.masked_copies,
        _ => NONE,
    }
}

/// Reads the rows of one group from every segment that has some, merged in file order.
fn rehash<R: TableRow>(
    group: &Group,
    parts: &Parts,
    files: &BTreeMap<usize, TableFile<R>>,
    segments: &[SegmentView],
) -> Result<Option<GroupHash>> {
    let mut streams: Vec<Peekable<Unmasked<'_, R>>> = Vec::new();
    for (at, first, hash) in parts {
        if let Some(file) = files.get(at) {
            let end = first.saturating_add(hash.rows as u32);
            let mask = mask_of::<R>(&segments[*at]);
            streams.push(Unmasked { rows: file.range(*first..end), row: *first, mask }.peekable());
        }
    }
    let mut hasher = GroupHasher::default();
    while let Some(next) = smallest(&mut streams) {
        let row = streams[next].next().expect("peeked")?;
        if row.group() != *group {
            return Err(crate::error::LakeError::damaged(
                crate::table::FileRole::Table(R::TABLE),
                "its groups do not match its segment's description",
            ));
        }
        hasher.push(&row);
    }
    Ok(hasher.finish().pop())
}

/// The stream whose next row comes first; one that failed comes before all.
fn smallest<R: TableRow>(streams: &mut [Peekable<Unmasked<'_, R>>]) -> Option<usize> {
    let mut best: Option<usize> = None;
    for at in 0..streams.len() {
        let (before, rest) = streams.split_at_mut(at);
        let Some(candidate) = rest[0].peek() else {
            continue;
        };
        let Ok(candidate) = candidate else {
            return Some(at);
        };
        let better = match best {
            None => true,
            Some(best) => match before[best].peek() {
                Some(Ok(known)) => candidate.file_order(known).is_lt(),
                _ => false,
            },
        };
        if better {
            best = Some(at);
        }
    }
    best
}

/// The rows of a range without the masked ones.
struct Unmasked<'a, R: TableRow> {
    rows: Rows<'a, R>,
    row: u32,
    mask: &'a Mask,
}

impl<R: TableRow> Iterator for Unmasked<'_, R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        loop {
            let row = self.rows.next()?;
            let masked = self.mask.contains(self.row);
            self.row += 1;
            if !masked || row.is_err() {
                return Some(row);
            }
        }
    }
}
