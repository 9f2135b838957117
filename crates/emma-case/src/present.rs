//! Rows as a session may show them.
//!
//! What is shown of a message is joined from copies of the authority's sources alone: copies
//! from elsewhere, versions that only they witness, and a disagreement that only they make,
//! are left out, and what is left out is not hinted at.

use crate::access::{Session, Withheld};
use crate::clock::format_instant;
use crate::error::Result;
use crate::state::State;
use emma_lake::{MessageRow, State as Agreement, Verdict};
use emma_model::{MessageId, Micros, RecordId};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::HashMap;

/// Narrows rows to what a session may show.
pub struct Presenter<'a> {
    session: &'a Session,
    state: &'a State,
    /// Sources of exhibits, looked up once each.
    sources_unsorted: RefCell<HashMap<String, Option<String>>>,
}

impl<'a> Presenter<'a> {
    /// A presenter for `session`.
    pub fn new(session: &'a Session, state: &'a State) -> Presenter<'a> {
        Presenter { session, state, sources_unsorted: RefCell::default() }
    }

    /// The source of a record.
    pub fn source(&self, record: &RecordId) -> Result<Option<String>> {
        let exhibit = match record {
            RecordId::Live { source, .. } => return Ok(Some(source.clone())),
            RecordId::Sealed { exhibit, .. } => exhibit.to_string(),
        };
        if let Some(known) = self.sources_unsorted.borrow().get(&exhibit) {
            return Ok(known.clone());
        }
        let source = self.state.exhibit(&exhibit)?.map(|found| found.source);
        self.sources_unsorted.borrow_mut().insert(exhibit, source.clone());
        Ok(source)
    }

    /// True where the session may show this record.
    pub fn opens(&self, record: &RecordId) -> Result<bool> {
        if self.session.view().sources.is_none() {
            return Ok(true);
        }
        Ok(self.source(record)?.is_some_and(|source| self.session.opens_source(&source)))
    }

    /// Of all versions of one message, those the session may show, each with the copies it may
    /// show, and how many versions were withheld under which test.
    pub fn narrow(&self, versions: Vec<MessageRow>) -> Result<(Vec<MessageRow>, Withheld)> {
        let mut withheld = Withheld::new();
        let mut shown = Vec::with_capacity(versions.len());
        for mut row in versions {
            match self.session.view().judge(&row) {
                Verdict::Withheld(reason) => *withheld.entry(reason).or_default() += 1,
                Verdict::Visible => {
                    self.narrow_copies(&mut row)?;
                    shown.push(row);
                }
            }
        }
        let count = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        for (version, row) in shown.iter_mut().enumerate() {
            row.version = u32::try_from(version).unwrap_or(u32::MAX);
            row.versions = count;
            row.state = match (count, row.records.len()) {
                (2.., _) => Agreement::Conflicting,
                (_, 2..) => Agreement::Agreeing,
                _ => Agreement::Single,
            };
        }
        Ok((shown, withheld))
    }

    fn narrow_copies(&self, row: &mut MessageRow) -> Result<()> {
        if self.session.view().sources.is_none() {
            return Ok(());
        }
        let mut records = Vec::with_capacity(row.records.len());
        for record in std::mem::take(&mut row.records) {
            if self.opens(&record)? {
                records.push(record);
            }
        }
        row.records = records;
        row.sources.retain(|source| self.session.opens_source(source));
        Ok(())
    }
}

/// A version of a message as it leaves the program, in JSON and exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageLine {
    /// The message's id.
    pub id: String,
    /// Which version of those shown, from 0.
    pub version: u32,
    /// How many versions are shown.
    pub versions: u32,
    /// How the copies shown agree: `single`, `agreeing`, `conflicting`.
    pub state: &'static str,
    /// What it is.
    pub kind: &'static str,
    /// The network.
    pub network: String,
    /// Sender handle.
    pub from: Option<String>,
    /// Recipient handles in the order given.
    pub to: Vec<String>,
    /// Room, group or thread.
    pub conversation: Option<String>,
    /// When; `null` where nothing is known.
    pub time: Option<TimeLine>,
    /// The text said.
    pub text: Option<String>,
    /// Country (ISO 3166-1 alpha-2).
    pub territory: Option<String>,
    /// The network's id of the message this one answers.
    pub reply_to: Option<String>,
    /// Sources of the copies shown.
    pub sources: Vec<String>,
    /// Record ids of the copies shown.
    pub records: Vec<String>,
}

/// A time as it leaves the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeLine {
    /// Earliest it can be, RFC 3339 in UTC.
    pub earliest: String,
    /// Latest it can be, inclusive.
    pub latest: String,
    /// What is known of the zone: `declared`, `assumed`, `unknown`.
    pub zone: &'static str,
    /// Whose clock: `sent`, `received`, `captured`, `delivered`, `unstated`.
    pub clock: &'static str,
    /// True where the bounds come from neighbours, file names or a guess about a clock.
    pub inferred: bool,
}

impl TimeLine {
    fn of(row: &MessageRow) -> Option<TimeLine> {
        let (lo, hi): (Micros, Micros) = (row.lo?, row.hi?);
        Some(TimeLine {
            earliest: format_instant(lo),
            latest: format_instant(hi),
            zone: row.zone.name(),
            clock: row.clock.name(),
            inferred: row.inferred,
        })
    }
}

impl From<&MessageRow> for MessageLine {
    fn from(row: &MessageRow) -> MessageLine {
        MessageLine {
            id: MessageId::to_string(&row.id),
            version: row.version,
            versions: row.versions,
            state: row.state.name(),
            kind: row.kind.name(),
            network: row.network.clone(),
            from: row.from.clone(),
            to: row.to.clone(),
            conversation: row.conversation.clone(),
            time: TimeLine::of(row),
            text: row.text.clone(),
            territory: row.territory.clone(),
            reply_to: row.reply_to.clone(),
            sources: row.sources.clone(),
            records: row.records.iter().map(RecordId::to_string).collect(),
        }
    }
}
