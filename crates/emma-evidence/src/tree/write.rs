//! Writing a record tree.

use super::leaves::{LEAVES_MAGIC, LeavesEncoder};
use super::read::UPPER_HEIGHT;
use super::seed::{LEAVES_MAX, Nonces};
use super::{ReadingId, folder};
use crate::Random;
use crate::error::{EvidenceError, Result, io_at};
use crate::merkle::Frontier;
use emma_model::id::put_locator;
use emma_model::{Digest, ItemClass, MemberPath, Place};
use emma_store::{NewFile, create_dir_durable, remove_durable, sync_path};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Bytes gathered before they are handed to the system.
const BUFFER_BYTES: usize = 64 << 10;

/// Raw bytes up to this are copied beside their locator before they are hashed.
const COPIED_BYTES_MAX: usize = 1024;

/// A seed file has this many bytes.
const SEED_BYTES: usize = 32;

/// Makes the seeds of `readings` durable, with one wait for the folder: before their first leaf.
///
/// A reading that has a seed keeps it, so that a resumed parse gives the same tree.
pub fn create_seeds(
    evidence: &Path,
    readings: &[ReadingId],
    random: &mut Random<'_>,
) -> Result<()> {
    let trees = evidence.join("trees");
    create_dir_durable(&trees)?;
    let mut written = Vec::new();
    for reading in readings {
        let folder = folder(evidence, *reading);
        let path = folder.join("seed");
        // A seed that never reached the disk whole made no leaf either.
        if !is_seed(&path) {
            let mut seed = [0; SEED_BYTES];
            random(&mut seed);
            if !folder.is_dir() {
                emma_store::create_dir_unsynced(&folder)?;
            }
            let mut file = NewFile::create_in(&folder)?;
            io_at("write a seed", file.write_all(&seed))?;
            file.commit_unsynced(&path)?;
        }
        written.push(path);
    }
    for path in &written {
        sync_path(path)?;
        sync_path(path.parent().expect("a seed lies in a folder"))?;
    }
    Ok(sync_path(&trees)?)
}

/// What a finished tree is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeSummary {
    /// The root over all leaves; that of no leaf is the digest of nothing.
    pub root: Digest,
    /// How many leaves.
    pub leaves: u64,
    /// What the receipt says of the seed ([`super::commitment`]).
    pub seed: Digest,
}

/// Writes one tree, leaf by leaf in order. Dropped before [`TreeWriter::finish`] it leaves
/// nothing but the seed.
#[derive(Debug)]
pub struct TreeWriter {
    folder: PathBuf,
    seed: Digest,
    nonces: Nonces,
    frontier: Frontier,
    encoder: LeavesEncoder,
    locator: Vec<u8>,
    hashes: Out,
    leaves: Out,
    upper: Out,
}

impl TreeWriter {
    /// Starts the tree of `reading`, whose seed is made durable first where it has none.
    pub fn create(
        evidence: &Path,
        reading: ReadingId,
        random: &mut Random<'_>,
    ) -> Result<TreeWriter> {
        let folder = folder(evidence, reading);
        if !is_seed(&folder.join("seed")) {
            create_seeds(evidence, &[reading], random)?;
        }
        let seed = read_seed(&folder)?;
        let mut writer = TreeWriter {
            seed: super::commitment(&seed),
            nonces: Nonces::new(seed),
            frontier: Frontier::default(),
            encoder: LeavesEncoder::default(),
            locator: Vec::with_capacity(64),
            hashes: Out::create(&folder)?,
            leaves: Out::create(&folder)?,
            upper: Out::create(&folder)?,
            folder,
        };
        writer.leaves.buffer.extend_from_slice(LEAVES_MAGIC);
        Ok(writer)
    }

    /// Adds a leaf: an item's class, locator and raw bytes.
    pub fn push(
        &mut self,
        class: ItemClass,
        member: &MemberPath,
        place: &Place,
        raw: &[u8],
    ) -> Result<()> {
        let index = self.frontier.size();
        if index >= LEAVES_MAX {
            return Err(EvidenceError::Limit { what: "a record tree", max: LEAVES_MAX });
        }
        let nonce = self.nonces.at(index);
        let locator = &mut self.locator;
        locator.clear();
        locator.push(0);
        locator.extend_from_slice(&nonce);
        locator.push(class as u8);
        locator.extend_from_slice(&[0; 4]);
        let start = locator.len();
        put_locator(locator, member, place);
        let length = (locator.len() - start) as u32;
        locator[start - 4..start].copy_from_slice(&length.to_be_bytes());
        let leaf = if raw.len() <= COPIED_BYTES_MAX {
            // One pass over one buffer is quicker than two calls for the common short record.
            locator.extend_from_slice(raw);
            Digest::of(locator)
        } else {
            Digest::of_parts(&[locator, raw])
        };

        self.hashes.buffer.extend_from_slice(&leaf.0);
        self.encoder.put(&mut self.leaves.buffer, class, member, place);
        let upper = &mut self.upper.buffer;
        self.frontier.push_tracked(leaf, |height, hash| {
            if height == UPPER_HEIGHT {
                upper.extend_from_slice(&hash.0);
            }
        });
        self.hashes.flush_if_full()?;
        self.leaves.flush_if_full()?;
        self.upper.flush_if_full()
    }

    /// Leaves so far.
    pub fn leaves(&self) -> u64 {
        self.frontier.size()
    }

    /// Names the files, `hashes` last, and waits until they are on the disk.
    pub fn finish(self) -> Result<TreeSummary> {
        let folder = self.folder.clone();
        let summary = self.finish_unsynced()?;
        sync_trees([folder])?;
        Ok(summary)
    }

    /// Names the files without waiting: call [`sync_trees`] before anything is logged about them.
    pub fn finish_unsynced(self) -> Result<TreeSummary> {
        let TreeWriter { folder, frontier, hashes, leaves, upper, seed, .. } = self;
        leaves.commit(&folder.join("leaves"))?;
        // A small tree has none, and a file less to wait for.
        if frontier.size() >> UPPER_HEIGHT > 0 {
            upper.commit(&folder.join("upper"))?;
        } else {
            remove_durable(&folder.join("upper"))?;
        }
        hashes.commit(&folder.join("hashes"))?;
        Ok(TreeSummary { root: frontier.root(), leaves: frontier.size(), seed })
    }
}

/// Waits until the trees in these folders ([`super::folder`]) are on the disk.
pub fn sync_trees(folders: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    let folders: BTreeSet<PathBuf> = folders.into_iter().collect();
    for folder in &folders {
        for name in ["leaves", "upper", "hashes"] {
            let path = folder.join(name);
            if name != "upper" || path.exists() {
                sync_path(&path)?;
            }
        }
        sync_path(folder)?;
    }
    Ok(())
}

/// True where `path` is a whole seed: not cut short, nor zeros that a crash left in its place.
fn is_seed(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|seed| seed.len() == SEED_BYTES && seed != [0; SEED_BYTES])
}

pub(super) fn read_seed(folder: &Path) -> Result<[u8; SEED_BYTES]> {
    let bytes = io_at("read a seed", std::fs::read(folder.join("seed")))?;
    bytes.try_into().map_err(|_| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        EvidenceError::damaged(format!("trees/{name}/seed"), "it has not 32 bytes")
    })
}

/// A file being written through a buffer of our own: leaves are appended without a call.
#[derive(Debug)]
struct Out {
    file: NewFile,
    buffer: Vec<u8>,
}

impl Out {
    fn create(folder: &Path) -> Result<Out> {
        Ok(Out {
            file: NewFile::create_in(folder)?,
            buffer: Vec::with_capacity(BUFFER_BYTES + 4096),
        })
    }

    fn flush_if_full(&mut self) -> Result<()> {
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        io_at("write a record tree", self.file.write_all(&self.buffer))?;
        self.buffer.clear();
        Ok(())
    }

    fn commit(mut self, path: &Path) -> Result<()> {
        self.flush()?;
        Ok(self.file.commit_unsynced(path)?)
    }
}
