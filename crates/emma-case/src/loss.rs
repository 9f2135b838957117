//! The loss report: every byte received, and what it turned out to be.
//!
//! Ledgers are of whole exhibits; they name places and counts and no content. The anomalies of
//! the sources that a session opens are listed one by one, each with its place.

use crate::access::Session;
use crate::case::Case;
use crate::error::Result;
use crate::state::State;
use emma_lake::read::Anomalies;
use emma_lake::{AnomalyRow, Snapshot, Table};
use emma_model::RecordId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The ledger of one exhibit.
#[derive(Debug, Clone, Serialize)]
pub struct ExhibitLoss {
    /// The exhibit.
    pub exhibit: String,
    /// Its source.
    pub source: String,
    /// Delivered path; what is not UTF-8 is replaced.
    pub path: String,
    /// Its bytes as delivered.
    pub bytes: u64,
    /// False where it has not been read yet: then all below is empty.
    pub read: bool,
    /// Members read, the exhibit itself among them.
    pub members: u64,
    /// Unpacked bytes by class: `record`, `framing`, `anomaly`, `blob`.
    pub bytes_by_class: BTreeMap<String, u64>,
    /// Records by kind.
    pub records: BTreeMap<String, u64>,
    /// Anomalies by kind.
    pub anomalies: BTreeMap<String, u64>,
}

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnomalyLine {
    /// Where: a record id, also where no record stands there.
    pub place: String,
    /// Delivered path of its exhibit.
    pub path: String,
    /// What the bytes are: `record`, `framing`, `anomaly`, `blob`; `member` for an oddity of a
    /// member as a whole.
    pub class: &'static str,
    /// Dotted code such as `json.syntax`.
    pub kind: String,
    /// The field it concerns.
    pub field: Option<String>,
    /// A short explanation.
    pub note: String,
}

/// The ledgers of the exhibits a session opens, by path.
pub fn exhibits(state: &State, session: &Session) -> Result<Vec<ExhibitLoss>> {
    let ledgers: BTreeMap<String, emma_evidence::payload::ReceiptLine> = state
        .readings()?
        .into_iter()
        .map(|reading| (reading.ledger.exhibit.clone(), reading.ledger))
        .collect();
    let mut lines = Vec::new();
    for exhibit in state.exhibits()? {
        if !session.opens_source(&exhibit.source) {
            continue;
        }
        let ledger = ledgers.get(&exhibit.id);
        lines.push(ExhibitLoss {
            path: exhibit.shown_path(),
            exhibit: exhibit.id,
            source: exhibit.source,
            bytes: exhibit.bytes,
            read: ledger.is_some(),
            members: ledger.map_or(0, |ledger| ledger.members),
            bytes_by_class: ledger.map(|l| l.bytes_by_class.clone()).unwrap_or_default(),
            records: ledger.map(|l| l.records.clone()).unwrap_or_default(),
            anomalies: ledger.map(|l| l.anomalies.clone()).unwrap_or_default(),
        });
    }
    lines.sort_by(|a, b| (&a.path, &a.exhibit).cmp(&(&b.path, &b.exhibit)));
    Ok(lines)
}

/// Hands over every anomaly of the exhibits a session opens, by place, and returns how many.
pub fn anomalies(
    case: &Case,
    state: &State,
    session: &Session,
    each: &mut dyn FnMut(AnomalyLine) -> Result<()>,
) -> Result<u64> {
    let Some(published) = session.snapshot() else {
        return Ok(0);
    };
    let snapshot = Snapshot::load(&case.root, published.manifest)?;
    let mut paths = BTreeMap::new();
    for exhibit in state.exhibits()? {
        if session.opens_source(&exhibit.source) {
            paths.insert(crate::case::digest(&exhibit.id)?, exhibit.shown_path());
        }
    }
    let mut count = 0;
    for segment in current(&snapshot) {
        let file = Anomalies::open(&case.root, segment)?;
        for row in file.range(0..file.len()) {
            let row = row?;
            if let Some(path) = paths.get(&row.exhibit.0) {
                each(line(row, path.clone()))?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// The anomalies files of a snapshot, each once.
fn current(snapshot: &Snapshot) -> Vec<&emma_lake::FileEntry> {
    let mut seen = BTreeSet::new();
    let files = snapshot.segments.iter().filter_map(|v| v.segment.tables.get(&Table::Anomalies));
    files.filter(|file| seen.insert(file.sha256)).collect()
}

fn line(row: AnomalyRow, path: String) -> AnomalyLine {
    let (exhibit, member, place) = (row.exhibit, row.member, row.place);
    AnomalyLine {
        place: RecordId::Sealed { exhibit, member, place }.to_string(),
        path,
        class: row.class.map_or("member", emma_model::ItemClass::name),
        kind: row.kind,
        field: row.field,
        note: row.note,
    }
}
