//! Which delivered file is the one a record names: attachments, found or missed.
//!
//! A record says that a photo was sent; the photo lies, or does not lie, in the same archive, in
//! another folder of the delivery, or in the record's own bytes. Every rival of emma either
//! joins them by name silently or not at all. Here each join says by what it was made (a stated
//! digest, the path, the bare name), each miss is listed, and so is every delivered file that no
//! record names.
//!
//! It is a view: nothing of it is stored, so it depends on no order of arrival and a later
//! delivery completes it. The index of delivered files is held in memory, [`FILES_MAX`] of them.

mod delivered;
mod named;
mod pictures;

pub use delivered::{Delivered, FILES_MAX};
pub use named::{Named, named};
pub use pictures::{NAMING_MAX, Picture, Pictures, pictures};

use crate::access::{Session, Withheld};
use crate::case::Case;
use crate::error::{CaseError, Result};
use crate::show::Desk;
use crate::state::State;
use emma_lake::{CopyRow, Snapshot, Verdict};
use emma_model::RecordId;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// What became of a file that a record names, or of a delivered one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// A delivered file is the one named.
    Delivered,
    /// Its bytes stand in the record itself (a mail's attachment).
    Inside,
    /// A file of that name was delivered, and its size or digest is not the stated one.
    Differs,
    /// Several delivered files of that name have different bytes, and nothing decides.
    Ambiguous,
    /// None was delivered.
    Missing,
    /// A delivered file that no record names.
    Unnamed,
}

impl FileState {
    /// All states.
    pub const ALL: [FileState; 6] = [
        FileState::Delivered,
        FileState::Inside,
        FileState::Differs,
        FileState::Ambiguous,
        FileState::Missing,
        FileState::Unnamed,
    ];

    /// The word shown to people and written in JSON.
    pub fn name(self) -> &'static str {
        ["delivered", "inside", "differs", "ambiguous", "missing", "unnamed"][self as usize]
    }
}

/// One file that a record names, or one that was delivered and is named by none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FileLine {
    /// What became of it.
    pub state: FileState,
    /// The name as the record has it; of an unnamed file its own.
    pub name: String,
    /// By what the delivered file was found: `digest`, `path`, `name`.
    pub by: Option<&'static str>,
    /// True where the record itself says that the file is not there.
    pub said_missing: bool,
    /// The size the record states, in bytes.
    pub stated_bytes: Option<u64>,
    /// The SHA-256 the record states, hex.
    pub stated_digest: Option<String>,
    /// How many delivered files came into question.
    pub candidates: u32,
    /// The delivered file; of a `differs` or `ambiguous` one the best of those in question.
    pub file: Option<DeliveredLine>,
    /// The record that names it.
    pub record: Option<String>,
    /// The message that the record witnesses.
    pub message: Option<String>,
}

/// A delivered file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DeliveredLine {
    /// Its place, as `emma files save` takes it.
    pub place: String,
    /// Delivered path of its exhibit.
    pub path: String,
    /// Its name inside the exhibit's container; empty for the exhibit itself.
    pub member: String,
    /// SHA-256 of its bytes, hex.
    pub digest: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// What its bytes are, told by themselves; empty where that is not known.
    pub media: String,
}

/// How many of each state, and what was not shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Files by state.
    pub by_state: BTreeMap<FileState, u64>,
    /// Records and unnamed files that the authority does not open.
    pub withheld: Withheld,
}

/// Hands over every file that the session may know of: those named by records in the order of
/// the records, then delivered ones that no record names.
///
/// # Errors
/// Those of the lake; a usage error where more than [`FILES_MAX`] files were delivered.
pub fn each(
    case: &Case,
    state: &State,
    session: &Session,
    snapshot: &Snapshot,
    hand: &mut dyn FnMut(FileLine, Option<&CopyRow>) -> Result<()>,
) -> Result<Totals> {
    let desk = Desk::new(case, state, session, snapshot);
    let delivered = Delivered::open(case, state, session, snapshot)?;
    let mut totals = Totals::default();
    for (number, view) in snapshot.segments.iter().enumerate() {
        let Some(copies) = desk.held.copies(number)? else { continue };
        for (row, copy) in copies.range(0..copies.len()).enumerate() {
            let copy = copy?;
            if view.masked_copies.contains(row as u32) || !session.opens_source(&copy.source) {
                continue;
            }
            let files = named(&copy.extra);
            if files.is_empty() {
                continue;
            }
            if let Some(reason) = hidden(&desk, &copy)? {
                *totals.withheld.entry(reason).or_default() += files.len() as u64;
                continue;
            }
            for file in files {
                let line = delivered.find(&copy, file);
                *totals.by_state.entry(line.state).or_default() += 1;
                hand(line, Some(&copy))?;
            }
        }
    }
    // A file that nobody names has no party, country or time: only an authority that sets no
    // such limit opens it.
    let view = session.view();
    let unplaced = view
        .judge_handles(None, &[])
        .or_else(|| view.judge_territory(None))
        .or_else(|| view.judge_period(None, None));
    delivered.unnamed(&mut |line| {
        if let Some(reason) = unplaced {
            *totals.withheld.entry(reason).or_default() += 1;
            return Ok(());
        }
        *totals.by_state.entry(line.state).or_default() += 1;
        hand(line, None)
    })?;
    Ok(totals)
}

/// Why the session may not know what a copy says; `None` where it may.
fn hidden(desk: &Desk<'_>, copy: &CopyRow) -> Result<Option<emma_lake::Reason>> {
    let view = desk.session.view();
    if !view.limits_rows() {
        return Ok(None);
    }
    let versions = desk.versions_of(copy)?;
    let row = versions.iter().find(|(_, row)| row.version == copy.version);
    let (_, row) = row.ok_or_else(|| CaseError::Corrupt {
        object: format!("record {}", copy.record),
        what: "its message has no such version".to_owned(),
    })?;
    Ok(match view.judge(row) {
        Verdict::Visible => None,
        Verdict::Withheld(reason) => Some(reason),
    })
}

/// Writes the bytes of a delivered file, by its place, and returns how many.
///
/// # Errors
/// [`CaseError::NotFound`] where the session does not open such a file, whether or not there is
/// one; [`CaseError::Corrupt`] where its bytes are not those that were sealed.
pub fn save(
    case: &Case,
    state: &State,
    session: &Session,
    snapshot: &Snapshot,
    place: &str,
    out: &mut dyn Write,
) -> Result<(DeliveredLine, u64)> {
    let missing = || CaseError::NotFound { what: "file", id: String::new() };
    let wanted: RecordId = place.parse().map_err(|_| {
        let help = "`emma files list` prints the places of files";
        CaseError::usage("this is not a file's place", help)
    })?;
    let found = Delivered::open(case, state, session, snapshot)?.at(&wanted).ok_or_else(missing)?;
    if session.view().limits_rows() {
        let mut named = false;
        each(case, state, session, snapshot, &mut |line, _| {
            let same = line.file.is_some_and(|file| file.place == found.place);
            named |= same && line.state == FileState::Delivered;
            Ok(())
        })?;
        if !named {
            return Err(missing());
        }
    }
    let RecordId::Sealed { exhibit, member, .. } = wanted else { return Err(missing()) };
    let exhibit = state.exhibit(&exhibit.to_string())?.ok_or_else(missing)?;
    let digest = crate::case::digest(&exhibit.digest)?;
    let sealed = crate::case::digest(&found.digest)?;
    let bytes = crate::raw::copy_member(case, digest, &member, sealed, out)?;
    Ok((found, bytes))
}
