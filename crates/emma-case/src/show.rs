//! One message, whole: its versions, its copies with their bytes and places, what it answers and
//! what answers it, what stands around it, and what was noted about it.
//!
//! Everything goes through the session's view first. What it does not open is counted, not told.

mod copies;
mod links;

pub use copies::{BorrowedLine, ExhibitLine, ShownCopy};
pub use links::ShownLink;

use crate::access::{Session, Withheld};
use crate::case::Case;
use crate::clock::format_instant;
use crate::error::{CaseError, Result};
use crate::files::{self, Delivered, FileLine};
use crate::held::{Held, RowRef, holds_exhibit};
use crate::present::{MessageLine, Presenter};
use crate::state::{NoteState, State};
use emma_lake::{CopyRow, MessageRow, Snapshot};
use emma_model::{MessageId, Place, RecordId};
use serde::Serialize;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// Most messages an id that was read anew answers with.
pub const OVERLAPS_MAX: usize = 20;

/// Finds what stands around a message in its conversation; the search engine's part.
pub trait Neighbours {
    /// Up to `count` messages before and after `row` in time, of its conversation, as far as the
    /// session opens them: oldest first, each with all its versions' first row.
    fn around(&self, row: &MessageRow, count: usize) -> Result<(Vec<MessageRow>, Vec<MessageRow>)>;
}

/// What an id answers with.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The id as asked.
    pub asked: String,
    /// True where the id is no record of the current reading: the records that overlap it answer.
    pub re_read: bool,
    /// The messages, in the order of their ids.
    pub messages: Vec<Shown>,
    /// The snapshot read.
    pub snapshot: u64,
    /// The authority acted under.
    pub authority: String,
    /// How many rows are shown, replies and context included.
    #[serde(skip)]
    pub rows: u64,
    /// What was withheld.
    #[serde(skip)]
    pub withheld: Withheld,
}

/// One message.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// Its versions, as far as the authority opens them.
    pub versions: Vec<MessageLine>,
    /// The copies that witness them.
    pub copies: Vec<ShownCopy>,
    /// What it answers.
    pub answers: Vec<ShownLink>,
    /// What answers it.
    pub replies: Vec<ShownLink>,
    /// What stands before it in its conversation (in its file, where it has none), oldest first.
    pub before: Vec<MessageLine>,
    /// What stands after it, oldest first.
    pub after: Vec<MessageLine>,
    /// Notes about it or its records.
    pub notes: Vec<NoteLine>,
    /// Ids of its visible copies.
    #[serde(skip)]
    pub records: Vec<RecordId>,
}

/// A note, as shown.
#[derive(Debug, Serialize)]
pub struct NoteLine {
    /// Log index of its entry.
    pub entry: u64,
    /// Who wrote it: a name where one is known, else a key name.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// The authority it was written under.
    pub authority: String,
    /// The note.
    pub text: String,
}

/// What a reader looks through.
pub(crate) struct Desk<'a> {
    pub case: &'a Case,
    pub state: &'a State,
    pub session: &'a Session,
    pub held: Held<'a>,
    pub present: Presenter<'a>,
    /// Read when the first copy shown names a file.
    delivered: OnceCell<Delivered>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        case: &'a Case,
        state: &'a State,
        session: &'a Session,
        snapshot: &'a Snapshot,
    ) -> Desk<'a> {
        let held = Held::new(&case.root, snapshot);
        let present = Presenter::new(session, state);
        Desk { case, state, session, held, present, delivered: OnceCell::new() }
    }

    /// The files that a copy names, and what became of them.
    fn files(&self, copy: &CopyRow) -> Result<Vec<FileLine>> {
        let named = files::named(&copy.extra);
        if !named.is_empty() && self.delivered.get().is_none() {
            let snapshot = self.held.snapshot();
            let all = Delivered::open(self.case, self.state, self.session, snapshot)?;
            let _ = self.delivered.set(all);
        }
        let Some(all) = self.delivered.get() else { return Ok(Vec::new()) };
        Ok(named.into_iter().map(|file| all.find(copy, file)).collect())
    }

    /// All versions of the message of a copy.
    pub(crate) fn versions_of(&self, copy: &CopyRow) -> Result<Vec<(RowRef, MessageRow)>> {
        match &copy.message {
            MessageId::Network(id) => self.held.by_network_id(id),
            MessageId::Record(_) => self.held.by_message(copy.sort, &copy.message),
        }
    }

    /// The version that a copy witnesses, as it may be shown.
    pub(crate) fn version_shown(&self, copy: &CopyRow) -> Result<Option<MessageRow>> {
        let rows = self.versions_of(copy)?.into_iter().map(|(_, row)| row).collect();
        let (shown, _) = self.present.narrow(rows)?;
        Ok(shown.into_iter().find(|row| row.records.contains(&copy.record)))
    }

    /// The first version of a copy's message that may be shown.
    pub(crate) fn first_shown(
        &self,
        copy: &CopyRow,
        withheld: &mut Withheld,
    ) -> Result<Option<MessageRow>> {
        let rows = self.versions_of(copy)?.into_iter().map(|(_, row)| row).collect();
        let (shown, kept_back) = self.present.narrow(rows)?;
        add(withheld, &kept_back);
        Ok(shown.into_iter().next())
    }
}

/// The snapshot a session reads.
///
/// # Errors
/// A usage error where nothing is published yet.
pub fn snapshot_of(case: &Case, session: &Session) -> Result<Snapshot> {
    let Some(published) = session.snapshot() else {
        let help = "take something in with `emma intake`, or finish it with `emma run`";
        return Err(CaseError::usage("nothing is published in this case yet", help));
    };
    Ok(Snapshot::load(&case.root, published.manifest)?)
}

/// Looks an id up and lays out what it answers with.
///
/// # Errors
/// [`CaseError::NotFound`] where nothing answers that the session may show, whether or not
/// something is there.
pub fn message(
    case: &Case,
    state: &State,
    session: &Session,
    snapshot: &Snapshot,
    id: &str,
    context: usize,
    neighbours: &dyn Neighbours,
) -> Result<Answer> {
    let desk = Desk::new(case, state, session, snapshot);
    let (found, re_read) = desk.find(id)?;
    let mut answer = Answer {
        asked: id.to_owned(),
        re_read,
        messages: Vec::new(),
        snapshot: snapshot.number,
        authority: session.authority().id.clone(),
        rows: 0,
        withheld: Withheld::new(),
    };
    for versions in found {
        let rows = versions.into_iter().map(|(_, row)| row).collect();
        let (shown, kept_back) = desk.present.narrow(rows)?;
        add(&mut answer.withheld, &kept_back);
        if !shown.is_empty() {
            let message = desk.lay_out(shown, context, neighbours, &mut answer.withheld)?;
            answer.rows += message.rows();
            answer.messages.push(message);
        }
    }
    if answer.messages.is_empty() {
        return Err(not_found(id));
    }
    Ok(answer)
}

/// The records a message id, record id or network id answers with, as far as the session opens
/// them. Empty where none does.
pub fn records_of(
    case: &Case,
    state: &State,
    session: &Session,
    snapshot: &Snapshot,
    id: &str,
) -> Result<Vec<RecordId>> {
    let desk = Desk::new(case, state, session, snapshot);
    let mut records = BTreeSet::new();
    for versions in desk.find(id)?.0 {
        let rows = versions.into_iter().map(|(_, row)| row).collect();
        records.extend(desk.present.narrow(rows)?.0.into_iter().flat_map(|row| row.records));
    }
    Ok(records.into_iter().collect())
}

pub(crate) fn not_found(id: &str) -> CaseError {
    // An id is repeated only if it is one: other text may be a name.
    let id = id.parse::<MessageId>().map(|id| id.to_string()).unwrap_or_default();
    CaseError::NotFound { what: "message", id }
}

pub(crate) fn add(sum: &mut Withheld, more: &Withheld) {
    for (reason, rows) in more {
        *sum.entry(*reason).or_default() += rows;
    }
}

type Versions = Vec<(RowRef, MessageRow)>;

impl Desk<'_> {
    /// The messages an id answers with, and whether it had to be read anew.
    fn find(&self, id: &str) -> Result<(Vec<Versions>, bool)> {
        let parsed: MessageId = id.parse().map_err(|_| {
            let help = "ids are printed by `emma search`: a record id or a network id";
            CaseError::usage("this is not an id", help)
        })?;
        let record = match parsed {
            MessageId::Network(id) => {
                let found = self.held.by_network_id(&id)?;
                return Ok((vec![found], false));
            }
            MessageId::Record(record) => record,
        };
        if let Some((_, copy)) = self.held.copy(&record)? {
            return Ok((vec![self.versions_of(&copy)?], false));
        }
        Ok((self.overlapping(&record)?, true))
    }

    /// The messages whose records overlap a place that is no record of the current reading.
    fn overlapping(&self, record: &RecordId) -> Result<Vec<Versions>> {
        let RecordId::Sealed { exhibit, member, place: Place::Span { offset, length } } = record
        else {
            return Ok(Vec::new());
        };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (number, view) in self.held.snapshot().segments.iter().enumerate() {
            if !holds_exhibit(view, *exhibit) {
                continue;
            }
            let Some(file) = self.held.copies(number)? else {
                continue;
            };
            for (row, copy) in file.overlapping(*exhibit, member, *offset, *length)? {
                let fresh = !view.masked_copies.contains(row) && seen.insert(copy.message.clone());
                if fresh && found.len() < OVERLAPS_MAX {
                    found.push(self.versions_of(&copy)?);
                }
            }
        }
        Ok(found)
    }

    fn lay_out(
        &self,
        versions: Vec<MessageRow>,
        context: usize,
        neighbours: &dyn Neighbours,
        withheld: &mut Withheld,
    ) -> Result<Shown> {
        let first = &versions[0];
        let records: Vec<RecordId> =
            versions.iter().flat_map(|row| row.records.iter().cloned()).collect();
        let copies = self.copies(&versions)?;
        let (answers, replies) = self.links(first, &copies, withheld)?;
        let (before, after) = match &first.conversation {
            Some(_) => neighbours.around(first, context)?,
            None => self.around_in_file(&records[0], context, withheld)?,
        };
        let lines = |rows: Vec<MessageRow>| rows.iter().map(MessageLine::from).collect();
        Ok(Shown {
            id: first.id.to_string(),
            notes: self.notes(&first.id, &records)?,
            versions: versions.iter().map(MessageLine::from).collect(),
            copies: copies.into_iter().map(|(_, shown)| shown).collect(),
            answers,
            replies,
            before: lines(before),
            after: lines(after),
            records,
        })
    }

    /// Neighbouring records of the same member, for messages without a conversation.
    fn around_in_file(
        &self,
        record: &RecordId,
        count: usize,
        withheld: &mut Withheld,
    ) -> Result<(Vec<MessageRow>, Vec<MessageRow>)> {
        let Some((at, _)) = self.held.copy(record)? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let file = self.held.copies(at.segment as usize)?.expect("the copy was just read from it");
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let before = (at.row.saturating_sub(count)..at.row).collect();
        let after = (at.row + 1..file.len().min(at.row.saturating_add(count) + 1)).collect();
        let mut sides = [Vec::new(), Vec::new()];
        for (side, rows) in [before, after].into_iter().enumerate() {
            let rows: Vec<u32> = rows;
            for (row, copy) in rows.iter().zip(file.rows(&rows)?) {
                let masked = &self.held.snapshot().segments[at.segment as usize].masked_copies;
                if masked.contains(*row) || !same_member(record, &copy.record) {
                    continue;
                }
                sides[side].extend(self.first_shown(&copy, withheld)?);
            }
        }
        let [before, after] = sides;
        Ok((before, after))
    }

    fn notes(&self, id: &MessageId, records: &[RecordId]) -> Result<Vec<NoteLine>> {
        let mut ids: Vec<String> = records.iter().map(RecordId::to_string).collect();
        ids.push(id.to_string());
        let names = self.state.actor_names()?;
        let line = |note: NoteState| NoteLine {
            entry: note.entry,
            by: match note.actor {
                Some(key) => names.get(&key).cloned().unwrap_or(key),
                None => "nobody".to_owned(),
            },
            at: format_instant(note.at),
            authority: note.authority,
            text: note.text,
        };
        Ok(self.state.notes_about(&ids)?.into_iter().map(line).collect())
    }
}

fn same_member(a: &RecordId, b: &RecordId) -> bool {
    match (a, b) {
        (
            RecordId::Sealed { exhibit, member, .. },
            RecordId::Sealed { exhibit: other, member: inner, .. },
        ) => exhibit == other && member == inner,
        _ => false,
    }
}

impl Shown {
    /// Rows of messages in it.
    fn rows(&self) -> u64 {
        let linked = |links: &[ShownLink]| links.iter().filter(|l| l.message.is_some()).count();
        let rows = self.versions.len() + self.before.len() + self.after.len();
        (rows + linked(&self.answers) + linked(&self.replies)) as u64
    }
}
