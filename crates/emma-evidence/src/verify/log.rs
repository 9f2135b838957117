//! The log: entries, tiles, signatures, checkpoints.

use super::Verified;
use super::payloads::Payloads;
use super::tiles::{self, read_tile};
use crate::error::{Result, io_at};
use crate::key::{CaseId, VerifierKey};
use crate::log::tiles::{TILE_WIDTH, decode_entries, decode_hashes, tile_name};
use crate::log::{Checkpoint, Entry, EntrySignature, TailFile};
use crate::merkle::{self, Frontier};
use crate::note::Note;
use crate::payload::{self, kind};
use emma_model::Digest;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

/// What the log states about other objects.
#[derive(Debug, Default)]
pub(super) struct Stated {
    /// Sealed files by digest, with their length.
    pub exhibits: BTreeMap<Digest, u64>,
    /// Receipt lines by reading; the last statement counts.
    pub readings: BTreeMap<String, payload::ReceiptLine>,
    /// Files of all snapshots by path, and whether the latest lists them.
    pub files: BTreeMap<String, (payload::SnapshotFile, bool)>,
    snapshot: Option<u64>,
}

/// The log while it is walked.
struct Walk<'a> {
    payloads: &'a Payloads,
    out: &'a mut Verified,
    case: Option<CaseId>,
    log_key: Option<VerifierKey>,
    /// Actors' keys that an entry has made known.
    actors: Vec<VerifierKey>,
    /// Entries signed by a key that was not known yet, as the first one is.
    deferred: Vec<Entry>,
    frontier: Frontier,
    leaves: Vec<Digest>,
    /// Root at every size from 0 on.
    roots: Vec<Digest>,
    /// Index and first signer of every entry.
    signers: Vec<String>,
    stated: Stated,
}

/// Checks the log and returns what it states.
pub(super) fn check(
    evidence: &Path,
    tail: Result<TailFile>,
    log_key: Option<&VerifierKey>,
    older: Option<&Checkpoint>,
    payloads: &Payloads,
    out: &mut Verified,
) -> Result<Stated> {
    let folder = evidence.join("log");
    let mut walk = Walk {
        payloads,
        out,
        case: None,
        log_key: log_key.cloned(),
        actors: Vec::new(),
        deferred: Vec::new(),
        frontier: Frontier::default(),
        leaves: Vec::new(),
        roots: vec![Digest::of(b"")],
        signers: Vec::new(),
        stated: Stated::default(),
    };
    let base = tail.as_ref().map_or(0, |tail| tail.frontier.size());
    walk.entries(&folder, tail)?;
    for entry in std::mem::take(&mut walk.deferred) {
        walk.signatures(&entry);
    }
    tiles::check(&folder, base, &walk.leaves, walk.out)?;
    walk.checkpoint(&folder)?;
    if let Some(older) = older {
        walk.older(older);
    }
    walk.out.entries = walk.leaves.len() as u64;
    Ok(walk.stated)
}

impl Walk<'_> {
    /// Every entry: those in full tiles, then those in the tail.
    fn entries(&mut self, folder: &Path, tail: Result<TailFile>) -> Result<()> {
        let tail = tail.map_err(|error| self.out.find("log/tail", error.to_string())).ok();
        self.case = tail.as_ref().map(|tail| tail.case);
        let full = tail.as_ref().map(|tail| tail.frontier.size() / TILE_WIDTH);
        for n in 0..full.unwrap_or(u64::MAX) {
            match read_tile(folder, None, n, TILE_WIDTH)? {
                Some(bytes) => match decode_entries(&bytes, TILE_WIDTH) {
                    Some(entries) => self.tile_entries(folder, n, entries)?,
                    None => {
                        self.out.find(tile_name(None, n, TILE_WIDTH), "it has not 256 entries");
                        return Ok(());
                    }
                },
                None if full.is_none() => break,
                None => {
                    self.out.find(tile_name(None, n, TILE_WIDTH), "it is not there");
                    return Ok(());
                }
            }
        }
        let Some(tail) = tail else { return Ok(()) };
        if tail.frontier != self.frontier {
            self.out.find("log/tail", "its head is not of the entries before it");
        }
        tail.entries.into_iter().for_each(|entry| self.entry(entry, None));
        if tail.rest > 0 {
            let what = format!(
                "its last {} bytes are no whole group: left by a crash, or damaged",
                tail.rest
            );
            self.out.find("log/tail", what);
        }
        Ok(())
    }

    fn tile_entries(&mut self, folder: &Path, n: u64, entries: Vec<Vec<u8>>) -> Result<()> {
        let stored = read_tile(folder, Some(0), n, TILE_WIDTH)?
            .and_then(|bytes| decode_hashes(&bytes, TILE_WIDTH));
        for (i, entry) in entries.into_iter().enumerate() {
            self.entry(entry, stored.as_ref().map(|stored| stored[i]));
        }
        Ok(())
    }

    /// Takes in the next entry. Where its hash is not the stored one, either may be damaged: an
    /// entry whose signature holds is taken as whole, else the hash is, so that one damaged
    /// object does not make all that follow look damaged.
    fn entry(&mut self, bytes: Vec<u8>, stored: Option<Digest>) {
        let index = self.leaves.len() as u64;
        let mut leaf = merkle::leaf_hash(&bytes);
        let parsed = Entry::parse(index, bytes);
        let differing = stored.filter(|stored| *stored != leaf);
        match (parsed, differing) {
            (Err(_), Some(stored)) => {
                leaf = stored;
                self.damaged(index);
            }
            (Ok(entry), Some(stored)) if !self.holds(&entry) => {
                leaf = stored;
                self.damaged(index);
            }
            (Err(error), None) => {
                self.find(index, error.to_string());
                self.signers.push(String::new());
            }
            (Ok(entry), _) => self.parsed(&entry),
        }
        self.frontier.push(leaf);
        self.leaves.push(leaf);
        self.roots.push(self.frontier.root());
    }

    fn damaged(&mut self, index: u64) {
        self.find(index, "it is not the entry of its hash");
        self.signers.push(String::new());
    }

    /// True where every signature is of a known key and holds.
    fn holds(&self, entry: &Entry) -> bool {
        entry.signers.iter().all(|signer| {
            self.key(&signer.name, signer.key_id)
                .is_some_and(|key| entry.signed_by(key) == Some(true))
        })
    }

    fn parsed(&mut self, entry: &Entry) {
        let index = entry.index;
        self.signers.push(entry.signers.first().map(|s| s.name.clone()).unwrap_or_default());
        if *self.case.get_or_insert(entry.case) != entry.case {
            self.find(index, "it was written for another case");
        }
        let seen = usize::try_from(entry.seen_size).ok().and_then(|size| self.roots.get(size));
        if seen != Some(&entry.seen_root) {
            self.find(index, "what its signer had seen is not this log");
        }
        match self.payloads.get(&entry.payload) {
            Some(payload) => {
                let stated = self.payload(entry, payload);
                if let Err(what) = stated {
                    self.find(index, what);
                }
            }
            None => self.find(index, "its payload is not there"),
        }
        // After the payload: an entry may make its own signer's key known.
        let unknown = |signer: &EntrySignature| self.key(&signer.name, signer.key_id).is_none();
        if entry.signers.iter().any(unknown) {
            self.deferred.push(entry.clone());
        } else {
            self.signatures(entry);
        }
    }

    /// The known key of this name and id.
    fn key(&self, name: &str, id: [u8; 4]) -> Option<&VerifierKey> {
        let mut known = self.log_key.iter().chain(&self.actors);
        known.find(|key| key.name() == name && key.id() == id)
    }

    fn signatures(&mut self, entry: &Entry) {
        let index = entry.index;
        let Ok(note) = Note::parse(&entry.bytes) else {
            return;
        };
        let mut by_actor = false;
        let mut by_log = false;
        for signature in &note.signatures {
            let key = self.key(&signature.name, signature.key_id);
            let is_log = key.is_some() && key == self.log_key.as_ref();
            let what = match key.map(|key| note.signed_by(key)) {
                None => Some("it is signed by a key that no entry makes known"),
                Some(Some(true)) => None,
                Some(_) => Some("a signature does not hold"),
            };
            by_log |= is_log && what.is_none();
            by_actor |= !is_log && what.is_none();
            if let Some(what) = what {
                self.find(index, what);
            }
        }
        if !by_actor {
            self.find(index, "no actor signed it");
        }
        if !by_log && [kind::GENESIS, kind::AUTHORITY].contains(&entry.kind.as_str()) {
            self.find(index, format!("{} is not signed by the log key", entry.kind));
        }
    }

    /// Takes in what a payload states about other objects.
    fn payload(&mut self, entry: &Entry, bytes: &[u8]) -> std::result::Result<(), &'static str> {
        const UNREADABLE: &str = "its payload is not the JSON of its kind";
        let payloads = self.payloads;
        fn read<T: serde::de::DeserializeOwned>(
            bytes: &[u8],
        ) -> std::result::Result<T, &'static str> {
            payload::decode(bytes).map_err(|_| UNREADABLE)
        }
        match entry.kind.as_str() {
            kind::GENESIS => self.genesis(entry.index, &read(bytes)?)?,
            kind::ACTOR => self.actor(&read::<payload::Actor>(bytes)?.key)?,
            kind::AUTHORITY => {
                for actor in read::<payload::Authority>(bytes)?.actors {
                    self.actor(&actor.key)?;
                }
            }
            kind::DELIVERY => {
                let delivery: payload::Delivery = read(bytes)?;
                for text in line_set(payloads, &delivery.lines, &delivery.lines_root)?.lines() {
                    let line: payload::DeliveryLine = read(text.as_bytes())?;
                    let digest = Digest::from_hex(&line.digest).ok_or(UNREADABLE)?;
                    self.stated.exhibits.insert(digest, line.bytes);
                }
            }
            kind::RECEIPT => {
                let receipt: payload::Receipt = read(bytes)?;
                for text in line_set(payloads, &receipt.lines, &receipt.lines_root)?.lines() {
                    let line: payload::ReceiptLine = read(text.as_bytes())?;
                    let digest = Digest::from_hex(&line.digest).ok_or(UNREADABLE)?;
                    self.stated.exhibits.insert(digest, line.bytes);
                    self.stated.readings.insert(line.reading.clone(), line);
                }
            }
            kind::SNAPSHOT => {
                let snapshot: payload::Snapshot = read(bytes)?;
                if self.stated.snapshot.is_some_and(|before| before >= snapshot.number) {
                    return Err("its snapshot number was used before");
                }
                let files = payloads.get_hex(&snapshot.files).ok_or("its files are not listed")?;
                self.stated.snapshot = Some(snapshot.number);
                for (_, latest) in self.stated.files.values_mut() {
                    *latest = false;
                }
                for file in read::<payload::SnapshotFiles>(files)?.files {
                    self.stated.files.insert(file.path.clone(), (file, true));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn genesis(
        &mut self,
        index: u64,
        genesis: &payload::Genesis,
    ) -> std::result::Result<(), &'static str> {
        let key: VerifierKey =
            genesis.log_key.parse().map_err(|_| "the log key it names does not read")?;
        if index != 0 {
            return Err("a case begins only once");
        }
        match &self.log_key {
            Some(given) if *given != key => {
                return Err("the log key it names is not the one given");
            }
            _ => self.log_key = Some(key),
        }
        Ok(())
    }

    fn actor(&mut self, key: &str) -> std::result::Result<(), &'static str> {
        let key: VerifierKey = key.parse().map_err(|_| "an actor's key does not read")?;
        if !key.is_actor() {
            return Err("an actor's key has another name than its own");
        }
        if !self.actors.contains(&key) {
            self.actors.push(key);
        }
        Ok(())
    }

    fn checkpoint(&mut self, folder: &Path) -> Result<()> {
        let bytes = match std::fs::read(folder.join("checkpoint")) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.out.find("log/checkpoint", "it is not there");
                return Ok(());
            }
            other => io_at("read a checkpoint", other)?,
        };
        let checkpoint =
            String::from_utf8(bytes).ok().and_then(|note| Checkpoint::parse(&note).ok());
        let Some(checkpoint) = checkpoint else {
            self.out.find("log/checkpoint", "it does not read");
            return Ok(());
        };
        if let Some(what) = self.checkpoint_differs(&checkpoint) {
            self.out.find("log/checkpoint", what);
        }
        self.out.entries_under_checkpoint = checkpoint.size;
        let after = usize::try_from(checkpoint.size).unwrap_or(usize::MAX);
        self.out.entries_after_checkpoint = self
            .signers
            .iter()
            .enumerate()
            .skip(after)
            .map(|(index, signer)| (index as u64, signer.clone()))
            .collect();
        Ok(())
    }

    fn older(&mut self, older: &Checkpoint) {
        if let Some(what) = self.checkpoint_differs(older) {
            self.out.find("log", format!("against the checkpoint given: {what}"));
        }
    }

    fn checkpoint_differs(&self, checkpoint: &Checkpoint) -> Option<&'static str> {
        let Some(key) = &self.log_key else {
            return Some("no log key is known to check it by");
        };
        if !checkpoint.signed_by(key) {
            return Some("it is not signed by the log key");
        }
        let root = usize::try_from(checkpoint.size).ok().and_then(|size| self.roots.get(size));
        match root {
            None => Some("entries that it covers are gone"),
            Some(root) if *root != checkpoint.root => Some("entries that it covers were changed"),
            Some(_) => None,
        }
    }

    fn find(&mut self, index: u64, what: impl Into<String>) {
        self.out.find(format!("log entry {index}"), what);
    }
}

fn line_set(
    payloads: &Payloads,
    digest: &str,
    root: &str,
) -> std::result::Result<crate::LineSet, &'static str> {
    let bytes = payloads.get_hex(digest).ok_or("its lines are not there")?;
    let lines = crate::LineSet::from_payload(bytes).map_err(|_| "its lines do not read")?;
    if lines.root().hex() != root {
        return Err("its lines are not those of its root");
    }
    Ok(lines)
}
