//! The records of one batch, numbered.
//!
//! Exhibits are ordered by id and each exhibit's records by their place, so that a record's
//! number in the batch orders like its record id, whatever order things arrived in.

use crate::error::{CaseError, Result};
use emma_lake::draft::{Draft, DraftFile, KeyEntry};
use emma_lake::{AnomalyRow, LinkRow, MemberRow};
use emma_model::ExhibitId;
use std::ops::Range;

/// One exhibit's records, or a stretch of them.
#[derive(Debug)]
pub struct Part {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Its parsed records.
    pub draft: DraftFile,
    /// Which of its records belong to this batch.
    pub ordinals: Range<u32>,
    /// Its bytes are held under another exhibit too, here or in the base snapshot: a record
    /// without a network id may have a twin at the same place.
    pub shared: bool,
    /// Exhibits already in the base snapshot that have the same bytes.
    pub twins: Vec<ExhibitId>,
}

/// The records and small rows of one batch.
#[derive(Debug, Default)]
pub struct Batch {
    parts: Vec<Part>,
    bases: Vec<u32>,
    len: u32,
    /// Anomalies, by exhibit and place.
    pub anomalies: Vec<AnomalyRow>,
    /// Links, by record.
    pub links: Vec<LinkRow>,
    /// Files and members, by exhibit and member.
    pub members: Vec<MemberRow>,
}

impl Batch {
    /// Orders `parts` by exhibit and numbers their records.
    pub fn new(mut parts: Vec<Part>) -> Batch {
        parts.sort_by_key(|part| part.exhibit);
        let mut bases = Vec::with_capacity(parts.len());
        let mut len = 0u32;
        for part in &parts {
            bases.push(len);
            len = len.checked_add(part.ordinals.len() as u32).expect("batches are cut to a limit");
        }
        Batch { parts, bases, len, ..Batch::default() }
    }

    /// Records in the batch.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// True where it has no record.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its exhibits, by id.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Batch numbers of one part's records.
    pub fn numbers(&self, part: usize) -> Range<u32> {
        let base = self.bases[part];
        base..base + self.parts[part].ordinals.len() as u32
    }

    /// The part of record `number`, and the record's ordinal in its draft.
    pub fn locate(&self, number: u32) -> (&Part, u32) {
        let index = self.bases.partition_point(|base| *base <= number) - 1;
        let part = &self.parts[index];
        (part, part.ordinals.start + (number - self.bases[index]))
    }

    /// Every record's number and key, by number.
    pub fn keys(&self) -> impl Iterator<Item = (u32, KeyEntry)> + '_ {
        self.parts.iter().enumerate().flat_map(|(index, part)| {
            self.numbers(index).zip(part.draft.keys(part.ordinals.clone()))
        })
    }

    /// Number and key of the records of which another record may be a copy.
    pub fn shared_keys(&self) -> impl Iterator<Item = (u32, KeyEntry)> + '_ {
        self.parts.iter().enumerate().flat_map(|(index, part)| {
            let keys = self.numbers(index).zip(part.draft.keys(part.ordinals.clone()));
            keys.filter(|(_, key)| part.shared || key.named)
        })
    }

    /// The values of record `number`.
    pub fn draft(&self, number: u32) -> Result<Draft<'_>> {
        let (part, ordinal) = self.locate(number);
        part.draft.get(ordinal).map_err(CaseError::from)
    }

    /// The values of record `number` without its text.
    pub fn draft_without_text(&self, number: u32) -> Result<Draft<'_>> {
        let (part, ordinal) = self.locate(number);
        part.draft.get_without_text(ordinal).map_err(CaseError::from)
    }
}
