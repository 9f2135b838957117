//! The copies of a message: where each stands, what its bytes are, who delivered it.

use super::Desk;
use crate::clock::format_instant;
use crate::error::{CaseError, Result};
use crate::files::FileLine;
use emma_lake::{CopyRow, MessageRow};
use emma_model::record::{Borrowed, Origin};
use emma_model::{Digest, MemberPath, NetworkId, Place, RecordId};
use serde::Serialize;

/// A record that witnesses a message.
#[derive(Debug, Serialize)]
pub struct ShownCopy {
    /// Its record id, which is its place.
    pub record: String,
    /// Which of the versions shown it witnesses.
    pub version: u32,
    /// Name and version of what read it.
    pub parser: String,
    /// The way into the exhibit's containers, ordinals joined by `/`; empty for its own bytes.
    pub member: String,
    /// The line it starts on, from 1; absent where lines mean nothing.
    pub line: Option<u64>,
    /// The network's own id of the message, scoped.
    pub network_id: Option<String>,
    /// The characters its time was read from.
    pub time_raw: Option<String>,
    /// What else was read, kept raw, in source order.
    pub extra: Vec<(String, String)>,
    /// The files it names, and what became of them.
    pub files: Vec<FileLine>,
    /// Where values come from that are not in its own bytes.
    pub borrowed: Vec<BorrowedLine>,
    /// How many anomalies it has; `emma report CASE loss` lists them.
    pub anomalies: u16,
    /// Its exhibit.
    pub exhibit: ExhibitLine,
    /// Its raw bytes, base64.
    pub raw: Option<String>,
    /// Its raw bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Its id.
    #[serde(skip)]
    pub id: RecordId,
}

/// Where a value comes from that is not in a record's own bytes.
#[derive(Debug, Serialize)]
pub struct BorrowedLine {
    /// The field.
    pub field: &'static str,
    /// `leaf`, `path`, `mapping` or `neighbours`.
    pub origin: &'static str,
    /// For a leaf: its record id in the same member.
    pub leaf: Option<String>,
    /// For a leaf: its place in the same member.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// An exhibit and how it came.
#[derive(Debug, Serialize)]
pub struct ExhibitLine {
    /// Its id.
    pub id: String,
    /// Its source.
    pub source: String,
    /// Delivered path; what is not UTF-8 is replaced.
    pub path: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// How many bytes.
    pub bytes: u64,
    /// Log index of the delivery that brought it first.
    pub delivery: u64,
    /// Who handed it over.
    pub sender: String,
    /// Custody before receipt.
    pub custody: String,
    /// When it was received, RFC 3339 in UTC.
    pub received: String,
    /// The authority it was taken in under.
    pub authority: String,
}

impl Desk<'_> {
    /// The copies that the rows name, in the rows' order.
    pub(super) fn copies(&self, versions: &[MessageRow]) -> Result<Vec<(CopyRow, ShownCopy)>> {
        let mut copies = Vec::new();
        for row in versions {
            for record in &row.records {
                let (_, copy) = self.held.copy(record)?.ok_or_else(|| CaseError::Corrupt {
                    object: format!("record {record}"),
                    what: "a message names it and no copy has it".to_owned(),
                })?;
                let shown = self.copy(&copy, row.version)?;
                copies.push((copy, shown));
            }
        }
        Ok(copies)
    }

    fn copy(&self, copy: &CopyRow, version: u32) -> Result<ShownCopy> {
        let RecordId::Sealed { exhibit, member, place } = &copy.record else {
            return Err(CaseError::Corrupt {
                object: format!("record {}", copy.record),
                what: "it is of a live stream, which this program does not hold".to_owned(),
            });
        };
        let exhibit_line = self.exhibit_line(&exhibit.to_string())?;
        let digest = crate::case::digest(&exhibit_line.digest)?;
        let bytes = self.raw(digest, member, place)?;
        Ok(ShownCopy {
            record: copy.record.to_string(),
            version,
            parser: copy.parser.clone(),
            member: member_text(member),
            line: matches!(place, Place::Span { .. }).then_some(copy.line + 1),
            network_id: copy.network_id.as_ref().map(NetworkId::to_string),
            time_raw: copy.time_raw.clone(),
            extra: copy.extra.clone(),
            files: self.files(copy)?,
            borrowed: copy.borrowed.iter().map(|one| borrowed(one, &copy.record)).collect(),
            anomalies: copy.anomalies,
            exhibit: exhibit_line,
            raw: bytes.as_ref().map(|bytes| base64_of(bytes)),
            bytes: bytes.unwrap_or_default(),
            id: copy.record.clone(),
        })
    }

    fn raw(&self, digest: Digest, member: &MemberPath, place: &Place) -> Result<Option<Vec<u8>>> {
        let Place::Span { offset, length } = *place else {
            return crate::raw::read_row(self.case, digest, member, place).map(Some);
        };
        crate::raw::read(self.case, digest, member, offset, length).map(Some)
    }

    fn exhibit_line(&self, id: &str) -> Result<ExhibitLine> {
        let missing = |what: &str| CaseError::Corrupt {
            object: format!("exhibit {id}"),
            what: what.to_owned(),
        };
        let exhibit = self.state.exhibit(id)?.ok_or_else(|| missing("no delivery brought it"))?;
        let deliveries = self.state.deliveries()?;
        let delivery = deliveries.into_iter().find(|one| one.entry == exhibit.delivery);
        let delivery = delivery.ok_or_else(|| missing("its delivery is not in the log"))?;
        Ok(ExhibitLine {
            path: exhibit.shown_path(),
            id: exhibit.id,
            source: exhibit.source,
            digest: exhibit.digest,
            bytes: exhibit.bytes,
            delivery: exhibit.delivery,
            sender: delivery.sender,
            custody: delivery.custody,
            received: format_instant(delivery.received),
            authority: delivery.authority,
        })
    }
}

fn member_text(member: &MemberPath) -> String {
    let ordinals: Vec<String> = member.0.iter().map(u32::to_string).collect();
    ordinals.join("/")
}

fn borrowed(one: &Borrowed, record: &RecordId) -> BorrowedLine {
    let (origin, place) = match one.origin {
        Origin::Leaf { offset, length } => ("leaf", Some(Place::Span { offset, length })),
        Origin::Path => ("path", None),
        Origin::Mapping => ("mapping", None),
        Origin::Neighbours => ("neighbours", None),
    };
    let leaf = match (record, &place) {
        (RecordId::Sealed { exhibit, member, .. }, Some(place)) => {
            let (exhibit, member, place) = (*exhibit, member.clone(), place.clone());
            Some(RecordId::Sealed { exhibit, member, place }.to_string())
        }
        _ => None,
    };
    BorrowedLine { field: one.field, origin, leaf, place }
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
