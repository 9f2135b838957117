//! Notes: what an actor has to say about an object, signed and for ever.

use crate::access::Session;
use crate::case::Case;
use crate::error::{CaseError, Result};
use crate::show;
use crate::state::{DeliveryState, State};
use emma_evidence::payload::{self, kind};
use emma_evidence::{Log, Random};
use emma_model::{Digest, RecordId};

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

/// Looks up what a note is to be about: a message, record or network id, an exhibit, or a delivery
/// (`delivery N`, or its log index alone).
///
/// # Errors
/// [`CaseError::NotFound`] where the session opens nothing of that id.
pub fn subject(case: &Case, state: &State, session: &Session, id: &str) -> Result<Subject> {
    let id = id.trim();
    if let Some(exhibit) = Digest::from_hex(id) {
        let found = state.exhibit(&exhibit.hex())?;
        return match found.filter(|exhibit| session.opens_source(&exhibit.source)) {
            Some(exhibit) => Ok(Subject { id: exhibit.id, records: Vec::new() }),
            None => Err(CaseError::NotFound { what: "exhibit", id: exhibit.hex() }),
        };
    }
    if let Ok(entry) = id.strip_prefix("delivery ").unwrap_or(id).parse::<u64>() {
        let deliveries = state.deliveries()?;
        let opened = |delivery: &DeliveryState| session.opens_source(&delivery.source);
        return match deliveries.iter().any(|one| one.entry == entry && opened(one)) {
            true => Ok(Subject { id: format!("delivery {entry}"), records: Vec::new() }),
            false => Err(CaseError::NotFound { what: "delivery", id: entry.to_string() }),
        };
    }
    let snapshot = show::snapshot_of(case, session)?;
    let records = show::records_of(case, state, session, &snapshot, id)?;
    if records.is_empty() {
        return Err(show::not_found(id));
    }
    Ok(Subject { id: id.to_owned(), records })
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
