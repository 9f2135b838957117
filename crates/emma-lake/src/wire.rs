//! The JSON of segments and manifests. Fields stand in alphabetical order, numbers are whole,
//! there is no white space; what does not read back to the same bytes is refused.

use crate::root::{Group, GroupHash};
use crate::snapshot::{FileEntry, Segment};
use crate::table::Table;
use emma_model::{Digest, Micros};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SEGMENT_FORMAT: &str = "emma/segment/v1";
const MANIFEST_FORMAT: &str = "emma/snapshot/v1";

/// A segment of a manifest, by the files that describe it.
pub(crate) struct SavedView {
    pub(crate) segment: FileEntry,
    pub(crate) masked_messages: Option<FileEntry>,
    pub(crate) masked_copies: Option<FileEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireFile {
    bytes: u64,
    path: String,
    rows: u64,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSegment {
    files: BTreeMap<String, WireFile>,
    format: String,
    /// Per table: group, rows, hash.
    groups: BTreeMap<String, Vec<(String, u64, String)>>,
    number: u32,
    partition: String,
    sort: Option<(Micros, Micros)>,
    undated: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireManifest {
    format: String,
    number: u64,
    roots: BTreeMap<String, String>,
    segments: Vec<WireView>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireView {
    masked_copies: Option<WireFile>,
    masked_messages: Option<WireFile>,
    segment: WireFile,
}

impl WireFile {
    fn of(entry: &FileEntry) -> WireFile {
        WireFile {
            bytes: entry.bytes,
            path: entry.path.clone(),
            rows: entry.rows,
            sha256: entry.sha256.hex(),
        }
    }

    fn entry(self) -> Option<FileEntry> {
        let sha256 = Digest::from_hex(&self.sha256)?;
        // A path never leaves the case.
        let inside = self.path.starts_with("lake/") || self.path.starts_with("index/");
        let plain = self.path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        (inside && plain && !self.path.contains(['\\', '\0'])).then_some(())?;
        Some(FileEntry { path: self.path, sha256, bytes: self.bytes, rows: self.rows })
    }
}

fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("maps with text keys and whole numbers always serialise")
}

pub(crate) fn segment_bytes(segment: &Segment) -> Vec<u8> {
    let mut files: BTreeMap<String, WireFile> = segment
        .tables
        .iter()
        .map(|(table, entry)| (table.name().to_owned(), WireFile::of(entry)))
        .collect();
    for (name, entry) in [("keys", &segment.keys), ("split", &segment.split)] {
        if let Some(entry) = entry {
            files.insert(name.to_owned(), WireFile::of(entry));
        }
    }
    let triple = |group: &GroupHash| (group.group.text(), group.rows, group.hash.hex());
    let groups = segment
        .groups
        .iter()
        .map(|(table, groups)| (table.name().to_owned(), groups.iter().map(triple).collect()))
        .collect();
    bytes_of(&WireSegment {
        files,
        format: SEGMENT_FORMAT.to_owned(),
        groups,
        number: segment.number,
        partition: segment.partition.clone(),
        sort: segment.sort,
        undated: segment.undated,
    })
}

pub(crate) fn parse_segment(bytes: &[u8]) -> Option<Segment> {
    let wire: WireSegment = serde_json::from_slice(bytes).ok()?;
    (wire.format == SEGMENT_FORMAT).then_some(())?;
    let mut segment = Segment {
        number: wire.number,
        partition: wire.partition,
        sort: wire.sort,
        undated: wire.undated,
        ..Segment::default()
    };
    for (name, file) in wire.files {
        let entry = file.entry()?;
        match name.as_str() {
            "keys" => segment.keys = Some(entry),
            "split" => segment.split = Some(entry),
            _ => {
                segment.tables.insert(Table::from_name(&name)?, entry);
            }
        }
    }
    for (name, triples) in wire.groups {
        let mut groups = Vec::with_capacity(triples.len());
        for (group, rows, hash) in triples {
            let (group, hash) = (Group::from_text(&group)?, Digest::from_hex(&hash)?);
            groups.push(GroupHash { group, rows, hash });
        }
        groups.is_sorted_by(|a, b| a.group < b.group).then_some(())?;
        segment.groups.insert(Table::from_name(&name)?, groups);
    }
    (segment_bytes(&segment) == bytes).then_some(segment)
}

pub(crate) fn manifest_bytes(
    number: u64,
    roots: &BTreeMap<Table, Digest>,
    views: &[SavedView],
) -> Vec<u8> {
    let view = |view: &SavedView| WireView {
        masked_copies: view.masked_copies.as_ref().map(WireFile::of),
        masked_messages: view.masked_messages.as_ref().map(WireFile::of),
        segment: WireFile::of(&view.segment),
    };
    bytes_of(&WireManifest {
        format: MANIFEST_FORMAT.to_owned(),
        number,
        roots: roots.iter().map(|(table, root)| (table.name().to_owned(), root.hex())).collect(),
        segments: views.iter().map(view).collect(),
    })
}

type Manifest = (u64, BTreeMap<Table, Digest>, Vec<SavedView>);

pub(crate) fn parse_manifest(bytes: &[u8]) -> Option<Manifest> {
    let wire: WireManifest = serde_json::from_slice(bytes).ok()?;
    (wire.format == MANIFEST_FORMAT).then_some(())?;
    let mut roots = BTreeMap::new();
    for (name, root) in &wire.roots {
        roots.insert(Table::from_name(name)?, Digest::from_hex(root)?);
    }
    let optional = |file: Option<WireFile>| match file {
        None => Some(None),
        Some(file) => file.entry().map(Some),
    };
    let mut views = Vec::new();
    for view in wire.segments {
        views.push(SavedView {
            segment: view.segment.entry()?,
            masked_messages: optional(view.masked_messages)?,
            masked_copies: optional(view.masked_copies)?,
        });
    }
    (manifest_bytes(wire.number, &roots, &views) == bytes).then_some((wire.number, roots, views))
}
