//! The texts of the log: entries and checkpoints. Both are signed notes.

use crate::error::{EvidenceError, Result};
use crate::key::{CaseId, Signer, VerifierKey, from_hex};
use crate::merkle;
use crate::note::{self, Note};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use emma_model::Digest;
use emma_model::digest::hex;

/// The first line of an entry.
const ENTRY_MAGIC: &str = "emma/entry/v1";

/// The longest kind, in bytes.
const KIND_BYTES_MAX: usize = 64;

/// Who signed an entry, by key name and id. Not verified by itself: see [`Entry::signed_by`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntrySignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub key_id: [u8; 4],
}

/// One entry, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number in the log, from 0.
    pub index: u64,
    /// The whole signed note: what the leaf hashes.
    pub bytes: Vec<u8>,
    /// The case it was written for.
    pub case: CaseId,
    /// Its own random id.
    pub id: [u8; 16],
    /// Its kind, dotted lower case ([`crate::payload::kind`]).
    pub kind: String,
    /// The digest of its payload.
    pub payload: Digest,
    /// The size of the log its signer had seen.
    pub seen_size: u64,
    /// The root of the log its signer had seen.
    pub seen_root: Digest,
    /// Who signed, in order.
    pub signers: Vec<EntrySignature>,
}

/// The parts of an entry's text.
pub(super) struct EntryText<'a> {
    pub case: CaseId,
    pub id: [u8; 16],
    pub kind: &'a str,
    pub payload: Digest,
    pub seen_size: u64,
    pub seen_root: Digest,
}

impl EntryText<'_> {
    /// Signs the text and returns the note.
    pub(super) fn sign(&self, signers: &[&Signer]) -> Result<Vec<u8>> {
        if !is_kind(self.kind) {
            return Err(EvidenceError::format("an entry's kind", "expected dotted lower case"));
        }
        let text = format!(
            "{ENTRY_MAGIC}\ncase {}\nid {}\nkind {}\npayload {}\nseen {} {}\n",
            self.case,
            hex(&self.id),
            self.kind,
            self.payload.hex(),
            self.seen_size,
            BASE64.encode(self.seen_root.0),
        );
        Ok(note::sign(&text, signers).into_bytes())
    }
}

fn is_kind(kind: &str) -> bool {
    !kind.is_empty()
        && kind.len() <= KIND_BYTES_MAX
        && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

impl Entry {
    /// Takes entry `index` apart. Signatures are not verified.
    pub fn parse(index: u64, bytes: Vec<u8>) -> Result<Entry> {
        let wrong = |what| EvidenceError::format("a log entry", what);
        let note = Note::parse(&bytes)?;
        let lines: Vec<&str> = note.text.split('\n').collect();
        let [ENTRY_MAGIC, case, id, kind, payload, seen, ""] = lines[..] else {
            return Err(wrong("its lines are not those of version 1"));
        };
        let field = |line: &'_ str, name: &str| -> Result<String> {
            line.strip_prefix(name)
                .and_then(|rest| rest.strip_prefix(' '))
                .map(str::to_owned)
                .ok_or(wrong("a line has another name"))
        };
        let kind = field(kind, "kind")?;
        if !is_kind(&kind) {
            return Err(wrong("its kind is malformed"));
        }
        let seen = field(seen, "seen")?;
        let (size, root) = seen.split_once(' ').ok_or(wrong("what it saw is malformed"))?;
        let entry = Entry {
            index,
            case: field(case, "case")?.parse()?,
            id: from_hex(&field(id, "id")?).ok_or(wrong("its id is malformed"))?,
            kind,
            payload: Digest(
                from_hex(&field(payload, "payload")?).ok_or(wrong("a digest is malformed"))?,
            ),
            seen_size: decimal(size).ok_or(wrong("a size is malformed"))?,
            seen_root: root_text(root).ok_or(wrong("a root is malformed"))?,
            signers: note
                .signatures
                .iter()
                .map(|s| EntrySignature { name: s.name.clone(), key_id: s.key_id })
                .collect(),
            bytes: Vec::new(),
        };
        Ok(Entry { bytes, ..entry })
    }

    /// The entry's leaf hash.
    pub fn leaf(&self) -> Digest {
        merkle::leaf_hash(&self.bytes)
    }

    /// Whether `key` signed: `None` where no signature names it, `Some(false)` where one does
    /// and does not hold.
    pub fn signed_by(&self, key: &VerifierKey) -> Option<bool> {
        Note::parse(&self.bytes).ok()?.signed_by(key)
    }
}

/// A signed statement of the log's size and root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The log's origin, which is the name of its key.
    pub origin: String,
    /// Entries covered.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// The whole signed note.
    pub note: String,
}

impl Checkpoint {
    /// Signs a checkpoint.
    pub fn sign(origin: &str, size: u64, root: Digest, log_key: &Signer) -> Checkpoint {
        let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root.0));
        let note = note::sign(&text, &[log_key]);
        Checkpoint { origin: origin.to_owned(), size, root, note }
    }

    /// Takes a checkpoint apart. Signatures are not verified.
    pub fn parse(note: &str) -> Result<Checkpoint> {
        let wrong = |what| EvidenceError::format("a checkpoint", what);
        let parsed = Note::parse(note.as_bytes())?;
        let mut lines = parsed.text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(wrong("it has fewer than three lines"));
        };
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size: decimal(size).ok_or(wrong("its size is malformed"))?,
            root: root_text(root).ok_or(wrong("its root is malformed"))?,
            note: note.to_owned(),
        })
    }

    /// True where `key` is the key of this log and its signature holds.
    pub fn signed_by(&self, key: &VerifierKey) -> bool {
        key.name() == self.origin
            && Note::parse(self.note.as_bytes()).is_ok_and(|note| note.signed_by(key) == Some(true))
    }

    /// The names of those of `witnesses` whose signature holds.
    pub fn witnessed_by<'k>(&self, witnesses: &'k [VerifierKey]) -> Vec<&'k str> {
        let Ok(note) = Note::parse(self.note.as_bytes()) else {
            return Vec::new();
        };
        witnesses
            .iter()
            .filter(|key| key.name() != self.origin && note.signed_by(key) == Some(true))
            .map(VerifierKey::name)
            .collect()
    }
}

/// Decimal digits without sign, and without leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|b| b.is_ascii_digit())
        && !text.is_empty()
        && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok()).flatten()
}

fn root_text(text: &str) -> Option<Digest> {
    Some(Digest(BASE64.decode(text).ok()?.try_into().ok()?))
}
