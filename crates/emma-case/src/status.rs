//! What a case holds, as far as a session opens it, each total with its definition.

use crate::access::{Session, Withheld};
use crate::case::Case;
use crate::clock::format_instant;
use crate::error::Result;
use crate::held::Held;
use crate::present::Presenter;
use crate::state::State;
use emma_evidence::merkle;
use emma_lake::totals::MessageTotals;
use emma_lake::{MessageRow, Snapshot, Verdict};
use emma_model::Micros;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// What a case holds.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The case id.
    pub case: String,
    /// The case's name.
    pub name: String,
    /// `real` or `synthetic`.
    pub kind: &'static str,
    /// When it was founded, RFC 3339 in UTC.
    pub created: String,
    /// The authority the totals were read under.
    pub authority: String,
    /// Entries in the log.
    pub log_size: u64,
    /// Root of the log over all of them.
    pub log_root: String,
    /// Entries under the latest signed checkpoint.
    pub checkpoint_size: u64,
    /// The snapshot read.
    pub snapshot: Option<u64>,
    /// When it was published, RFC 3339 in UTC.
    pub published: Option<String>,
    /// Root over all exhibit ids of the case.
    pub exhibits_root: String,
    /// Root of every table of the snapshot, by name.
    pub table_roots: BTreeMap<String, String>,
    /// The totals.
    pub totals: Vec<Total>,
    /// Messages withheld, by reason.
    pub withheld: BTreeMap<&'static str, u64>,
    /// The same, for the access entry.
    #[serde(skip)]
    pub withheld_rows: Withheld,
    /// Messages counted.
    #[serde(skip)]
    pub messages: u64,
}

/// One total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Its name.
    pub name: String,
    /// Its value: a number, or a time as RFC 3339 in UTC.
    pub value: serde_json::Value,
    /// What is counted.
    pub definition: &'static str,
}

fn total(name: impl Into<String>, value: impl Into<serde_json::Value>, of: &'static str) -> Total {
    Total { name: name.into(), value: value.into(), definition: of }
}

/// Counts what `session` opens of `case`.
pub fn status(case: &Case, state: &State, session: &Session) -> Result<Status> {
    let mut totals = Vec::new();
    delivered(state, session, &mut totals)?;
    let mut withheld = Withheld::new();
    let mut messages = 0;
    if let Some(published) = session.snapshot() {
        let snapshot = Snapshot::load(&case.root, published.manifest)?;
        let counted = match session.view().is_open() {
            true => count_all(case, &snapshot)?,
            false => count_shown(case, state, session, &snapshot, &mut withheld)?,
        };
        messages = counted.messages;
        written(&counted, &mut totals);
    }
    let published = session.snapshot();
    Ok(Status {
        case: case.meta.id.to_string(),
        name: case.meta.name.clone(),
        kind: case.meta.kind.name(),
        created: format_instant(case.meta.created),
        authority: session.authority().id.clone(),
        log_size: case.log.size(),
        log_root: case.log.root().hex(),
        checkpoint_size: case.log.latest_checkpoint()?.map_or(0, |checkpoint| checkpoint.size),
        snapshot: published.map(|snapshot| snapshot.number),
        published: published.map(|snapshot| format_instant(snapshot.at)),
        exhibits_root: exhibits_root(state)?,
        table_roots: published.map(|snapshot| snapshot.roots.clone()).unwrap_or_default(),
        totals,
        withheld: withheld.iter().map(|(reason, rows)| (reason.name(), *rows)).collect(),
        withheld_rows: withheld,
        messages,
    })
}

/// RFC 6962 root over the case's exhibit ids (32 bytes each), ascending: equal for cases that
/// hold the same exhibits.
fn exhibits_root(state: &State) -> Result<String> {
    let mut leaves = Vec::new();
    for exhibit in state.exhibits()? {
        leaves.push(merkle::leaf_hash(&crate::case::digest(&exhibit.id)?.0));
    }
    Ok(merkle::root_of(&leaves).hex())
}

/// Deliveries, exhibits and what their bytes turned out to be.
fn delivered(state: &State, session: &Session, totals: &mut Vec<Total>) -> Result<()> {
    let deliveries: Vec<_> = state
        .deliveries()?
        .into_iter()
        .filter(|delivery| session.opens_source(&delivery.source))
        .collect();
    let sources: HashSet<&str> = deliveries.iter().map(|one| one.source.as_str()).collect();
    totals.push(total("sources", sources.len(), "sources opened by the authority"));
    totals.push(total("deliveries", deliveries.len(), "hand-overs from those sources"));
    let repeated: u64 = deliveries.iter().map(|one| one.repeated).sum();
    let exhibits = state.exhibits()?;
    let opened = exhibits.iter().filter(|exhibit| session.opens_source(&exhibit.source));
    let (mut count, mut bytes) = (0u64, 0u64);
    for exhibit in opened {
        count += 1;
        bytes += exhibit.bytes;
    }
    totals.push(total("exhibits", count, "distinct files sealed, by source, path and bytes"));
    totals.push(total("exhibit bytes", bytes, "their bytes as delivered"));
    totals.push(total("repetitions", repeated, "files handed over again, equal in all three"));
    read(state, session, totals)
}

/// The current readings' ledgers. They are of whole exhibits, so that they are left out where
/// the authority opens only some rows of them.
fn read(state: &State, session: &Session, totals: &mut Vec<Total>) -> Result<()> {
    let view = session.view();
    if view.handles.is_some() || view.territory.is_some() || view.period.is_some() {
        return Ok(());
    }
    let (mut classes, mut records, mut anomalies) =
        (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut members = 0;
    for reading in state.readings()? {
        let ledger = reading.ledger;
        if session.opens_source(&ledger.source) {
            members += ledger.members;
            sum(&mut classes, ledger.bytes_by_class);
            sum(&mut records, ledger.records);
            sum(&mut anomalies, ledger.anomalies);
        }
    }
    totals.push(total("members", members, "files and members of containers that were read"));
    let unpacked: u64 = classes.values().sum();
    totals.push(total("unpacked bytes", unpacked, "bytes of members, each counted once below"));
    for (class, bytes) in classes {
        totals.push(total(format!("bytes: {class}"), bytes, "unpacked bytes of this class"));
    }
    for (kind, count) in records {
        totals.push(total(format!("records: {kind}"), count, "records parsed, of this kind"));
    }
    for (kind, count) in anomalies {
        totals.push(total(format!("anomalies: {kind}"), count, "oddities recorded, of this kind"));
    }
    Ok(())
}

fn sum(all: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (name, count) in more {
        *all.entry(name).or_default() += count;
    }
}

/// Everything, by scanning columns.
fn count_all(case: &Case, snapshot: &Snapshot) -> Result<MessageTotals> {
    let held = Held::new(&case.root, snapshot);
    let mut totals = MessageTotals::default();
    for (number, view) in snapshot.segments.iter().enumerate() {
        if let Some(file) = held.messages(number)? {
            totals.add(file, &view.masked_messages)?;
        }
    }
    Ok(totals)
}

/// What the view opens, row by row.
fn count_shown(
    case: &Case,
    state: &State,
    session: &Session,
    snapshot: &Snapshot,
    withheld: &mut Withheld,
) -> Result<MessageTotals> {
    let held = Held::new(&case.root, snapshot);
    let present = Presenter::new(session, state);
    let mut totals = MessageTotals::default();
    for (number, view) in snapshot.segments.iter().enumerate() {
        let Some(file) = held.messages(number)? else {
            continue;
        };
        let mut versions: Vec<MessageRow> = Vec::new();
        for (row, value) in (0..file.len()).zip(file.range(0..file.len())) {
            let value = value?;
            if view.masked_messages.contains(row) {
                continue;
            }
            // The versions of a message stand next to each other.
            if versions.last().is_some_and(|last| last.id != value.id) {
                count(&present, session, std::mem::take(&mut versions), &mut totals, withheld)?;
            }
            versions.push(value);
        }
        count(&present, session, versions, &mut totals, withheld)?;
    }
    Ok(totals)
}

/// Counts one message by its versions.
fn count(
    present: &Presenter<'_>,
    session: &Session,
    versions: Vec<MessageRow>,
    totals: &mut MessageTotals,
    withheld: &mut Withheld,
) -> Result<()> {
    let Some(first) = versions.first() else {
        return Ok(());
    };
    let first_verdict = session.view().judge(first);
    let (shown, _) = present.narrow(versions)?;
    let Some(first) = shown.first() else {
        if let Verdict::Withheld(reason) = first_verdict {
            *withheld.entry(reason).or_default() += 1;
        }
        return Ok(());
    };
    totals.messages += 1;
    totals.versions += shown.len() as u64;
    *totals.by_kind.entry(first.kind.name()).or_default() += 1;
    *totals.by_state.entry(first.state.name()).or_default() += 1;
    for row in &shown {
        totals.handles.extend(row.from.iter().chain(&row.to).cloned());
        totals.senders.entry(row.kind.name()).or_default().extend(row.from.clone());
        match row.lo {
            None => totals.undated += u64::from(row.version == 0),
            Some(at) => {
                let (earliest, latest) = totals.sort.unwrap_or((at, at));
                totals.sort = Some((earliest.min(at), latest.max(at)));
            }
        }
    }
    Ok(())
}

fn written(counted: &MessageTotals, totals: &mut Vec<Total>) {
    let of_messages = "communications, each counted once whatever its copies and versions";
    totals.push(total("messages", counted.messages, of_messages));
    let of_versions = "distinct contents of messages; more than one where copies differ";
    totals.push(total("versions", counted.versions, of_versions));
    for (kind, count) in &counted.by_kind {
        totals.push(total(format!("messages: {kind}"), *count, "messages of this kind"));
    }
    for (state, count) in &counted.by_state {
        let of_state = "messages whose copies are one, agree, or conflict";
        totals.push(total(format!("messages: {state}"), *count, of_state));
    }
    let of_handles = "distinct account names that sent or were named as recipients";
    totals.push(total("handles", counted.handles.len(), of_handles));
    for (kind, senders) in &counted.senders {
        let of_senders = "distinct account names that sent something of this kind";
        totals.push(total(format!("senders: {kind}"), senders.len(), of_senders));
    }
    totals.push(total("undated", counted.undated, "messages of which no time is known"));
    if let Some((earliest, latest)) = counted.sort {
        let instant = |at: Micros| serde_json::Value::String(format_instant(at));
        totals.push(total("earliest", instant(earliest), "earliest time a message can be"));
        totals.push(total("latest", instant(latest), "latest of messages' earliest times"));
    }
}
