//! Appending to the log, cutting tiles, signing checkpoints: everything that holds the lock.

use super::entry::{Checkpoint, EntryText};
use super::payloads::{self, PayloadPosition};
use super::read::Log;
use super::tail::{Group, TailHead};
use super::tiles::{TILE_WIDTH, encode_entries, encode_hashes, tile_path};
use crate::Random;
use crate::error::{EvidenceError, Result, io_at};
use crate::key::{CaseId, Signer};
use crate::merkle::Frontier;
use crate::payload::Payload;
use emma_model::Digest;
use emma_store::{
    AppendFile, NewFile, create_dir_durable, lock, remove_durable, sync_path, write_new,
    write_replace,
};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The tail is cut into tiles before an append once it holds this many entries, so that opening
/// the log stays cheap however large it is.
const TAIL_ENTRIES_MAX: usize = 1024;

/// An entry to be appended.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    /// Its kind ([`crate::payload::kind`]).
    pub kind: &'a str,
    /// What it commits to.
    pub payload: Payload,
    /// Further payload objects that the payload names by digest (line sets, file lists).
    pub attachments: Vec<Payload>,
}

impl<'a> NewEntry<'a> {
    /// An entry without attachments.
    pub fn new(kind: &'a str, payload: Payload) -> NewEntry<'a> {
        NewEntry { kind, payload, attachments: Vec::new() }
    }
}

/// What an append did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    /// The number of the first entry; the others follow it.
    pub first_index: u64,
    /// Entries in the log now.
    pub size: u64,
    /// What a crash had left at the end of the tail, where it had.
    pub torn_tail: Option<TornTail>,
}

/// Bytes at the end of the tail that were no whole group. They are kept in `log/torn`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TornTail {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, which names the file that keeps them.
    pub digest: Digest,
}

impl Log {
    /// Creates an empty log in `evidence` (`CASE/evidence`).
    pub fn create(evidence: &Path, case: CaseId) -> Result<Log> {
        let folder = evidence.join("log");
        create_dir_durable(&folder)?;
        create_dir_durable(&evidence.join("payloads"))?;
        let _lock = lock::acquire(&folder.join("lock"))?;
        let tail = folder.join("tail");
        if tail.exists() {
            return Err(EvidenceError::format("a new case", "it has a log already"));
        }
        let position = PayloadPosition { segment: 0, end: 0 };
        let head = TailHead { case, frontier: Frontier::default(), position };
        write_new(&tail, &head.encode())?;
        Log::open(evidence)
    }

    /// Appends `entries` as one group: all of them are in the log, durably, or none is.
    ///
    /// Each is signed by `actor`, and by `log_key` where given. Waits for other appenders. Costs
    /// two waits for the disk. On an error nothing was appended: it is safe to try again.
    pub fn append(
        &mut self,
        entries: &[NewEntry<'_>],
        actor: &Signer,
        log_key: Option<&Signer>,
        random: &mut Random<'_>,
    ) -> Result<Appended> {
        let _lock = lock::acquire(&self.folder.join("lock"))?;
        self.refresh()?;
        let torn_tail = self.set_torn_aside()?;
        if self.tail.len() >= TAIL_ENTRIES_MAX {
            self.cut()?;
        }
        let first_index = self.size();
        if entries.is_empty() {
            return Ok(Appended { first_index, size: first_index, torn_tail });
        }
        let signers: Vec<&Signer> = std::iter::once(actor).chain(log_key).collect();
        let (seen_size, seen_root) = (self.size(), self.root());
        let mut notes = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut id = [0; 16];
            random(&mut id);
            let payload = entry.payload.digest();
            let (case, kind) = (self.case(), entry.kind);
            let text = EntryText { case, id, kind, payload, seen_size, seen_root };
            notes.push(text.sign(&signers)?);
        }
        let position = payloads::append(
            &self.payload_folder,
            &self.folder.join("torn"),
            self.position,
            &mut entries.iter().flat_map(|e| e.attachments.iter().chain([&e.payload])),
        )?;
        self.write_group(Group { position, entries: notes })?;
        Ok(Appended { first_index, size: self.size(), torn_tail })
    }

    fn write_group(&mut self, group: Group) -> Result<()> {
        let bytes = group.encode()?;
        let mut file = AppendFile::open(&self.folder.join("tail"))?;
        debug_assert_eq!(file.length(), self.tail_end);
        let start = file.length();
        if let Err(error) = file.append(&bytes).and_then(|_| file.sync()) {
            // What was written may be whole: without this the caller's retry would double it.
            let _ = file.truncate(start);
            return Err(error.into());
        }
        self.take_group(group, bytes.len());
        Ok(())
    }

    /// Sets aside what follows the last whole group.
    ///
    /// Only the end of the file can be torn: where a whole group follows, or a checkpoint covers
    /// more entries than there are, it is damage and nothing is touched.
    fn set_torn_aside(&mut self) -> Result<Option<TornTail>> {
        let mut file = AppendFile::open(&self.folder.join("tail"))?;
        if self.latest_checkpoint()?.is_some_and(|checkpoint| checkpoint.size > self.size()) {
            return Err(EvidenceError::damaged("log/tail", "entries under a checkpoint are gone"));
        }
        let bytes = file.length() - self.tail_end;
        if bytes == 0 {
            return Ok(None);
        }
        let torn = file.read_at(self.tail_end, bytes as usize)?;
        if Group::any_in(&torn) {
            return Err(EvidenceError::damaged("log/tail", "a group within it does not read"));
        }
        let digest = payloads::set_aside(&self.folder.join("torn"), &torn)?;
        file.truncate(self.tail_end)?;
        Ok(Some(TornTail { bytes, digest }))
    }

    /// Moves full tiles out of the tail. The caller holds the lock.
    ///
    /// Tiles first, the shorter tail second: a crash between leaves tiles that are written again.
    fn cut(&mut self) -> Result<()> {
        let count = self.tail.len() - self.tail.len() % TILE_WIDTH as usize;
        if count == 0 {
            return Ok(());
        }
        let mut written = Unsynced::default();
        let mut frontier = self.head.frontier.clone();
        let tiles = self.tail[..count].chunks(TILE_WIDTH as usize);
        let hashes = self.tail_leaves[..count].chunks(TILE_WIDTH as usize);
        for (entries, hashes) in tiles.zip(hashes) {
            let n = frontier.size() / TILE_WIDTH;
            let entries = encode_entries(entries.iter().map(Vec::as_slice));
            written.write(&self.folder, None, n, TILE_WIDTH, &entries)?;
            written.write(&self.folder, Some(0), n, TILE_WIDTH, &encode_hashes(hashes))?;
            let mut complete = Vec::new();
            let size = frontier.size() + TILE_WIDTH;
            for leaf in hashes {
                frontier.push_tracked(*leaf, |height, _| {
                    if height % 8 == 0 && height >= 16 {
                        complete.push(height / 8 - 1);
                    }
                });
            }
            for level in complete {
                let n = (size >> (8 * (level + 1))) - 1;
                let hashes = self.level_hashes(level, n * TILE_WIDTH, TILE_WIDTH)?;
                let bytes = encode_hashes(&hashes);
                written.write(&self.folder, Some(level), n, TILE_WIDTH, &bytes)?;
            }
        }
        written.sync()?;
        let first = self.base() / TILE_WIDTH;
        let last = frontier.size() / TILE_WIDTH;
        self.rebase(frontier, count)?;
        for n in first..last {
            for level in [None, Some(0)] {
                remove_partials(&self.folder, level, n)?;
            }
        }
        Ok(())
    }

    /// Replaces the tail by one without its first `count` entries.
    fn rebase(&mut self, frontier: Frontier, count: usize) -> Result<()> {
        let head = TailHead { case: self.case(), frontier, position: self.position };
        let mut bytes = head.encode();
        let entries = self.tail[count..].to_vec();
        if !entries.is_empty() {
            bytes.extend_from_slice(&Group { position: self.position, entries }.encode()?);
        }
        write_replace(&self.folder.join("tail"), &bytes)?;
        self.tail.drain(..count);
        self.tail_leaves.drain(..count);
        self.tail_end = bytes.len() as u64;
        self.head = head;
        Ok(())
    }

    /// `count` hashes of tile level `level`, from `from` on.
    fn level_hashes(&self, level: u32, from: u64, count: u64) -> Result<Vec<Digest>> {
        self.with_subtrees(|subtrees| {
            (from..from + count).map(|index| subtrees(8 * level, index)).collect()
        })
    }

    /// Cuts tiles, writes the partial ones, and signs and stores a checkpoint over all entries.
    pub fn checkpoint(&mut self, log_key: &Signer) -> Result<Checkpoint> {
        let origin = self.case().origin();
        if log_key.name() != origin {
            return Err(EvidenceError::format("the log key", "it is another case's"));
        }
        let _lock = lock::acquire(&self.folder.join("lock"))?;
        self.refresh()?;
        self.set_torn_aside()?;
        self.cut()?;
        let mut written = Unsynced::default();
        let rest = self.size() % TILE_WIDTH;
        if rest > 0 {
            let bytes = encode_entries(self.tail.iter().map(Vec::as_slice));
            written.write(&self.folder, None, self.size() / TILE_WIDTH, rest, &bytes)?;
        }
        let (mut level, mut hashes) = (0, self.size());
        while hashes > 0 {
            let (n, width) = (hashes / TILE_WIDTH, hashes % TILE_WIDTH);
            if width > 0 {
                let bytes = encode_hashes(&self.level_hashes(level, n * TILE_WIDTH, width)?);
                written.write(&self.folder, Some(level), n, width, &bytes)?;
            }
            level += 1;
            hashes /= TILE_WIDTH;
        }
        written.sync()?;
        let checkpoint = Checkpoint::sign(&origin, self.size(), self.root(), log_key);
        write_replace(&self.folder.join("checkpoint"), checkpoint.note.as_bytes())?;
        Ok(checkpoint)
    }
}

/// Tiles whose durability is waited for together.
#[derive(Default)]
struct Unsynced {
    files: Vec<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl Unsynced {
    fn write(
        &mut self,
        log: &Path,
        level: Option<u32>,
        n: u64,
        width: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let path = log.join(tile_path(level, n, width));
        let folder = path.parent().expect("a tile lies in a folder").to_owned();
        create_dir_durable(&folder)?;
        let mut file = NewFile::create_in(&folder)?;
        io_at("write a tile", file.write_all(bytes))?;
        file.commit_unsynced(&path)?;
        self.files.push(path);
        self.folders.insert(folder);
        Ok(())
    }

    fn sync(self) -> Result<()> {
        for path in self.files.iter().chain(&self.folders) {
            sync_path(path)?;
        }
        Ok(())
    }
}

/// Removes the partial tiles that a full one replaces.
fn remove_partials(log: &Path, level: Option<u32>, n: u64) -> Result<()> {
    let partial = log.join(tile_path(level, n, 1));
    let folder = partial.parent().expect("a tile lies in a folder");
    if !folder.is_dir() {
        return Ok(());
    }
    for file in io_at("list a folder", std::fs::read_dir(folder))? {
        remove_durable(&io_at("list a folder", file)?.path())?;
    }
    Ok(())
}
