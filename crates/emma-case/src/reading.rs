//! One exhibit read once: its record tree, its draft, its ledger.
//!
//! The parser hands over items in order; each becomes a leaf of the tree, and a record also a
//! draft. Nothing here looks at content, but for what marks invented data.

use crate::authority::CaseKind;
use crate::error::{CaseError, Result, at};
use crate::ledger::Ledger;
use crate::marks::{self, Marks};
use emma_evidence::tree::TreeSummary;
use emma_evidence::{ReadingId, TreeWriter};
use emma_lake::draft::{DraftHead, DraftWriter};
use emma_lake::{AnomalyRow, LinkRow, MemberRow};
use emma_model::record::MemberEnd;
use emma_model::{
    Anomaly, Digest, ExhibitId, Item, ItemClass, MemberPath, Place, RecordKind, Sink,
};
use emma_parse::{ExhibitInfo, Limits, Plan};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Anomalies of one exhibit listed row by row; the ledger counts all, and a last row says how
/// many are not listed.
pub const ANOMALY_ROWS_MAX: usize = 200_000;

/// An exhibit to read.
#[derive(Debug, Clone)]
pub struct ToRead {
    /// Its id.
    pub exhibit: ExhibitId,
    /// Its source.
    pub source: String,
    /// Its delivered path, bytes as found.
    pub path: Vec<u8>,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
    /// The reading: exhibit and plan.
    pub reading: ReadingId,
    /// The kind of the case it is read into.
    pub kind: CaseKind,
}

/// What one reading gave.
#[derive(Debug)]
pub struct ReadOutcome {
    /// The exhibit.
    pub of: ToRead,
    /// Every byte accounted for.
    pub ledger: Ledger,
    /// The record tree, where one was written.
    pub tree: Option<TreeSummary>,
    /// The draft file.
    pub draft: PathBuf,
    /// Records in it.
    pub records: u32,
    /// Oddities, by place.
    pub anomalies: Vec<AnomalyRow>,
    /// Statements about other records.
    pub links: Vec<LinkRow>,
    /// The exhibit and its members, by place.
    pub members: Vec<MemberRow>,
    /// What says that it is invented.
    pub marks: Marks,
}

impl ReadOutcome {
    /// Whether nothing of it came into the case: invented data, and the case is real.
    pub fn refused(&self) -> bool {
        self.ledger.anomalies.contains_key(marks::REFUSED)
    }
}

/// Reads an exhibit. `tree` is given where this reading has no tree yet.
///
/// `scratch` receives the draft; `progress` is told bytes of the exhibit's file.
pub fn read(
    file: File,
    of: ToRead,
    plan: &Plan,
    limits: &Limits,
    scratch: &Path,
    tree: Option<TreeWriter>,
    progress: &mut dyn FnMut(u64),
) -> Result<ReadOutcome> {
    let draft = scratch.join(format!("{}.draft", of.exhibit));
    let head = DraftHead { exhibit: of.exhibit, source: of.source.clone(), bytes: of.digest };
    let info = ExhibitInfo {
        path: String::from_utf8_lossy(&of.path).into_owned(),
        bytes: of.bytes,
        digest: Some(of.digest),
    };
    let mut taker = Taker {
        plan,
        exhibit: of.exhibit,
        source: of.source.clone(),
        tree,
        drafts: DraftWriter::create(&draft, head)?,
        ledger: Ledger::default(),
        anomalies: Vec::new(),
        unlisted: 0,
        links: Vec::new(),
        members: Vec::new(),
        marks: Marks::default(),
        whole: false,
        failure: None,
    };
    let members = scratch.join(format!("{}.members", of.exhibit));
    at("create a scratch folder", emma_store::Scratch::create(&members).map_err(io::Error::from))
        .and_then(|folder| {
        let read = emma_parse::read_exhibit(
            file,
            &info,
            plan,
            limits,
            folder.path(),
            progress,
            &mut taker,
        );
        // An error of the sink comes back as the parser's; the cause is more telling.
        taker.failure.take().map_or(Ok(()), Err)?;
        Ok(read?)
    })?;
    taker.judge(&of, &draft)?;
    taker.finish(of, draft)
}

struct Taker<'p> {
    plan: &'p Plan,
    exhibit: ExhibitId,
    source: String,
    tree: Option<TreeWriter>,
    drafts: DraftWriter,
    ledger: Ledger,
    anomalies: Vec<AnomalyRow>,
    unlisted: u64,
    links: Vec<LinkRow>,
    members: Vec<MemberRow>,
    marks: Marks,
    /// The member in hand is kept whole.
    whole: bool,
    failure: Option<CaseError>,
}

impl Taker<'_> {
    fn take(&mut self, item: Item<'_>) -> Result<()> {
        if let Some(tree) = &mut self.tree {
            tree.push(item.class, item.member, &item.place, item.raw)?;
        }
        self.ledger.item(&item);
        self.whole |= item.class == ItemClass::Blob;
        for anomaly in &item.anomalies {
            self.note(anomaly, item.member.clone(), item.place.clone(), Some(item.class));
        }
        let Some(record) = &item.record else {
            if matches!(item.place, Place::Span { offset: 0, .. }) {
                self.marks.head(item.raw);
            }
            return Ok(());
        };
        self.marks.record(record);
        if let Some(link) = &record.link {
            self.links.push(LinkRow {
                record: emma_model::RecordId::Sealed {
                    exhibit: self.exhibit,
                    member: item.member.clone(),
                    place: item.place.clone(),
                },
                source: self.source.clone(),
                relation: link.relation.to_owned(),
                target_path: link.target_path.clone().into_owned(),
                from_line: link.from_line,
                to_line: link.to_line,
            });
        }
        if record.kind != RecordKind::Link {
            let (line, anomalies) = (item.line, item.anomalies.len());
            self.drafts.push(item.member, &item.place, line, record, anomalies)?;
        }
        Ok(())
    }

    fn end(&mut self, end: MemberEnd) -> Result<()> {
        let whole = Place::Span { offset: 0, length: end.bytes };
        for anomaly in &end.anomalies {
            self.note(anomaly, end.path.clone(), whole.clone(), None);
        }
        let parser = self.plan.versioned(&end.parser);
        self.drafts.end_member(&end.path, &parser)?;
        self.members.push(MemberRow {
            exhibit: self.exhibit,
            member: end.path.clone(),
            name: end.name.clone(),
            digest: end.digest,
            bytes: end.bytes,
            parser,
            media: end.media.to_owned(),
            kept: std::mem::take(&mut self.whole),
        });
        self.ledger.member_end(end).map_err(|unbalanced| CaseError::Corrupt {
            object: self.exhibit.to_string(),
            what: unbalanced.to_string(),
        })
    }

    fn note(
        &mut self,
        anomaly: &Anomaly,
        member: MemberPath,
        place: Place,
        class: Option<ItemClass>,
    ) {
        if self.anomalies.len() >= ANOMALY_ROWS_MAX {
            self.unlisted += 1;
            return;
        }
        self.anomalies.push(AnomalyRow {
            exhibit: self.exhibit,
            member,
            place,
            class,
            kind: anomaly.kind.0.to_owned(),
            field: anomaly.field.clone(),
            note: anomaly.note.to_owned(),
        });
    }

    /// Says what invented data lacks, or keeps it out of a real case: its leaves and its ledger
    /// stay, to show what was handed over; no record, member or statement of it does.
    fn judge(&mut self, of: &ToRead, draft: &Path) -> Result<()> {
        let (what, note) = match of.kind {
            CaseKind::Real if self.marks.synthetic() => {
                (marks::REFUSED, "invented data, and the case is real: nothing of it was read in")
            }
            CaseKind::Synthetic if self.marks.stripped() => {
                (marks::STRIPPED, "nothing in it says that it is synthetic")
            }
            _ => return Ok(()),
        };
        if of.kind == CaseKind::Real {
            let head =
                DraftHead { exhibit: of.exhibit, source: of.source.clone(), bytes: of.digest };
            self.drafts = DraftWriter::create(draft, head)?;
            self.links.clear();
            self.members.clear();
            self.anomalies.clear();
            self.unlisted = 0;
            self.ledger.refuse(what);
        } else {
            *self.ledger.anomalies.entry(what).or_default() += 1;
        }
        self.anomalies.push(AnomalyRow {
            exhibit: self.exhibit,
            member: MemberPath::default(),
            place: Place::Span { offset: 0, length: of.bytes },
            class: None,
            kind: what.to_owned(),
            field: None,
            note: format!("{note}; {}", self.marks.describe()),
        });
        Ok(())
    }

    fn finish(mut self, of: ToRead, draft: PathBuf) -> Result<ReadOutcome> {
        let records = self.drafts.records();
        self.drafts.finish()?;
        if self.unlisted > 0 {
            self.anomalies.push(AnomalyRow {
                exhibit: self.exhibit,
                member: MemberPath::default(),
                place: Place::Span { offset: 0, length: of.bytes },
                class: None,
                kind: "anomalies.unlisted".into(),
                field: None,
                note: format!("{} more anomalies are counted in the ledger only", self.unlisted),
            });
        }
        // A member's own oddities are reported at its end but stand at its beginning, and a
        // container ends after what is in it.
        self.anomalies.sort_by(emma_lake::canonical::TableRow::file_order);
        self.members.sort_by(emma_lake::canonical::TableRow::file_order);
        let tree = self.tree.map(TreeWriter::finish_unsynced).transpose()?;
        Ok(ReadOutcome {
            of,
            ledger: self.ledger,
            tree,
            draft,
            records,
            anomalies: self.anomalies,
            links: self.links,
            members: self.members,
            marks: self.marks,
        })
    }

    /// Keeps the real error and gives the parser one it can pass on.
    fn carry(&mut self, result: Result<()>) -> io::Result<()> {
        result.map_err(|error| {
            self.failure = Some(error);
            io::Error::other("the sink refused")
        })
    }
}

impl Sink for Taker<'_> {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let result = self.take(item);
        self.carry(result)
    }

    fn member_end(&mut self, end: MemberEnd) -> io::Result<()> {
        let result = self.end(end);
        self.carry(result)
    }
}
