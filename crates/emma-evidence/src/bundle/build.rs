//! Making a proof from a case.

use super::wire::{Bundle, ConsistencyProof, FORMAT, LeafProof, LineProof, PlaceWire};
use super::wire::{ReceiptProof, Value, hashes_text};
use crate::error::{EvidenceError, Result};
use crate::lines::LineSet;
use crate::log::Log;
use crate::payload::{Receipt, ReceiptLine, decode};
use crate::tree::{ReadingId, Tree};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use emma_model::digest::hex;
use emma_model::{Digest, MemberPath, Place};
use std::path::Path;

/// A leaf to be disclosed, with its raw bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disclosure {
    /// The container member.
    pub member: MemberPath,
    /// Where in that member.
    pub place: Place,
    /// The bytes the leaf hashes; of a blob its SHA-256.
    pub raw: Vec<u8>,
}

/// What to prove.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProofOf {
    /// Log index of the receipt whose reading has the record.
    pub receipt: u64,
    /// The exhibit's id, 64 hexadecimal digits.
    pub exhibit: String,
    /// The record's leaf first, then those its values borrow from.
    pub leaves: Vec<Disclosure>,
    /// What was read from them.
    pub values: Vec<Value>,
    /// Size of an older log that the proof's checkpoint is to be shown to extend.
    pub since: Option<u64>,
}

impl Bundle {
    /// Makes a proof up to the latest checkpoint, which must cover the receipt.
    ///
    /// `evidence` is `CASE/evidence`. Nothing is verified: what is damaged fails to verify later.
    pub fn build(evidence: &Path, log: &Log, what: ProofOf) -> Result<Bundle> {
        let checkpoint = log
            .latest_checkpoint()?
            .filter(|checkpoint| checkpoint.size > what.receipt)
            .ok_or_else(|| EvidenceError::Missing {
                object: format!("a checkpoint over log entry {}", what.receipt),
            })?;
        let entry = log.entry(what.receipt)?;
        let payload = payload(log, &entry.payload)?;
        let receipt: Receipt = decode(&payload)?;
        let lines = Digest::from_hex(&receipt.lines)
            .ok_or(EvidenceError::format("a receipt", "its lines are not named by a digest"))?;
        let lines = LineSet::from_payload(&self::payload(log, &lines)?)?;
        let (line, reading) = find_line(&lines, &what.exhibit)?;
        let tree = Tree::open(evidence, reading)?;
        let leaves: Result<Vec<LeafProof>> =
            what.leaves.iter().map(|leaf| disclose(&tree, leaf)).collect();
        let since = match what.since {
            None => None,
            Some(old) => {
                let path = log.consistency(old, checkpoint.size)?;
                Some(ConsistencyProof::new(old, checkpoint.size, &path))
            }
        };
        Ok(Bundle {
            format: FORMAT.to_owned(),
            case: log.case().to_string(),
            leaves: leaves?,
            line,
            receipt: ReceiptProof {
                payload: text(payload)?,
                index: entry.index,
                path: hashes_text(&log.inclusion(entry.index, checkpoint.size)?),
                entry: text(entry.bytes)?,
            },
            checkpoint: checkpoint.note,
            since,
            values: what.values,
        })
    }
}

fn payload(log: &Log, digest: &Digest) -> Result<Vec<u8>> {
    log.payload(digest)?
        .ok_or_else(|| EvidenceError::Missing { object: format!("payload {digest}") })
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| EvidenceError::format("a payload", "it is not UTF-8"))
}

/// The line of `exhibit`: the last, where a receipt names it more than once.
fn find_line(lines: &LineSet, exhibit: &str) -> Result<(LineProof, ReadingId)> {
    let missing = || EvidenceError::Missing { object: format!("a receipt of exhibit {exhibit}") };
    for i in (0..lines.len()).rev() {
        let (text, salt) = (lines.line(i).unwrap_or_default(), lines.salt(i).unwrap_or_default());
        let line: ReceiptLine = decode(text.as_bytes())?;
        if line.exhibit != exhibit {
            continue;
        }
        let reading = Digest::from_hex(&line.reading).map(ReadingId).ok_or_else(missing)?;
        let proof = LineProof {
            text: text.to_owned(),
            salt: hex(&salt),
            index: i as u64,
            count: lines.len() as u64,
            path: hashes_text(&lines.proof(i)),
        };
        return Ok((proof, reading));
    }
    Err(missing())
}

fn disclose(tree: &Tree, leaf: &Disclosure) -> Result<LeafProof> {
    let found = tree
        .find(&leaf.member, &leaf.place)?
        .ok_or_else(|| EvidenceError::Missing { object: "a leaf with this locator".to_owned() })?;
    Ok(LeafProof {
        member: leaf.member.0.clone(),
        place: PlaceWire::of(&leaf.place),
        class: found.class.name().to_owned(),
        nonce: hex(&tree.nonce(found.index)),
        index: found.index,
        path: hashes_text(&tree.proof(found.index)?),
        raw: BASE64.encode(&leaf.raw),
    })
}
