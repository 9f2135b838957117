//! What the log's entries commit to: salted JSON objects.
//!
//! A payload's bytes are one JSON object whose first member is `"salt":"<32 hex digits>"`. The
//! log entry holds SHA-256 over all bytes, so that an erased payload cannot be guessed. Every
//! payload has `"v":1`; unknown members are ignored when reading.

use crate::Random;
use crate::error::{EvidenceError, Result};
use emma_model::Digest;
use emma_model::digest::hex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Largest payload, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 30;

/// Kinds of entries. A kind says which of the types below the payload is.
pub mod kind {
    /// The first entry: [`super::Genesis`], also signed by the log key.
    pub const GENESIS: &str = "case.genesis";
    /// An actor's public key becomes known: [`super::Actor`].
    pub const ACTOR: &str = "actor.added";
    /// A legal instrument: [`super::Authority`], also signed by the log key.
    pub const AUTHORITY: &str = "authority.added";
    /// Files were handed over and sealed: [`super::Delivery`].
    pub const DELIVERY: &str = "delivery.sealed";
    /// Exhibits were read: [`super::Receipt`].
    pub const RECEIPT: &str = "receipt.parsed";
    /// Somebody decided: [`super::Decision`].
    pub const DECISION: &str = "decision.made";
    /// A state of the derived data was published: [`super::Snapshot`].
    pub const SNAPSHOT: &str = "snapshot.published";
    /// Somebody read: [`super::Access`].
    pub const ACCESS: &str = "access.read";
    /// An export begins: [`super::Access`], without counts.
    pub const EXPORT_OPENED: &str = "access.export.opened";
    /// An export ended: [`super::Access`], with counts.
    pub const EXPORT_CLOSED: &str = "access.export.closed";
    /// Somebody noted something: [`super::Note`].
    pub const NOTE: &str = "note.added";
    /// A mapping's text: [`super::Mapping`].
    pub const MAPPING: &str = "mapping.added";
}

/// A sealed payload: bytes and digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payload {
    bytes: Vec<u8>,
    digest: Digest,
}

impl Payload {
    /// Writes `value`, which must serialise to a JSON object, behind a fresh salt.
    pub fn seal<T: Serialize + ?Sized>(value: &T, random: &mut Random<'_>) -> Payload {
        let body = serde_json::to_vec(value).expect("payload types serialise to JSON");
        assert!(body.starts_with(b"{"), "a payload is a JSON object");
        let mut salt = [0; 16];
        random(&mut salt);
        let mut bytes = Vec::with_capacity(body.len() + 48);
        bytes.extend_from_slice(b"{\"salt\":\"");
        bytes.extend_from_slice(hex(&salt).as_bytes());
        bytes.push(b'"');
        if body != b"{}" {
            bytes.push(b',');
        }
        bytes.extend_from_slice(&body[1..]);
        let digest = Digest::of(&bytes);
        Payload { bytes, digest }
    }

    /// The object's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 over the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// Reads a payload's bytes as `T`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|_| EvidenceError::format("a payload", "it is not the JSON of its kind"))
}

/// The version every payload type of this file carries as `v`.
pub const VERSION: u32 = 1;

/// The beginning of a case.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Genesis {
    /// 1.
    pub v: u32,
    /// The case id, 32 hexadecimal digits.
    pub case: String,
    /// `real` or `synthetic`, for ever.
    pub kind: String,
    /// When, in microseconds since 1970 UTC.
    pub created: i64,
    /// The log key's public half ([`crate::VerifierKey`] text).
    pub log_key: String,
    /// The case's name, as its founder gave it.
    pub name: String,
}

/// An actor and their public key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Actor {
    /// 1.
    pub v: u32,
    /// The name people know.
    pub name: String,
    /// The public key ([`crate::VerifierKey`] text).
    pub key: String,
}

/// A legal instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Authority {
    /// 1.
    pub v: u32,
    /// The instrument's id, read from the text.
    pub id: String,
    /// The whole file as given (`docs/formats/authority.md`).
    pub text: String,
    /// The actors it names, with their keys: their signatures count from here on.
    pub actors: Vec<ActorKey>,
    /// When it was added, in microseconds since 1970 UTC.
    pub at: i64,
}

/// An actor that an authority names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ActorKey {
    /// The name people know.
    pub name: String,
    /// The public key ([`crate::VerifierKey`] text).
    pub key: String,
}

/// One hand-over of files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// 1.
    pub v: u32,
    /// The source's name.
    pub source: String,
    /// Who handed it over.
    pub sender: String,
    /// The authority's id.
    pub authority: String,
    /// Custody before receipt: `proved`, `attested by X`, `asserted`, `unknown`.
    pub custody: String,
    /// When it was received, in microseconds since 1970 UTC.
    pub received: i64,
    /// How many exhibits, repetitions included.
    pub exhibits: u64,
    /// Bytes of all exhibits, repetitions included.
    pub bytes: u64,
    /// How many were in this case before, equal in source, path and bytes.
    pub repeated: u64,
    /// Merkle root over the salted lines ([`DeliveryLine`]), 64 hexadecimal digits.
    pub lines_root: String,
    /// Digest of the payload that holds the lines.
    pub lines: String,
}

/// One exhibit of a delivery, as a line of its set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveryLine {
    /// The exhibit's id.
    pub exhibit: String,
    /// Delivered path, bytes as found, base64.
    pub path: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// How many bytes.
    pub bytes: u64,
    /// True where the same exhibit was in this case before.
    pub repeated: bool,
}

/// The result of reading a delivery's exhibits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// 1.
    pub v: u32,
    /// Log index of the delivery's entry.
    pub delivery: u64,
    /// Digest of the reading plan: parsers, versions, mapping.
    pub plan: String,
    /// Names and versions of the parsers and mappings, for people.
    pub parsers: Vec<String>,
    /// Merkle root over the salted lines ([`ReceiptLine`]), 64 hexadecimal digits.
    pub lines_root: String,
    /// Digest of the payload that holds the lines.
    pub lines: String,
    /// Totals over all lines.
    pub totals: Totals,
}

/// The loss ledger: what the bytes turned out to be.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Totals {
    /// Exhibits read.
    pub exhibits: u64,
    /// Bytes as delivered.
    pub bytes: u64,
    /// Leaves of the record trees.
    pub leaves: u64,
    /// Unpacked bytes by class: `record`, `framing`, `anomaly`, `blob`.
    pub bytes_by_class: BTreeMap<String, u64>,
    /// Records by kind.
    pub records: BTreeMap<String, u64>,
    /// Anomalies by kind.
    pub anomalies: BTreeMap<String, u64>,
}

/// One exhibit's reading, as a line of its set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptLine {
    /// The exhibit's id.
    pub exhibit: String,
    /// The source's name.
    pub source: String,
    /// Delivered path, bytes as found, base64.
    pub path: String,
    /// SHA-256 of the exhibit's bytes.
    pub digest: String,
    /// How many bytes.
    pub bytes: u64,
    /// The reading's id: names the folder of its tree.
    pub reading: String,
    /// Root of the record tree.
    pub tree_root: String,
    /// Commitment to the seed of the tree's nonces ([`crate::tree::commitment`]).
    pub seed: String,
    /// Leaves of the record tree.
    pub leaves: u64,
    /// Members read, the exhibit itself among them.
    pub members: u64,
    /// Unpacked bytes by class.
    pub bytes_by_class: BTreeMap<String, u64>,
    /// Records by kind.
    pub records: BTreeMap<String, u64>,
    /// Anomalies by kind.
    pub anomalies: BTreeMap<String, u64>,
}

/// What a named actor decided, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// 1.
    pub v: u32,
    /// What: a dotted code such as `mapping.chosen`.
    pub what: String,
    /// Ids it concerns, as text, in order.
    pub subjects: Vec<String>,
    /// Values it sets, by name.
    pub values: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
}

/// A published state of the derived data. This entry is the commit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// 1.
    pub v: u32,
    /// Its number; never reused.
    pub number: u64,
    /// Log indices of the receipts and decisions it was computed from.
    pub inputs: Vec<u64>,
    /// Which part of these inputs it adds to the snapshot before it, of how many, from 1.
    pub part: [u32; 2],
    /// Name and version of the step that computed it.
    pub step: String,
    /// Root of every table, 64 hexadecimal digits, by table name.
    pub roots: BTreeMap<String, String>,
    /// Digest of the manifest, `lake/manifests/<digest>.json`.
    pub manifest: String,
    /// Digest of the payload that lists the files ([`SnapshotFiles`]).
    pub files: String,
    /// When it was published, in microseconds since 1970 UTC.
    pub at: i64,
}

/// The files of a snapshot: an attachment of its entry.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotFiles {
    /// 1.
    pub v: u32,
    /// One for each file below the case folder, manifest included.
    pub files: Vec<SnapshotFile>,
}

/// One file of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SnapshotFile {
    /// Path below the case folder, `/` between components.
    pub path: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// How many bytes.
    pub bytes: u64,
}

/// Somebody read. Queries are kept by digest, so that the log repeats no name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Access {
    /// 1.
    pub v: u32,
    /// The actor's key name.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The authority's id.
    pub authority: String,
    /// The command, without its arguments.
    pub command: String,
    /// What was asked, as the actor typed it. Erasable with the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Rows shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<u64>,
    /// Rows withheld, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, u64>,
    /// The snapshot read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// For `access.export.closed`: the log index of the entry that opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<u64>,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
}

/// Somebody noted something about an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// 1.
    pub v: u32,
    /// The id the note is about, as text.
    pub subject: String,
    /// The record ids that id answered with.
    pub records: Vec<String>,
    /// The snapshot it answered from.
    pub snapshot: Option<u64>,
    /// The note.
    pub text: String,
    /// Why the actor read what the note is about.
    #[serde(default)]
    pub reason: String,
    /// The authority's id.
    #[serde(default)]
    pub authority: String,
    /// When, in microseconds since 1970 UTC.
    pub at: i64,
}

/// A mapping's text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mapping {
    /// 1.
    pub v: u32,
    /// The mapping's name.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_salt_comes_first_and_the_value_reads_back() {
        let mapping = Mapping { v: 1, name: "n".into(), text: "t".into() };
        let payload = Payload::seal(&mapping, &mut |b| b.fill(0xab));
        assert_eq!(
            std::str::from_utf8(payload.bytes()).unwrap(),
            format!("{{\"salt\":\"{}\",\"v\":1,\"name\":\"n\",\"text\":\"t\"}}", "ab".repeat(16))
        );
        assert_eq!(payload.digest(), Digest::of(payload.bytes()));
        assert_eq!(decode::<Mapping>(payload.bytes()).unwrap(), mapping);
    }
}
