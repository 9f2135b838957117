//! Parsed records of one exhibit's reading, before they become rows.
//!
//! A draft lies in scratch: its layout is private to this program version and may change.
//!
//! 1. magic, head (exhibit, digest of its bytes, source);
//! 2. blocks: the bodies of up to 65,536 records, then their offsets (4 bytes each), then their
//!    keys (25 bytes each);
//! 3. footer: blocks, members with what read them, names; its length; magic again.
//!
//! A body is member index, place, line, anomalies, a word of flags, then the values that the
//! flags announce. [`DraftWriter`] holds the offsets and keys of one block; [`DraftFile`] maps the
//! file and borrows from it. Keys stand by themselves, so that joining reads them in one sweep
//! and nobody needs to hold them.

mod read;
mod write;

pub use read::DraftFile;
pub use write::DraftWriter;

use crate::table::FileRole;
use emma_model::digest::Digest;
use emma_model::id::{put_locator, put_network_id};
use emma_model::{ExhibitId, MemberPath, Micros, Place, Record, RecordId};

const ROLE: FileRole = FileRole::Draft;
const MAGIC: &[u8; 16] = b"emma draft one\n\0";

/// What all records of a draft share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftHead {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// The source it came from.
    pub source: String,
    /// SHA-256 of its bytes.
    pub bytes: Digest,
}

/// What reconciling needs of a record, without its values. Sorts by identity, then draft order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct KeyEntry {
    /// Who it is a copy of: the first 16 bytes of SHA-256 over its network id's canonical bytes;
    /// without one, over (digest of the exhibit's bytes, member, place).
    pub identity: [u8; 16],
    /// Lower time bound; [`KeyEntry::UNDATED`] where there is none.
    pub sort: Micros,
    /// Its number in the draft, from 0.
    pub ordinal: u32,
    /// True where it has a network id: a record anywhere may then have the same identity.
    pub named: bool,
}

impl KeyEntry {
    /// Stands for "no time"; no parser yields it as one.
    pub const UNDATED: Micros = Micros::MIN;

    /// The lower time bound.
    pub fn time(&self) -> Option<Micros> {
        (self.sort != KeyEntry::UNDATED).then_some(self.sort)
    }
}

/// One parsed record as a draft holds it. Borrowed from the mapped file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft<'a> {
    /// What all records share.
    pub head: &'a DraftHead,
    /// The way into the exhibit's containers.
    pub member: &'a MemberPath,
    /// What read the member (`irc/1`); empty where its end was never reported.
    pub parser: &'a str,
    /// Where in the member.
    pub place: Place,
    /// The line it starts on, from 0.
    pub line: u64,
    /// Anomalies it has; more than 65,535 count as that.
    pub anomalies: u16,
    /// The values.
    pub record: Record<'a>,
}

impl Draft<'_> {
    /// The record's id.
    pub fn id(&self) -> RecordId {
        RecordId::Sealed {
            exhibit: self.head.exhibit,
            member: self.member.clone(),
            place: self.place.clone(),
        }
    }

    /// The key that [`DraftWriter::push`] returned for record `ordinal`.
    pub fn key(&self, ordinal: u32) -> KeyEntry {
        key_entry(self.head, self.member, &self.place, &self.record, ordinal, &mut Vec::new())
    }
}

/// The identity under which a network id is known: see [`KeyEntry::identity`].
pub fn network_identity(network: &str, within: Option<&str>, id: &str) -> [u8; 16] {
    let mut bytes = Vec::with_capacity(16 + network.len() + id.len());
    put_network_id(&mut bytes, network, within, id);
    half(&bytes)
}

fn half(bytes: &[u8]) -> [u8; 16] {
    Digest::of(bytes).0[..16].try_into().expect("16 of 32 bytes")
}

fn key_entry(
    head: &DraftHead,
    member: &MemberPath,
    place: &Place,
    record: &Record<'_>,
    ordinal: u32,
    bytes: &mut Vec<u8>,
) -> KeyEntry {
    bytes.clear();
    match &record.id {
        Some(id) => {
            let within = record.conversation.as_deref().filter(|_| record.id_per_conversation);
            put_network_id(bytes, &record.network, within, id);
        }
        None => {
            bytes.extend_from_slice(b"emma/place/v1\0");
            bytes.extend_from_slice(&head.bytes.0);
            put_locator(bytes, member, place);
        }
    }
    let identity = half(bytes);
    let sort = record.time.as_ref().map_or(KeyEntry::UNDATED, |time| time.lo);
    KeyEntry { identity, sort, ordinal, named: record.id.is_some() }
}

/// Flags of a body: which values follow.
mod flag {
    pub const ID: u32 = 1;
    pub const PER_CONVERSATION: u32 = 1 << 1;
    pub const FROM: u32 = 1 << 2;
    pub const CONVERSATION: u32 = 1 << 3;
    pub const TEXT: u32 = 1 << 4;
    pub const TIME: u32 = 1 << 5;
    pub const TIME_RAW: u32 = 1 << 6;
    pub const INFERRED: u32 = 1 << 7;
    pub const TERRITORY: u32 = 1 << 8;
    pub const REPLY: u32 = 1 << 9;
    pub const LINK: u32 = 1 << 10;
    pub const ROW: u32 = 1 << 11;
    pub const TO: u32 = 1 << 12;
    pub const EXTRA: u32 = 1 << 13;
    pub const BORROWED: u32 = 1 << 14;
}
/// Consecutive records of one member.
#[derive(Clone, Copy)]
struct Run {
    member: usize,
    first: u32,
}

/// Bytes of a key on disk: identity, sort time, whether it is named.
const KEY_BYTES: usize = 25;

struct Block {
    first: u32,
    start: u64,
    offsets: u64,
    count: u32,
}

impl Block {
    /// Where its keys start; they follow the offsets.
    fn keys(&self) -> u64 {
        self.offsets + u64::from(self.count) * 4
    }

    fn end(&self) -> u64 {
        self.keys() + u64::from(self.count) * KEY_BYTES as u64
    }
}
