//! Who did what, when and why: the log, made readable.

use crate::clock::format_instant;
use crate::error::Result;
use crate::state::{State, TimelineEntry, TimelineFilter};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What of the timeline is wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only what this actor did: a name or a key name.
    pub actor: Option<String>,
    /// Only this kind, or kinds that begin with these dotted parts.
    pub kind: Option<String>,
    /// Only entries about this id.
    pub about: Option<String>,
}

/// One entry of the log, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditLine {
    /// Log index.
    pub entry: u64,
    /// The entry's own id.
    pub id: String,
    /// When, RFC 3339 in UTC, by the clock of the actor's machine.
    pub at: Option<String>,
    /// Key name of who signed.
    pub actor: Option<String>,
    /// That person's name, where an authority or the log says it.
    pub name: Option<String>,
    /// Its kind.
    pub kind: String,
    /// The authority it was done under.
    pub authority: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The id it is about.
    pub about: Option<String>,
    /// What was done.
    pub detail: serde_json::Value,
    /// True for an export that was opened and never closed.
    pub left_open: bool,
    /// True where the entry is not yet under a signed checkpoint.
    pub beyond_checkpoint: bool,
}

/// Lists the entries that `filter` wants, in log order. `checkpoint` is how many entries the
/// latest signed checkpoint covers.
pub fn lines(state: &State, filter: &AuditFilter, checkpoint: u64) -> Result<Vec<AuditLine>> {
    let names = state.actor_names()?;
    let closed = closed_exports(state)?;
    let wanted = TimelineFilter {
        actors: filter.actor.as_ref().map(|named| key_names(&names, named)),
        kind: filter.kind.clone(),
        about: filter.about.clone(),
    };
    let mut lines = Vec::new();
    state.timeline(&wanted, &mut |entry| {
        lines.push(line(entry, &names, &closed, checkpoint));
        Ok(())
    })?;
    Ok(lines)
}

/// Key names of everybody who bears that name, and the name itself.
fn key_names(names: &BTreeMap<String, String>, named: &str) -> BTreeSet<String> {
    let bearers = names.iter().filter(|(_, name)| *name == named).map(|(key, _)| key.clone());
    bearers.chain([named.to_owned()]).collect()
}

fn closed_exports(state: &State) -> Result<BTreeSet<String>> {
    let kind = Some(emma_evidence::payload::kind::EXPORT_CLOSED.to_owned());
    let mut closed = BTreeSet::new();
    state.timeline(&TimelineFilter { kind, ..TimelineFilter::default() }, &mut |entry| {
        closed.extend(entry.about);
        Ok(())
    })?;
    Ok(closed)
}

fn line(
    entry: TimelineEntry,
    names: &BTreeMap<String, String>,
    closed: &BTreeSet<String>,
    checkpoint: u64,
) -> AuditLine {
    let is_export = entry.kind == emma_evidence::payload::kind::EXPORT_OPENED;
    AuditLine {
        at: entry.at.map(format_instant),
        name: entry.actor.as_ref().and_then(|key| names.get(key)).cloned(),
        left_open: is_export && !closed.contains(&format!("entry {}", entry.entry)),
        beyond_checkpoint: entry.entry >= checkpoint,
        entry: entry.entry,
        id: entry.id,
        actor: entry.actor,
        kind: entry.kind,
        authority: entry.authority,
        reason: entry.reason,
        about: entry.about,
        detail: entry.detail,
    }
}
