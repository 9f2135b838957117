//! Notes: what an actor has to say about an object, signed and for ever.

use crate::access::Session;
use crate::error::{CaseError, Result};
use emma_evidence::payload::{self, kind};
use emma_evidence::{Log, Random};
use emma_model::RecordId;

/// Longest note, in bytes.
pub const NOTE_BYTES_MAX: usize = 64 << 10;

/// What a note is about, looked up before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The id, as text.
    pub id: String,
    /// The record ids it answers with; empty for an exhibit or delivery.
    pub records: Vec<RecordId>,
}

/// Appends a note and returns its log index.
///
/// # Errors
/// A usage error for an empty note or one over [`NOTE_BYTES_MAX`].
pub fn add(
    session: &Session,
    log: &mut Log,
    subject: &Subject,
    text: &str,
    random: &mut Random<'_>,
) -> Result<u64> {
    if text.trim().is_empty() {
        return Err(CaseError::usage("the note is empty", "give its text"));
    }
    if text.len() > NOTE_BYTES_MAX {
        return Err(CaseError::usage("the note is longer than 64 KiB", "split it in two"));
    }
    let note = payload::Note {
        v: payload::VERSION,
        subject: subject.id.clone(),
        records: subject.records.iter().map(RecordId::to_string).collect(),
        snapshot: session.snapshot().map(|snapshot| snapshot.number),
        text: text.to_owned(),
        reason: session.reason().to_owned(),
        authority: session.authority().id.clone(),
        at: session.at(),
    };
    session.append(log, kind::NOTE, &note, random)
}
