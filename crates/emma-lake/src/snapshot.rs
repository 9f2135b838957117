//! Segments and snapshots: which files are the lake now.
//!
//! A *segment* is what one batch wrote: at most one immutable file per table, a keys file and a
//! search split. A *snapshot* is a numbered list of segments with, per segment, the rows that
//! later segments replaced (masks). Both are canonical JSON; a snapshot refers to segments and
//! masks by digest, so that a small batch writes a small manifest. Layout: `docs/formats/lake.md`.

use crate::error::{LakeError, Result};
use crate::mask::Mask;
use crate::root::GroupHash;
use crate::table::{FileRole, Table};
use crate::wire;
use crate::write::HashedFile;
use emma_model::{Digest, Micros};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// A file of a case, known by its digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileEntry {
    /// Path relative to the case folder, `/` between components.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// Rows in it (entries, for keys and masks; documents, for a split; 1, for JSON).
    pub rows: u64,
}

/// What one batch wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Segment {
    /// Number of the segment in its case, counting from 1; never reused.
    pub number: u32,
    /// Partition label: the first part of its files' names.
    pub partition: String,
    /// Its files by table. A table without rows has no file.
    pub tables: BTreeMap<Table, FileEntry>,
    /// Network ids of its messages; none where no message has one.
    pub keys: Option<FileEntry>,
    /// Its search index.
    pub split: Option<FileEntry>,
    /// Earliest and latest sort time of its messages; none where all are undated.
    pub sort: Option<(Micros, Micros)>,
    /// Rows of its messages file without a time.
    pub undated: u64,
    /// Hashes of its row groups by table, in group order. [`crate::root`] combines them.
    pub groups: BTreeMap<Table, Vec<GroupHash>>,
}

/// A segment as one snapshot sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SegmentView {
    /// The segment.
    pub segment: Segment,
    /// Rows of its messages file that the snapshot leaves out.
    pub masked_messages: Mask,
    /// Rows of its copies file that the snapshot leaves out.
    pub masked_copies: Mask,
}

/// An immutable, numbered state of the lake.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// Number in its case, from 1; never reused.
    pub number: u64,
    /// Its segments, by number.
    pub segments: Vec<SegmentView>,
    /// Root of each table that has rows.
    pub roots: BTreeMap<Table, Digest>,
}

/// What [`Snapshot::save`] left on the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedSnapshot {
    /// The manifest.
    pub manifest: FileEntry,
    /// Everything it refers to, directly or through segments: sorted by path.
    pub files: Vec<FileEntry>,
}

impl Segment {
    /// The messages file, where the segment has messages.
    pub fn messages(&self) -> Option<&FileEntry> {
        self.tables.get(&Table::Messages)
    }

    /// The copies file, where the segment has copies.
    pub fn copies(&self) -> Option<&FileEntry> {
        self.tables.get(&Table::Copies)
    }

    /// Every file the segment names, itself not counted.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.tables.values().chain(&self.keys).chain(&self.split)
    }

    /// Writes the segment's description, durably, as `lake/segments/PARTITION-DIGEST16.json`.
    pub fn save(&self, case: &Path) -> Result<FileEntry> {
        let bytes = wire::segment_bytes(self);
        write_once(
            case,
            "segments",
            &format!("{}.json", self.partition),
            &bytes,
            1,
            FileRole::Segment,
        )
    }

    /// Reads the description `entry` names, after checking its digest.
    pub fn load(case: &Path, entry: &FileEntry) -> Result<Segment> {
        let bytes = read_checked(case, &entry.path, entry.sha256, FileRole::Segment)?;
        wire::parse_segment(&bytes)
            .ok_or_else(|| LakeError::damaged(FileRole::Segment, "it is not canonical"))
    }
}

impl Snapshot {
    /// Writes masks, segments and the manifest, durably, and says what they are.
    ///
    /// What is there already under its digest is not written again.
    pub fn save(&self, case: &Path) -> Result<SavedSnapshot> {
        let mut views = Vec::new();
        let mut files = Vec::new();
        for view in &self.segments {
            let saved = wire::SavedView {
                segment: view.segment.save(case)?,
                masked_messages: save_mask(
                    case,
                    &view.segment,
                    Table::Messages,
                    &view.masked_messages,
                )?,
                masked_copies: save_mask(case, &view.segment, Table::Copies, &view.masked_copies)?,
            };
            files.extend(view.segment.files().cloned());
            files.push(saved.segment.clone());
            files.extend(saved.masked_messages.clone());
            files.extend(saved.masked_copies.clone());
            views.push(saved);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let bytes = wire::manifest_bytes(self.number, &self.roots, &views);
        let sha256 = Digest::of(&bytes);
        let path = manifest_path(sha256);
        if !case.join(&path).exists() {
            let store = LakeError::store(FileRole::Manifest);
            emma_store::create_dir_durable(&case.join("lake/manifests")).map_err(&store)?;
            emma_store::write_new(&case.join(&path), &bytes).map_err(&store)?;
        }
        let manifest = FileEntry { path, sha256, bytes: bytes.len() as u64, rows: 1 };
        Ok(SavedSnapshot { manifest, files })
    }

    /// Reads the manifest with digest `manifest` and what it refers to, checking digests.
    pub fn load(case: &Path, manifest: Digest) -> Result<Snapshot> {
        let bytes = read_checked(case, &manifest_path(manifest), manifest, FileRole::Manifest)?;
        let (number, roots, views) = wire::parse_manifest(&bytes)
            .ok_or_else(|| LakeError::damaged(FileRole::Manifest, "it is not canonical"))?;
        let mut segments = Vec::new();
        for view in &views {
            segments.push(SegmentView {
                segment: Segment::load(case, &view.segment)?,
                masked_messages: load_mask(case, view.masked_messages.as_ref())?,
                masked_copies: load_mask(case, view.masked_copies.as_ref())?,
            });
        }
        Ok(Snapshot { number, segments, roots })
    }

    /// The root of everything: SHA-256 over table names and roots, in the order of [`Table`].
    pub fn root(&self) -> Digest {
        let mut bytes = b"emma/roots/v1\0".to_vec();
        for (table, root) in &self.roots {
            crate::pack::put_text(&mut bytes, table.name());
            bytes.extend_from_slice(&root.0);
        }
        Digest::of(&bytes)
    }
}

fn manifest_path(digest: Digest) -> String {
    format!("lake/manifests/{digest}.json")
}

const MASK_MAGIC: &[u8; 16] = b"emma mask one\n\0\0";

fn save_mask(case: &Path, of: &Segment, table: Table, mask: &Mask) -> Result<Option<FileEntry>> {
    if mask.is_empty() {
        return Ok(None);
    }
    let mut bytes = MASK_MAGIC.to_vec();
    for row in mask.rows() {
        bytes.extend_from_slice(&row.to_le_bytes());
    }
    let name = format!("{}-{table}.mask", of.partition);
    write_once(case, "masks", &name, &bytes, mask.len() as u64, FileRole::Mask).map(Some)
}

fn load_mask(case: &Path, entry: Option<&FileEntry>) -> Result<Mask> {
    let Some(entry) = entry else {
        return Ok(Mask::NONE);
    };
    let bytes = read_checked(case, &entry.path, entry.sha256, FileRole::Mask)?;
    let rows = bytes
        .strip_prefix(MASK_MAGIC)
        .filter(|rows| rows.len() as u64 == entry.rows * 4)
        .map(|rows| {
            rows.chunks_exact(4).map(|row| u32::from_le_bytes(row.try_into().expect("4 bytes")))
        })
        .map(Iterator::collect::<Vec<u32>>)
        .filter(|rows| rows.is_sorted_by(|a, b| a < b));
    rows.map(Mask::new).ok_or_else(|| LakeError::damaged(FileRole::Mask, "its rows do not ascend"))
}

/// Writes small bytes as `lake/FOLDER/STEM-DIGEST16.ENDING` unless they are there.
fn write_once(
    case: &Path,
    folder: &str,
    name: &str,
    bytes: &[u8],
    rows: u64,
    role: FileRole,
) -> Result<FileEntry> {
    let sha256 = Digest::of(bytes);
    let (stem, ending) = name.rsplit_once('.').expect("names have an ending");
    let path = format!("lake/{folder}/{stem}-{}.{ending}", &sha256.hex()[..16]);
    if case.join(&path).exists() {
        return Ok(FileEntry { path, sha256, bytes: bytes.len() as u64, rows });
    }
    let mut file = HashedFile::create(case, folder, role)?;
    file.write_all(bytes).map_err(LakeError::io(role))?;
    file.commit(case, folder, name, rows)
}

fn read_checked(case: &Path, path: &str, digest: Digest, role: FileRole) -> Result<Vec<u8>> {
    let bytes = std::fs::read(case.join(path)).map_err(LakeError::io(role))?;
    if Digest::of(&bytes) != digest {
        return Err(LakeError::damaged(role, "its digest is another"));
    }
    Ok(bytes)
}
