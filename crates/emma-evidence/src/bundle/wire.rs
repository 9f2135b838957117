//! How a proof lies in its file.

use crate::error::{EvidenceError, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use emma_model::{Digest, MemberPath, Place};
use serde::{Deserialize, Serialize};

/// The first member's value.
pub(super) const FORMAT: &str = "emma-proof/v1";

/// What a consistency proof's first member says.
const CONSISTENCY_FORMAT: &str = "emma-consistency/v1";

/// What stands before the digest at the end of a file.
const SEAL: &str = ",\"sha256\":\"";

/// A proof of one record, with what its values need beside it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bundle {
    /// `emma-proof/v1`.
    pub format: String,
    /// The case id.
    pub case: String,
    /// The leaf that is proven, then leaves that its values borrow from; all of one tree.
    pub leaves: Vec<LeafProof>,
    /// The exhibit's line of the receipt.
    pub line: LineProof,
    /// The receipt and its log entry.
    pub receipt: ReceiptProof,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
    /// Proof that the checkpoint extends an older one, where asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<ConsistencyProof>,
    /// What was read, and from which bytes.
    pub values: Vec<Value>,
}

/// A disclosed leaf.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeafProof {
    /// The container member, as ordinals.
    pub member: Vec<u32>,
    /// Where in that member.
    pub place: PlaceWire,
    /// `record`, `framing`, `anomaly` or `blob`.
    pub class: String,
    /// The leaf's nonce, 32 hexadecimal digits.
    pub nonce: String,
    /// The leaf's number.
    pub index: u64,
    /// Inclusion path, hashes one after another, base64.
    pub path: String,
    /// The raw bytes, base64; of a blob its SHA-256.
    pub raw: String,
}

/// A place in a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlaceWire {
    /// A byte span.
    Span {
        /// First byte.
        offset: u64,
        /// Length in bytes.
        length: u64,
    },
    /// A row of a table.
    Row {
        /// The table's name.
        table: String,
        /// The row's number.
        row: i64,
    },
}

/// The exhibit's line and its way to the receipt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineProof {
    /// The line: JSON of [`crate::payload::ReceiptLine`], exactly as hashed.
    pub text: String,
    /// Its salt, 32 hexadecimal digits.
    pub salt: String,
    /// Its number.
    pub index: u64,
    /// Lines in the set.
    pub count: u64,
    /// Inclusion path, base64.
    pub path: String,
}

/// The receipt and its way to the checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReceiptProof {
    /// The payload's bytes: JSON of [`crate::payload::Receipt`] behind its salt.
    pub payload: String,
    /// The log entry, a signed note.
    pub entry: String,
    /// The entry's number.
    pub index: u64,
    /// Inclusion path, base64.
    pub path: String,
}

/// That one checkpoint extends another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsistencyProof {
    /// `emma-consistency/v1`.
    pub format: String,
    /// The older log's size.
    pub old: u64,
    /// The newer log's size.
    pub new: u64,
    /// The proof of RFC 6962, base64.
    pub path: String,
}

/// A value as read, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Value {
    /// The record's field.
    pub field: String,
    /// The value.
    pub value: String,
    /// Its origin.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "lowercase")]
pub enum Origin {
    /// It reads from a span of a disclosed leaf by a normalisation of the closed list.
    Bytes {
        /// Which of the leaves.
        leaf: usize,
        /// First byte within the leaf's raw bytes.
        offset: u64,
        /// Length in bytes.
        length: u64,
        /// The normalisation's name.
        reading: String,
    },
    /// The parser made it from the leaf's bytes in another way.
    Parser {
        /// The parser's name and version.
        parser: String,
    },
    /// The parser took it from the delivered path, which the receipt line names.
    Path {
        /// The parser's name and version.
        parser: String,
    },
}

impl PlaceWire {
    pub(super) fn of(place: &Place) -> PlaceWire {
        match place {
            Place::Span { offset, length } => PlaceWire::Span { offset: *offset, length: *length },
            Place::Row { table, row } => PlaceWire::Row { table: table.clone(), row: *row },
        }
    }

    pub(super) fn place(&self) -> Place {
        match self {
            PlaceWire::Span { offset, length } => Place::Span { offset: *offset, length: *length },
            PlaceWire::Row { table, row } => Place::Row { table: table.clone(), row: *row },
        }
    }
}

impl LeafProof {
    pub(super) fn member_path(&self) -> Option<MemberPath> {
        (self.member.len() <= MemberPath::DEPTH_MAX).then(|| MemberPath(self.member.clone()))
    }
}

impl Bundle {
    /// The file's bytes: one JSON object on one line, sealed.
    pub fn to_file(&self) -> Vec<u8> {
        seal(serde_json::to_string(self).expect("a proof serialises to JSON"))
    }

    /// Reads a file. Refused where it is not sealed as it stands.
    pub fn from_file(bytes: &[u8]) -> Result<Bundle> {
        let bundle: Bundle = unseal("a proof", bytes)?;
        if bundle.format != FORMAT {
            return Err(EvidenceError::format("a proof", "its format is not emma-proof/v1"));
        }
        Ok(bundle)
    }
}

impl ConsistencyProof {
    /// A proof from its path.
    pub fn new(old: u64, new: u64, path: &[Digest]) -> ConsistencyProof {
        let format = CONSISTENCY_FORMAT.to_owned();
        ConsistencyProof { format, old, new, path: hashes_text(path) }
    }

    /// The path's hashes.
    pub fn hashes(&self) -> Option<Vec<Digest>> {
        hashes(&self.path)
    }

    /// The file's bytes: one JSON object on one line, sealed.
    pub fn to_file(&self) -> Vec<u8> {
        seal(serde_json::to_string(self).expect("a proof serialises to JSON"))
    }

    /// Reads a file. Refused where it is not sealed as it stands.
    pub fn from_file(bytes: &[u8]) -> Result<ConsistencyProof> {
        let proof: ConsistencyProof = unseal("a consistency proof", bytes)?;
        if proof.format != CONSISTENCY_FORMAT {
            let what = "its format is not emma-consistency/v1";
            return Err(EvidenceError::format("a consistency proof", what));
        }
        Ok(proof)
    }
}

/// Puts the digest of all bytes so far behind the last member.
fn seal(mut json: String) -> Vec<u8> {
    assert_eq!(json.pop(), Some('}'), "a sealed file is a JSON object");
    let digest = Digest::of(json.as_bytes());
    json.push_str(&format!("{SEAL}{digest}\"}}\n"));
    json.into_bytes()
}

fn unseal<T: serde::de::DeserializeOwned>(expected: &'static str, bytes: &[u8]) -> Result<T> {
    let wrong = |what| EvidenceError::format(expected, what);
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    let (body, seal) = text.rsplit_once(SEAL).ok_or(wrong("it has no seal at its end"))?;
    if seal != format!("{}\"}}\n", Digest::of(body.as_bytes())) {
        return Err(wrong("its bytes are not those that were sealed"));
    }
    serde_json::from_str(text).map_err(|_| wrong("it is not the JSON of its format"))
}

/// Hashes one after another, base64.
pub(super) fn hashes_text(hashes: &[Digest]) -> String {
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    BASE64.encode(bytes)
}

/// Reads [`hashes_text`] back.
pub(super) fn hashes(text: &str) -> Option<Vec<Digest>> {
    let bytes = BASE64.decode(text).ok()?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| hashes.iter().map(|hash| Digest(*hash)).collect())
}
