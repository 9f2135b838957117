//! Acting in a case: as one actor, for a reason, under one authority.
//!
//! [`Session::for_reading`] and [`Session::for_intake`] are the only ways to a [`Session`], and
//! whatever reads or takes in content asks for one. A reader then
//!
//! 1. computes its results through [`Session::view`],
//! 2. makes the entry that says so durable with [`Session::record`],
//! 3. shows them.
//!
//! An export cannot know its count before it ends: [`Session::open_export`] comes before the
//! first row and [`Session::close_export`] after the last. An export that was interrupted stays
//! open in the log, which the audit shows.

use crate::actor::{self, ActingActor};
use crate::authority::{Authority, CaseKind};
use crate::clock::{Clock, format_instant};
use crate::error::{CaseError, Refusal, Result};
use crate::home::Home;
use crate::state::{SnapshotState, State};
use emma_evidence::payload::{self, kind};
use emma_evidence::{Log, NewEntry, Payload, Random};
use emma_lake::{Reason, View};
use emma_model::Micros;
use std::collections::BTreeMap;

/// Longest reason, in bytes.
pub const REASON_BYTES_MAX: usize = 4096;

/// Who wants to act, why and under what, as asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The actor by name or key name; `None` where the machine has one.
    pub actor: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The authority's id; `None` where the case has one.
    pub authority: Option<String>,
}

/// What a session is opened on.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Where the actors' keys are.
    pub home: &'a Home,
    /// The case's state, following its log to the end.
    pub state: &'a State,
    /// The case's kind.
    pub kind: CaseKind,
    /// What time it is.
    pub clock: &'a dyn Clock,
}

/// An actor with a reason under an authority that allows it.
#[derive(Debug)]
pub struct Session {
    actor: ActingActor,
    reason: String,
    authority: Authority,
    view: View,
    snapshot: Option<SnapshotState>,
    at: Micros,
}

/// What was read, for its entry in the log.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The command, without its arguments: `search`, `show`.
    pub command: &'static str,
    /// What was asked, as typed.
    pub query: Option<String>,
    /// Rows shown.
    pub shown: u64,
    /// Rows withheld, by reason.
    pub withheld: Withheld,
}

/// How many rows were withheld under which test.
pub type Withheld = BTreeMap<Reason, u64>;

impl Session {
    /// Opens a session that reads.
    ///
    /// # Errors
    /// Refused where the authority does not name the actor, after its `read_until`, and where
    /// the clock of a real case is held still. A usage error without a reason.
    pub fn for_reading(place: Place<'_>, asked: &Asked) -> Result<Session> {
        let reason = checked_reason(asked.reason.as_deref())?;
        let session = Session::open(place, asked, reason)?;
        if session.at > session.authority.read_until {
            return Err(CaseError::Refused(Refusal::ReadingOver {
                authority: session.authority.id,
                until: format_instant(session.authority.read_until),
            }));
        }
        Ok(session)
    }

    /// Opens a session that takes in a delivery from `source`.
    ///
    /// # Errors
    /// Refused where the authority does not name the actor, outside its `valid`, where the
    /// source has another authority, and where the clock of a real case is held still.
    pub fn for_intake(place: Place<'_>, asked: &Asked, source: &str) -> Result<Session> {
        if !crate::authority::is_plain_name(source) {
            return Err(CaseError::usage(
                "the source is not a plain name",
                "use 1 to 64 of a-z, 0-9, '.', '-' and '_', starting with a letter or digit",
            ));
        }
        let reason = asked.reason.as_deref().map(|_| checked_reason(asked.reason.as_deref()));
        let session = Session::open(place, asked, reason.transpose()?.unwrap_or_default())?;
        let authority = &session.authority;
        let id = authority.id.clone();
        if session.at < authority.valid.from {
            let from = format_instant(authority.valid.from);
            return Err(CaseError::Refused(Refusal::NotYetValid { authority: id, from }));
        }
        if session.at > authority.valid.to {
            let to = format_instant(authority.valid.to);
            return Err(CaseError::Refused(Refusal::NoLongerValid { authority: id, to }));
        }
        match place.state.authority_of_source(source)? {
            Some(other) if other != id => {
                Err(CaseError::Refused(Refusal::ForeignSource { authority: other }))
            }
            _ => Ok(session),
        }
    }

    /// Opens a session that finishes what an interrupted intake left. What it reads was allowed
    /// in when it was taken in, so that an authority that has ended since does not keep sealed
    /// exhibits from being read by the machine; people still cannot read them.
    ///
    /// # Errors
    /// Refused where the authority does not name the actor, and where the clock of a real case
    /// is held still.
    pub fn for_running(place: Place<'_>, asked: &Asked) -> Result<Session> {
        let reason = asked.reason.as_deref().map(|_| checked_reason(asked.reason.as_deref()));
        Session::open(place, asked, reason.transpose()?.unwrap_or_default())
    }

    fn open(place: Place<'_>, asked: &Asked, reason: String) -> Result<Session> {
        if place.kind == CaseKind::Real && !place.clock.is_system() {
            return Err(CaseError::Refused(Refusal::ClockHeld));
        }
        let actor = actor::acting(place.home, asked.actor.as_deref())?;
        let authority = choose(place.state, &actor, asked.authority.as_deref())?;
        if authority.actor(actor.signer.verifier()).is_none() {
            return Err(CaseError::Refused(Refusal::NotAnActor {
                actor: actor.signer.name().to_owned(),
                authority: authority.id,
            }));
        }
        let view = view(place.state, &authority)?;
        let snapshot = place.state.snapshot()?;
        Ok(Session { actor, reason, authority, view, snapshot, at: place.clock.now() })
    }

    /// The rows this session may show.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// True where this session may show copies from `source`.
    pub fn opens_source(&self, source: &str) -> bool {
        self.view.sources.as_ref().is_none_or(|sources| sources.contains(source))
    }

    /// The snapshot this session reads; `None` where nothing is published yet.
    pub fn snapshot(&self) -> Option<&SnapshotState> {
        self.snapshot.as_ref()
    }

    /// The authority acted under.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The actor who acts.
    pub fn actor(&self) -> &ActingActor {
        &self.actor
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When the session was opened.
    pub fn at(&self) -> Micros {
        self.at
    }

    /// Makes the entry of a read durable. Call it before showing anything.
    pub fn record(&self, log: &mut Log, access: &Access, random: &mut Random<'_>) -> Result<u64> {
        let payload = self.access(access, Some(access.shown), None);
        self.append(log, kind::ACCESS, &payload, random)
    }

    /// Makes the entry of an export that begins durable. Call it before the first row; the
    /// counts of `access` are not written.
    pub fn open_export(
        &self,
        log: &mut Log,
        access: &Access,
        random: &mut Random<'_>,
    ) -> Result<OpenExport> {
        let counts = Access { withheld: Withheld::new(), ..access.clone() };
        let payload = self.access(&counts, None, None);
        Ok(OpenExport(self.append(log, kind::EXPORT_OPENED, &payload, random)?))
    }

    /// Closes an export with what it showed and withheld.
    pub fn close_export(
        &self,
        log: &mut Log,
        opened: OpenExport,
        access: &Access,
        random: &mut Random<'_>,
    ) -> Result<u64> {
        let payload = self.access(access, Some(access.shown), Some(opened.0));
        self.append(log, kind::EXPORT_CLOSED, &payload, random)
    }

    fn access(&self, access: &Access, shown: Option<u64>, opened: Option<u64>) -> payload::Access {
        let withheld = access.withheld.iter();
        payload::Access {
            v: payload::VERSION,
            actor: self.actor.signer.name().to_owned(),
            reason: self.reason.clone(),
            authority: self.authority.id.clone(),
            command: access.command.to_owned(),
            query: access.query.clone(),
            shown,
            withheld: withheld.map(|(reason, rows)| (reason.name().to_owned(), *rows)).collect(),
            snapshot: self.snapshot.as_ref().map(|snapshot| snapshot.number),
            opened,
            at: self.at,
        }
    }

    /// Appends an entry signed by the session's actor and returns its log index.
    pub(crate) fn append<T: serde::Serialize>(
        &self,
        log: &mut Log,
        kind: &str,
        payload: &T,
        random: &mut Random<'_>,
    ) -> Result<u64> {
        let entry = NewEntry::new(kind, Payload::seal(payload, random));
        Ok(log.append(&[entry], &self.actor.signer, None, random)?.first_index)
    }
}

/// An export whose entry is in the log and whose end is not yet. Dropping it leaves it open.
#[derive(Debug)]
#[must_use = "an export is closed with its count"]
pub struct OpenExport(u64);

fn checked_reason(reason: Option<&str>) -> Result<String> {
    let reason = reason.map(str::trim).unwrap_or_default();
    if reason.is_empty() {
        return Err(CaseError::usage(
            "reading needs a reason",
            "say why with --reason TEXT or EMMA_REASON; the log keeps it",
        ));
    }
    if reason.len() > REASON_BYTES_MAX {
        return Err(CaseError::usage("the reason is longer than 4,096 bytes", "shorten it"));
    }
    Ok(reason.to_owned())
}

/// The authority with that id; else the only one of the case; else the only one of the actor.
fn choose(state: &State, actor: &ActingActor, named: Option<&str>) -> Result<Authority> {
    let mut authorities: Vec<Authority> =
        state.authorities()?.into_iter().map(|found| found.authority).collect();
    if let Some(named) = named {
        let found = authorities.into_iter().find(|authority| authority.id == named);
        let help = "`emma authority list` shows those of the case";
        return found.ok_or_else(|| CaseError::usage("there is no such authority", help));
    }
    if authorities.is_empty() {
        let help = "add one with `emma authority add CASE FILE`: nothing enters or is read without";
        return Err(CaseError::usage("the case has no authority", help));
    }
    if authorities.len() > 1 {
        let all: Vec<String> = authorities.iter().map(|authority| authority.id.clone()).collect();
        authorities.retain(|authority| authority.actor(actor.signer.verifier()).is_some());
        if authorities.len() != 1 {
            let help = "say under which with --authority ID or EMMA_AUTHORITY";
            let what = format!("the case has {} authorities: {}", all.len(), all.join(", "));
            return Err(CaseError::usage(what, help));
        }
    }
    Ok(authorities.remove(0))
}

/// What `authority` opens. A limit that limits nothing in this case is left out, so that
/// searching is not slower for having an authority.
fn view(state: &State, authority: &Authority) -> Result<View> {
    let mut view = authority.view(state.sources_of(&authority.id)?);
    let all = state.sources()?;
    if view.sources.as_ref().is_some_and(|opened| all.iter().all(|s| opened.contains(s))) {
        view.sources = None;
    }
    Ok(view)
}

#[cfg(test)]
mod tests;
