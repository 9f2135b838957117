//! A case, from delivered files to a published snapshot.
//!
//! Everything emma does to evidence happens here, in this order. Each step takes what only the
//! step before can make:
//!
//! 1. [`seal`](crate::seal): bytes into the store, then the delivery into the log;
//! 2. [`parse`](crate::parse): exhibits to record trees, drafts and ledgers, then the receipt;
//! 3. [`derive`](crate::derive): records to messages, Parquet and splits;
//! 4. [`publish`](crate::publish): the snapshot into the log; that entry is the commit.
//!
//! Steps 1 and 2 make ground state. Step 3 can be deleted and done again with the same result.
//! Data first, log second: a crash leaves an orphan to sweep, never an entry for data that is
//! not there. What a crash left undone, [`run`] does: it is also how every intake goes on after
//! its delivery is sealed, so there is one way through.

use crate::access::Session;
use crate::case::Case;
use crate::clock::{Clock, format_instant};
use crate::deliver;
use crate::derive::DeriveLimits;
use crate::error::{CaseError, Result};
use crate::manifest::{self, Compared};
use crate::marks::{self, Marks};
use crate::progress::Progress;
use crate::reading::ReadOutcome;
use crate::seal::{self, SealedFile};
use crate::stages::{StageCost, Stages};
use crate::{parse, publish};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use emma_evidence::payload::{Decision, Delivery, DeliveryLine, Mapping as MappingPayload};
use emma_evidence::payload::{Receipt, Totals, VERSION, kind};
use emma_evidence::{LineSet, NewEntry, Payload, Random, Signer};
use emma_lake::engine::SplitBuilder;
use emma_model::ExhibitId;
use emma_parse::{Limits, Plan};
use emma_store::lock::Lock;
use emma_store::{Scratch, lock};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What the pipeline works with. None of it changes what comes out, except the limits.
pub struct Tools<'a> {
    /// Builds search splits.
    pub splits: &'a dyn SplitBuilder,
    /// Threads to use.
    pub threads: usize,
    /// Limits of reading.
    pub parse_limits: Limits,
    /// Limits of deriving.
    pub derive_limits: DeriveLimits,
    /// Told what is going on.
    pub progress: &'a dyn Progress,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// In place of random seeds of record trees: for comparing runs of a synthetic case.
    pub seed: Option<[u8; 32]>,
}

/// A delivery to take in.
#[derive(Debug, Clone)]
pub struct Intake {
    /// Files and folders as named.
    pub paths: Vec<PathBuf>,
    /// Name of the source.
    pub source: String,
    /// Who handed it over.
    pub sender: String,
    /// Custody before receipt: `proved`, `attested by X`, `asserted` or `unknown`.
    pub custody: String,
    /// A mapping to read it by.
    pub mapping: Option<emma_parse::Mapping>,
}

/// What an intake or a run did.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Log index of the delivery; `None` for a run without one.
    pub delivery: Option<u64>,
    /// Files of the delivery.
    pub files: u64,
    /// Bytes of the delivery.
    pub bytes: u64,
    /// Files that were in the case before, equal in source, path and bytes.
    pub repeated: u64,
    /// True where this delivery had been sealed by an interrupted run, which was finished.
    pub resumed: bool,
    /// Entries that are neither files nor folders and were passed over.
    pub passed_over: u64,
    /// Ledger totals of everything read in this run.
    pub totals: Totals,
    /// Exhibits that were kept out of the case, or lack what marks invented data.
    pub marked: Vec<Marked>,
    /// Manifests of the delivery, compared with its files.
    pub manifests: Vec<Compared>,
    /// Number of the newest snapshot.
    pub snapshot: Option<u64>,
    /// What each stage cost.
    pub stages: Vec<StageCost>,
}

/// An exhibit that holds invented data without being said to, or where none belongs.
#[derive(Debug, Clone)]
pub struct Marked {
    /// The exhibit.
    pub exhibit: ExhibitId,
    /// Its delivered path.
    pub path: String,
    /// True where the case is real and nothing of it was read in; false where the case is
    /// synthetic and the field is missing.
    pub refused: bool,
    /// What was counted.
    pub marks: Marks,
}

/// Takes a delivery in: seals it, then runs the pipeline to the end.
///
/// Interrupted at any point, the same call goes on where it stopped. Files already in the case
/// under the same source and path are recognised and recorded, not repeated.
///
/// # Errors
/// [`CaseError::Busy`] where another pipeline runs; I/O, after which the same call resumes.
pub fn intake(
    case: &mut Case,
    session: &Session,
    log_key: &Signer,
    intake: &Intake,
    tools: &Tools<'_>,
    random: &mut Random<'_>,
) -> Result<Outcome> {
    check_seed(case, tools)?;
    let _lock = hold_pipeline(case, "intake", tools.clock)?;
    let mut stages = Stages::start(tools.progress);
    stages.begin("list", None);
    let delivered = deliver::list(&intake.paths)?;
    // Unfinished business first: it may be this very delivery.
    let unfinished = finish(case, session, tools, &mut stages, random)?;
    stages.begin("seal", Some(delivered.bytes()));
    let sealed = seal::seal(case, &intake.source, &delivered, tools.threads, &stages)?;
    let plan = Plan::new(intake.mapping.clone(), true);
    refuse_second_reading(case, intake, &sealed)?;
    let mut outcome = Outcome {
        files: sealed.len() as u64,
        bytes: sealed.iter().map(|file| file.bytes).sum(),
        passed_over: delivered.passed_over.len() as u64,
        totals: unfinished.totals,
        marked: unfinished.marked,
        manifests: manifest::compare(case, &sealed)?,
        ..Outcome::default()
    };
    match resumed_delivery(case, intake, &sealed, &unfinished.deliveries)? {
        Some(delivery) => {
            outcome.delivery = Some(delivery);
            outcome.resumed = true;
        }
        None => {
            let logged = log_delivery(case, session, intake, &sealed, &plan, tools, random)?;
            outcome.delivery = Some(logged.entry);
            outcome.repeated = logged.repeated;
        }
    }
    let finished = finish(case, session, tools, &mut stages, random)?;
    add_totals(&mut outcome.totals, &finished.totals);
    outcome.marked.extend(finished.marked);
    outcome.snapshot = case.state()?.snapshot()?.map(|snapshot| snapshot.number);
    stages.begin("checkpoint", None);
    case.log.checkpoint(log_key)?;
    outcome.stages = stages.end();
    Ok(outcome)
}

/// Does whatever an interrupted run left undone.
pub fn run(
    case: &mut Case,
    session: &Session,
    log_key: &Signer,
    tools: &Tools<'_>,
    random: &mut Random<'_>,
) -> Result<Outcome> {
    check_seed(case, tools)?;
    let _lock = hold_pipeline(case, "run", tools.clock)?;
    let mut stages = Stages::start(tools.progress);
    let finished = finish(case, session, tools, &mut stages, random)?;
    let snapshot = case.state()?.snapshot()?.map(|snapshot| snapshot.number);
    case.log.checkpoint(log_key)?;
    Ok(Outcome {
        totals: finished.totals,
        marked: finished.marked,
        snapshot,
        stages: stages.end(),
        ..Outcome::default()
    })
}

/// What was still open and is done now.
struct Finished {
    deliveries: Vec<u64>,
    totals: Totals,
    marked: Vec<Marked>,
}

/// Reads deliveries that have no receipt, then publishes receipts that are in no snapshot.
fn finish(
    case: &mut Case,
    session: &Session,
    tools: &Tools<'_>,
    stages: &mut Stages<'_>,
    random: &mut Random<'_>,
) -> Result<Finished> {
    // Nothing is added to a lake of which files are missing.
    case.snapshot()?;
    let scratch = Scratch::create(&case.root.join("scratch"))?;
    let mut finished =
        Finished { deliveries: Vec::new(), totals: Totals::default(), marked: Vec::new() };
    for receipt in publish::unpublished(case)? {
        finished.deliveries.push(receipt.payload.delivery);
        let parsed = parse::read_again(case, &receipt, tools, scratch.path(), stages)?;
        publish::publish(case, session, parsed, tools, stages, random)?;
    }
    for delivery in parse::unread(case)? {
        finished.deliveries.push(delivery.entry);
        let parsed =
            parse::read_delivery(case, session, &delivery, tools, scratch.path(), stages, random)?;
        add_totals(&mut finished.totals, &parsed.totals);
        finished.marked.extend(parsed.readings.iter().filter_map(marked));
        publish::publish(case, session, parsed, tools, stages, random)?;
    }
    Ok(finished)
}

fn marked(read: &ReadOutcome) -> Option<Marked> {
    let stripped = read.ledger.anomalies.contains_key(marks::STRIPPED);
    (read.refused() || stripped).then(|| Marked {
        exhibit: read.of.exhibit,
        path: String::from_utf8_lossy(&read.of.path).into_owned(),
        refused: read.refused(),
        marks: read.marks,
    })
}

fn check_seed(case: &Case, tools: &Tools<'_>) -> Result<()> {
    if tools.seed.is_some() && case.meta.kind == crate::authority::CaseKind::Real {
        return Err(CaseError::usage(
            "seeds can be injected into a synthetic case only",
            "nonces of a real case are random, or its proofs could be guessed",
        ));
    }
    Ok(())
}

/// Takes the pipeline's lock, or says who has it. What a crash left in the lake's folders is
/// swept while it is held.
pub(crate) fn hold_pipeline(case: &mut Case, what: &str, clock: &dyn Clock) -> Result<Lock> {
    let since = format_instant(clock.now());
    let holder = format!("{what} by process {} since {since}", std::process::id());
    match lock::try_acquire(&case.root.join("pipeline.lock"), &holder)? {
        Ok(lock) => {
            publish::sweep(case)?;
            Ok(lock)
        }
        Err(busy) => Err(CaseError::Busy { holder: busy.holder }),
    }
}

/// Refuses a mapping for exhibits that were read without it. A second reading must replace the
/// first in every table; until it does, adding it would count every message twice.
fn refuse_second_reading(case: &mut Case, intake: &Intake, sealed: &[SealedFile]) -> Result<()> {
    let Some(mapping) = &intake.mapping else { return Ok(()) };
    let state = case.state()?;
    let named = format!("mapping {} {} {}", mapping.name(), mapping.version(), mapping.digest());
    let mut otherwise = 0;
    for file in sealed {
        let Some(reading) = state.reading(&file.exhibit.to_string())? else { continue };
        let receipt: Receipt = case.log.payload_of(&case.log.entry(reading.receipt)?)?;
        otherwise += usize::from(!receipt.parsers.contains(&named));
    }
    if otherwise == 0 {
        return Ok(());
    }
    Err(CaseError::usage(
        format!("{otherwise} files of this delivery are in the case, read without this mapping"),
        "a second reading of an exhibit is not in this version: use a case of its own, or hand \
         the files over under another source",
    ))
}

struct Logged {
    entry: u64,
    repeated: u64,
}

/// Appends the delivery with its salted lines, the plan it is to be read by, and the texts of
/// mappings that the log does not hold yet: one group, so all or nothing.
fn log_delivery(
    case: &mut Case,
    session: &Session,
    intake: &Intake,
    sealed: &[SealedFile],
    plan: &Plan,
    tools: &Tools<'_>,
    random: &mut Random<'_>,
) -> Result<Logged> {
    let state = case.state()?;
    let known: BTreeSet<String> = state.exhibits()?.into_iter().map(|known| known.id).collect();
    let mut lines = Vec::with_capacity(sealed.len());
    let mut repeated = 0;
    for file in sealed {
        let again = known.contains(&file.exhibit.to_string());
        repeated += u64::from(again);
        let line = DeliveryLine {
            exhibit: file.exhibit.to_string(),
            path: BASE64.encode(&file.path),
            digest: file.digest.hex(),
            bytes: file.bytes,
            repeated: again,
        };
        lines.push(serde_json::to_string(&line).expect("plain values are JSON"));
    }
    let lines = LineSet::new(lines, random);
    let lines_payload = Payload::seal(&lines.to_value(), random);
    let now = tools.clock.now();
    let delivery = Delivery {
        v: VERSION,
        source: intake.source.clone(),
        sender: intake.sender.clone(),
        authority: session.authority().id.clone(),
        custody: intake.custody.clone(),
        received: now,
        exhibits: sealed.len() as u64,
        bytes: sealed.iter().map(|file| file.bytes).sum(),
        repeated,
        lines_root: lines.root().hex(),
        lines: lines_payload.digest().hex(),
    };
    let planned = Decision {
        v: VERSION,
        what: parse::PLANNED.into(),
        subjects: vec![delivery.lines_root.clone()],
        values: BTreeMap::from([
            ("plan".to_owned(), plan.id().hex()),
            ("readers".to_owned(), plan.describe().join("\n")),
        ]),
        reason: session.reason().to_owned(),
        at: now,
    };
    let mut entries = Vec::new();
    for mapping in plan.mappings() {
        if parse::logged_mapping(case, &mapping.digest())?.is_none() {
            let text = mapping.text().to_owned();
            let payload = MappingPayload { v: VERSION, name: mapping.name().to_owned(), text };
            entries.push(NewEntry::new(kind::MAPPING, Payload::seal(&payload, random)));
        }
    }
    entries.push(NewEntry::new(kind::DECISION, Payload::seal(&planned, random)));
    let mut entry = NewEntry::new(kind::DELIVERY, Payload::seal(&delivery, random));
    entry.attachments.push(lines_payload);
    entries.push(entry);
    let appended = case.log.append(&entries, &session.actor().signer, None, random)?;
    Ok(Logged { entry: appended.first_index + entries.len() as u64 - 1, repeated })
}

/// The delivery among `candidates` that is this one: an interrupted run had sealed and logged it.
fn resumed_delivery(
    case: &mut Case,
    intake: &Intake,
    sealed: &[SealedFile],
    candidates: &[u64],
) -> Result<Option<u64>> {
    let state = case.state()?;
    let ours: BTreeSet<String> = sealed.iter().map(|file| file.exhibit.to_string()).collect();
    for delivery in state.deliveries()? {
        if !candidates.contains(&delivery.entry)
            || delivery.source != intake.source
            || delivery.sender != intake.sender
            || delivery.custody != intake.custody
        {
            continue;
        }
        let theirs = state.exhibits_of(delivery.entry)?;
        if theirs.len() == ours.len() && theirs.iter().all(|(known, _)| ours.contains(&known.id)) {
            return Ok(Some(delivery.entry));
        }
    }
    Ok(None)
}

/// Adds one ledger's totals to another's.
pub(crate) fn add_totals(sum: &mut Totals, more: &Totals) {
    sum.exhibits += more.exhibits;
    sum.bytes += more.bytes;
    sum.leaves += more.leaves;
    for (name, count) in &more.bytes_by_class {
        *sum.bytes_by_class.entry(name.clone()).or_default() += count;
    }
    for (name, count) in &more.records {
        *sum.records.entry(name.clone()).or_default() += count;
    }
    for (name, count) in &more.anomalies {
        *sum.anomalies.entry(name.clone()).or_default() += count;
    }
}
