//! Reading the log. No reader takes the lock.

use super::entry::{Checkpoint, Entry};
use super::payloads::{PayloadIndex, PayloadPosition};
use super::tail::{Group, TailHead};
use super::tiles::{TILE_WIDTH, TileCache};
use crate::error::{EvidenceError, Result, io_at};
use crate::key::CaseId;
use crate::merkle::{self, Frontier};
use emma_model::Digest;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// An open log: what it held when last refreshed.
#[derive(Debug)]
pub struct Log {
    /// `CASE/evidence/log`.
    pub(super) folder: PathBuf,
    /// `CASE/evidence/payloads`.
    pub(super) payload_folder: PathBuf,
    pub(super) head: TailHead,
    /// Entries after the full tiles, and their leaf hashes.
    pub(super) tail: Vec<Vec<u8>>,
    pub(super) tail_leaves: Vec<Digest>,
    /// Bytes of the tail file understood so far: a whole number of groups.
    pub(super) tail_end: u64,
    /// The tree over all entries.
    pub(super) frontier: Frontier,
    /// Where the payloads end that the entries need.
    pub(super) position: PayloadPosition,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    tiles: TileCache,
    payloads: PayloadIndex,
}

impl Log {
    /// Opens the log in `evidence` (`CASE/evidence`).
    ///
    /// Costs one read of the tail, which holds at most some hundreds of entries.
    pub fn open(evidence: &Path) -> Result<Log> {
        let folder = evidence.join("log");
        let (head, tail_end, _) = read_tail(&folder, None)?;
        let (frontier, position) = (head.frontier.clone(), head.position);
        let mut log = Log {
            folder,
            payload_folder: evidence.join("payloads"),
            head,
            tail: Vec::new(),
            tail_leaves: Vec::new(),
            tail_end,
            frontier,
            position,
            cache: Mutex::default(),
        };
        log.refresh()?;
        Ok(log)
    }

    /// Takes in what others appended since. Returns the new size.
    pub fn refresh(&mut self) -> Result<u64> {
        let (head, end, rest) = read_tail(&self.folder, Some((&self.head, self.tail_end)))?;
        let size_before = self.size();
        if head != self.head || end != self.tail_end {
            self.frontier = head.frontier.clone();
            self.position = head.position;
            self.tail.clear();
            self.tail_leaves.clear();
            self.tail_end = end;
            self.head = head;
        }
        let mut rest = &rest[..];
        while let Some((group, length)) = Group::decode(rest) {
            rest = &rest[length..];
            self.take_group(group, length);
        }
        if self.size() < size_before {
            return Err(EvidenceError::damaged("log/tail", "the log is shorter than it was"));
        }
        Ok(self.size())
    }

    pub(super) fn take_group(&mut self, group: Group, length: usize) {
        for entry in group.entries {
            let leaf = merkle::leaf_hash(&entry);
            self.frontier.push(leaf);
            self.tail_leaves.push(leaf);
            self.tail.push(entry);
        }
        self.position = group.position;
        self.tail_end += length as u64;
    }

    /// The case this log belongs to.
    pub fn case(&self) -> CaseId {
        self.head.case
    }

    /// Entries in the log.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all entries.
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// Entries before the tail: those in full tiles.
    pub(super) fn base(&self) -> u64 {
        self.head.frontier.size()
    }

    /// Entry `index`, which must be below [`Log::size`].
    pub fn entry(&self, index: u64) -> Result<Entry> {
        Entry::parse(index, self.entry_bytes(index)?)
    }

    /// The bytes of entry `index`: what its leaf hashes.
    pub fn entry_bytes(&self, index: u64) -> Result<Vec<u8>> {
        let missing = || EvidenceError::Missing { object: format!("log entry {index}") };
        if index >= self.base() {
            return self.tail.get((index - self.base()) as usize).cloned().ok_or_else(missing);
        }
        let mut cache = self.cache();
        let entries = cache.tiles.entries(&self.folder, index / TILE_WIDTH)?;
        Ok(entries[(index % TILE_WIDTH) as usize].clone())
    }

    /// The entries of `range`, in order; what lies beyond the log is left out.
    pub fn entries(&self, range: Range<u64>) -> Entries<'_> {
        Entries { log: self, next: range.start, end: range.end.min(self.size()) }
    }

    /// The payload with this digest. `None` where the case has none, or it was erased.
    pub fn payload(&self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        self.cache().payloads.get(&self.payload_folder, self.position, digest)
    }

    /// The payload of `entry`, read as `T`.
    pub fn payload_of<T: serde::de::DeserializeOwned>(&self, entry: &Entry) -> Result<T> {
        let bytes = self.payload(&entry.payload)?.ok_or_else(|| EvidenceError::Missing {
            object: format!("the payload of log entry {}", entry.index),
        })?;
        crate::payload::decode(&bytes)
    }

    /// The root over the first `size` entries.
    pub fn root_at(&self, size: u64) -> Result<Digest> {
        self.check_size(size)?;
        if size == self.size() {
            return Ok(self.root());
        }
        self.with_subtrees(|subtrees| merkle::root_at(size, subtrees))
    }

    /// The proof that entry `index` stands in the log of `size` entries.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>> {
        self.check_size(size)?;
        if index >= size {
            return Err(EvidenceError::Missing { object: format!("log entry {index}") });
        }
        self.with_subtrees(|subtrees| merkle::inclusion(index, size, subtrees))
    }

    /// The proof that the log of `new` entries extends that of `old`.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>> {
        self.check_size(new)?;
        self.check_size(old)?;
        if old > new {
            return Err(EvidenceError::format("log sizes", "the old one is the larger"));
        }
        self.with_subtrees(|subtrees| merkle::consistency(old, new, subtrees))
    }

    /// The latest signed checkpoint, signatures not verified.
    pub fn latest_checkpoint(&self) -> Result<Option<Checkpoint>> {
        match std::fs::read_to_string(self.folder.join("checkpoint")) {
            Ok(note) => Checkpoint::parse(&note)
                .map(Some)
                .map_err(|_| EvidenceError::damaged("log/checkpoint", "it does not read")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Err(EvidenceError::damaged("log/checkpoint", "it does not read"))
            }
            Err(error) => io_at("read a checkpoint", Err(error)),
        }
    }

    fn check_size(&self, size: u64) -> Result<()> {
        if size > self.size() {
            return Err(EvidenceError::Missing { object: format!("a log of {size} entries") });
        }
        Ok(())
    }

    pub(super) fn with_subtrees<T>(
        &self,
        make: impl FnOnce(&mut merkle::Subtrees<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut cache = self.cache();
        let (base, tail) = (self.base(), &self.tail_leaves);
        make(&mut |height, index| cache.tiles.subtree(&self.folder, base, tail, height, index))
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // A poisoned cache is only a cache: whatever is in it was read whole.
        self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Reads the tail's head, and what follows `known.1` where the head is the known one, else all
/// that follows the head. Returns the head, where the rest starts, and the rest.
fn read_tail(folder: &Path, known: Option<(&TailHead, u64)>) -> Result<(TailHead, u64, Vec<u8>)> {
    /// Magic, case, size, position, count, 64 roots, check.
    const HEAD_BYTES_MAX: u64 = 16 + 16 + 8 + 12 + 1 + 64 * 32 + 32;
    let mut file = io_at("open the log's tail", File::open(folder.join("tail")))?;
    let mut start = Vec::new();
    io_at("read the log's tail", (&mut file).take(HEAD_BYTES_MAX).read_to_end(&mut start))?;
    let (head, head_end) = TailHead::decode(&start)?;
    let length = io_at("measure the log's tail", file.metadata())?.len();
    let from = match known {
        Some((known, end)) if *known == head && end <= length => end,
        _ => head_end as u64,
    };
    let mut rest = Vec::new();
    io_at("read the log's tail", file.seek(SeekFrom::Start(from)))?;
    io_at("read the log's tail", file.read_to_end(&mut rest))?;
    Ok((head, from, rest))
}

/// Entries in order. Made by [`Log::entries`].
#[derive(Debug)]
pub struct Entries<'a> {
    log: &'a Log,
    next: u64,
    end: u64,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        if self.next >= self.end {
            return None;
        }
        self.next += 1;
        Some(self.log.entry(self.next - 1))
    }
}
