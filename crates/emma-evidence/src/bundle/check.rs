//! Checking a proof. Needs the file and public keys, nothing of the case.

use super::wire::{Bundle, LeafProof, Origin, hashes};
use crate::key::{CaseId, VerifierKey, from_hex};
use crate::lines;
use crate::log::{Checkpoint, Entry};
use crate::merkle;
use crate::normal::Normalisation;
use crate::payload::{Receipt, ReceiptLine, decode, kind};
use crate::tree::{self, ReadingId};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use emma_model::{Digest, ExhibitId, ItemClass, Place, RecordId};
use serde::Serialize;

/// What a proof shows, check by check.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// The case id.
    pub case: String,
    /// The proven record's id; empty where it does not read.
    pub record: String,
    /// The source the exhibit came from, as the receipt says.
    pub source: String,
    /// The delivered path, lossily decoded for display.
    pub path: String,
    /// Every check, in order from the signature down to the bytes.
    pub checks: Vec<Check>,
    /// Every value, with what is shown of it.
    pub values: Vec<ValueReport>,
    /// Entries under the proof's checkpoint.
    pub log_size: u64,
    /// Root of the log there, 64 hexadecimal digits.
    pub log_root: String,
    /// Key names on the receipt's entry.
    pub signers: Vec<String>,
    /// Names of given keys, other than the log's, that signed the checkpoint too.
    pub witnesses: Vec<String>,
}

/// One check.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// The part of the proof: `checkpoint`, `entry`, `receipt`, `line`, `leaf 0`, `value 2`.
    pub object: String,
    /// What was checked, in words.
    pub what: String,
    /// Whether it holds.
    pub holds: bool,
}

/// What is shown of a value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ValueReport {
    /// The record's field, as the parser names it.
    pub field: String,
    /// The value.
    pub value: String,
    /// What the proof shows of it.
    pub verdict: Verdict,
    /// In words: which bytes and normalisation, or which parser.
    pub how: String,
}

/// How far a value is proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The named bytes read as exactly this value.
    Proven,
    /// The bytes are proven; that they mean this is the named parser's word.
    AsReadByParser,
    /// The named bytes do not read as this value.
    Wrong,
}

impl Report {
    /// True where every check holds and no value is wrong.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
            && self.values.iter().all(|value| value.verdict != Verdict::Wrong)
    }

    /// The checks that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.holds)
    }

    fn check(&mut self, object: impl Into<String>, what: &str, holds: bool) -> bool {
        self.checks.push(Check { object: object.into(), what: what.to_owned(), holds });
        holds
    }
}

impl Bundle {
    /// Checks everything, under the log's public key and keys of witnesses in `keys`.
    ///
    /// `older` is a checkpoint that the verifier obtained before: the log must extend it, which
    /// takes a proof made for its size unless the sizes are equal. A proof that does not hold
    /// says so in the report; only text that cannot be read at all stops early.
    pub fn verify(&self, keys: &[VerifierKey], older: Option<&Checkpoint>) -> Report {
        let mut report = Report { case: self.case.clone(), ..Report::default() };
        // Each step needs what the one before has established.
        if let Some(checkpoint) = self.check_checkpoint(keys, &mut report) {
            if let Some(older) = older {
                self.check_older(older, &checkpoint, keys, &mut report);
            }
            if let Some(receipt) = self.check_receipt(&checkpoint, &mut report)
                && let Some(line) = self.check_line(&receipt, &mut report)
            {
                self.check_leaves(&line, &mut report);
            }
        }
        report
    }

    fn check_checkpoint(&self, keys: &[VerifierKey], report: &mut Report) -> Option<Checkpoint> {
        let read = Checkpoint::parse(&self.checkpoint).ok();
        report.check("checkpoint", "it is a signed note with size and root", read.is_some());
        let checkpoint = read?;
        report.log_size = checkpoint.size;
        report.log_root = checkpoint.root.hex();
        report.witnesses = checkpoint.witnessed_by(keys).into_iter().map(str::to_owned).collect();
        let signed = keys.iter().any(|key| checkpoint.signed_by(key));
        report.check("checkpoint", "it is signed by the log key given", signed);
        let origin = self.case.parse::<CaseId>().map(|case| case.origin()).ok();
        let same = origin.as_deref() == Some(&checkpoint.origin[..]);
        report.check("checkpoint", "it is of the log of this case", same);
        Some(checkpoint)
    }

    fn check_older(
        &self,
        older: &Checkpoint,
        checkpoint: &Checkpoint,
        keys: &[VerifierKey],
        report: &mut Report,
    ) {
        let signed = keys.iter().any(|key| older.signed_by(key));
        report.check("older checkpoint", "it is signed by the log key given", signed);
        let proof = self
            .since
            .as_ref()
            .filter(|since| since.old == older.size && since.new == checkpoint.size);
        let path = match proof {
            _ if older.size == checkpoint.size => Some(Vec::new()),
            Some(proof) => proof.hashes(),
            None => None,
        };
        let holds = path.is_some_and(|path| {
            let (old, new) = (older.size, checkpoint.size);
            merkle::verify_consistency(old, &older.root, new, &checkpoint.root, &path)
        });
        let what = "the proof's checkpoint is shown to extend the one given";
        report.check("older checkpoint", what, holds);
    }

    fn check_receipt(&self, checkpoint: &Checkpoint, report: &mut Report) -> Option<Receipt> {
        let proof = &self.receipt;
        let entry = Entry::parse(proof.index, proof.entry.clone().into_bytes()).ok();
        report.check("entry", "it is a log entry", entry.is_some());
        let entry = entry?;
        report.signers = entry.signers.iter().map(|signer| signer.name.clone()).collect();
        let of_case = entry.case.to_string() == self.case && entry.kind == kind::RECEIPT;
        report.check("entry", "it is a receipt of this case", of_case);
        let included = hashes(&proof.path).is_some_and(|path| {
            let (index, size) = (proof.index, checkpoint.size);
            merkle::verify_inclusion(entry.leaf(), index, size, &path, &checkpoint.root)
        });
        report.check("entry", "it stands in the log under the checkpoint", included);
        let same = Digest::of(proof.payload.as_bytes()) == entry.payload;
        report.check("receipt", "it is what the entry commits to", same);
        let receipt = decode(proof.payload.as_bytes()).ok();
        report.check("receipt", "it reads as a receipt", receipt.is_some());
        receipt
    }

    fn check_line(&self, receipt: &Receipt, report: &mut Report) -> Option<ReceiptLine> {
        let proof = &self.line;
        let included = (|| {
            let salt = from_hex(&proof.salt)?;
            let (leaf, path) = (lines::leaf(&salt, &proof.text), hashes(&proof.path)?);
            let root = Digest::from_hex(&receipt.lines_root)?;
            Some(merkle::verify_inclusion(leaf, proof.index, proof.count, &path, &root))
        })();
        report.check("line", "it is one of the receipt's lines", included == Some(true));
        let line: Option<ReceiptLine> = decode(proof.text.as_bytes()).ok();
        report.check("line", "it reads as a line", line.is_some());
        let line = line?;
        let ids = (|| {
            let (path, digest) = (BASE64.decode(&line.path).ok()?, Digest::from_hex(&line.digest)?);
            report.path = String::from_utf8_lossy(&path).into_owned();
            let exhibit = ExhibitId::derive(&line.source, &path, digest);
            let reading = ReadingId::derive(exhibit, &Digest::from_hex(&receipt.plan)?);
            Some((exhibit.to_string(), reading.to_string()))
        })();
        report.source = line.source.clone();
        let same = ids == Some((line.exhibit.clone(), line.reading.clone()));
        report.check("line", "its ids follow from source, path, bytes and plan", same);
        Some(line)
    }

    fn check_leaves(&self, line: &ReceiptLine, report: &mut Report) {
        let root = Digest::from_hex(&line.tree_root);
        let mut raws = Vec::with_capacity(self.leaves.len());
        for (i, leaf) in self.leaves.iter().enumerate() {
            let object = format!("leaf {i}");
            let opened = open_leaf(leaf);
            let included = (|| {
                let (hash, _) = opened.as_ref()?;
                let path = hashes(&leaf.path)?;
                Some(merkle::verify_inclusion(*hash, leaf.index, line.leaves, &path, &root?))
            })();
            let what = "its bytes and locator stand in the record tree";
            report.check(object, what, included == Some(true));
            raws.push(opened.map(|(_, raw)| raw));
        }
        report.check("leaf 0", "there is one", !self.leaves.is_empty());
        if let (Some(first), Some(exhibit)) = (self.leaves.first(), Digest::from_hex(&line.exhibit))
            && let Some(member) = first.member_path()
        {
            let (exhibit, place) = (ExhibitId(exhibit), first.place.place());
            report.record = RecordId::Sealed { exhibit, member, place }.to_string();
        }
        report.values = self.values.iter().map(|value| check_value(value, &raws)).collect();
    }
}

/// The leaf's hash and raw bytes. `None` where a part does not read or the length is another.
fn open_leaf(leaf: &LeafProof) -> Option<(Digest, Vec<u8>)> {
    let class = (1..=4).filter_map(ItemClass::from_u8).find(|class| class.name() == leaf.class)?;
    let (member, place) = (leaf.member_path()?, leaf.place.place());
    let raw = BASE64.decode(&leaf.raw).ok()?;
    let fits = match (&place, class) {
        (_, ItemClass::Blob) => raw.len() == 32,
        (Place::Span { length, .. }, _) => raw.len() as u64 == *length,
        (Place::Row { .. }, _) => true,
    };
    let hash = tree::leaf_hash(&from_hex(&leaf.nonce)?, class, &member, &place, &raw);
    fits.then_some((hash, raw))
}

fn check_value(value: &super::Value, raws: &[Option<Vec<u8>>]) -> ValueReport {
    let (verdict, how) = match &value.origin {
        Origin::Bytes { leaf, offset, length, reading } => {
            let read = (|| {
                let raw = raws.get(*leaf)?.as_ref()?;
                let (from, count) =
                    (usize::try_from(*offset).ok()?, usize::try_from(*length).ok()?);
                Normalisation::from_name(reading)?.read(raw.get(from..)?.get(..count)?)
            })();
            let verdict =
                if read.as_ref() == Some(&value.value) { Verdict::Proven } else { Verdict::Wrong };
            (verdict, format!("bytes {offset}+{length} of leaf {leaf} as {reading}"))
        }
        Origin::Parser { parser } => {
            (Verdict::AsReadByParser, format!("as read by parser {parser}"))
        }
        Origin::Path { parser } => {
            let how = format!("as read by parser {parser} from the delivered path");
            (Verdict::AsReadByParser, how)
        }
    };
    ValueReport { field: value.field.clone(), value: value.value.clone(), verdict, how }
}
