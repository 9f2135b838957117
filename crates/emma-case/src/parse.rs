//! Deliveries to receipts: every exhibit that has no reading under the delivery's plan is read.
//!
//! Trees are durable before the receipt that names them. A receipt names only readings that are
//! new; a delivery of nothing but known exhibits gets one without lines.

use crate::access::Session;
use crate::case::{self, Case};
use crate::error::{CaseError, Result};
use crate::pipeline::{Tools, add_totals};
use crate::progress::Progress as _;
use crate::reading::{self, ReadOutcome, ToRead};
use crate::stages::Stages;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use emma_evidence::payload::{self, Receipt, ReceiptLine, Totals, VERSION, kind};
use emma_evidence::tree::{self, TreeWriter};
use emma_evidence::{LineSet, NewEntry, Payload, Random, ReadingId};
use emma_model::{Digest, ExhibitId, ItemClass, RecordKind};
use emma_parse::{Mapping, Plan};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a decision is called that says by which plan a delivery is read. Its subject is the
/// root of the delivery's lines.
pub const PLANNED: &str = "reading.planned";

/// A delivery without a receipt.
#[derive(Debug, Clone)]
pub struct Unread {
    /// Log index of the delivery.
    pub entry: u64,
    /// Root of its lines.
    pub lines_root: String,
}

/// A receipt with its place in the log.
#[derive(Debug, Clone)]
pub struct LoggedReceipt {
    /// Log index.
    pub entry: u64,
    /// What it says.
    pub payload: Receipt,
}

/// Readings that are in the log and not in a snapshot.
#[derive(Debug)]
pub struct Parsed {
    /// Log index of the receipt.
    pub receipt: u64,
    /// The readings, by exhibit.
    pub readings: Vec<ReadOutcome>,
    /// Their ledgers, added up.
    pub totals: Totals,
}

/// Deliveries that no receipt answers yet, oldest first.
pub fn unread(case: &mut Case) -> Result<Vec<Unread>> {
    let state = case.state()?;
    let mut unread = Vec::new();
    for delivery in state.deliveries()? {
        if state.receipts_of(delivery.entry)?.is_empty() {
            let entry = case.log.entry(delivery.entry)?;
            let payload: payload::Delivery = case.log.payload_of(&entry)?;
            unread.push(Unread { entry: delivery.entry, lines_root: payload.lines_root });
        }
    }
    Ok(unread)
}

/// Reads what a delivery brought and appends its receipt.
pub fn read_delivery(
    case: &mut Case,
    session: &Session,
    delivery: &Unread,
    tools: &Tools<'_>,
    scratch: &Path,
    stages: &mut Stages<'_>,
    random: &mut Random<'_>,
) -> Result<Parsed> {
    let plan = planned(case, &delivery.lines_root)?;
    let plan_id = plan.id();
    let state = case.state()?;
    let mut todo = Vec::new();
    for (known, _) in state.exhibits_of(delivery.entry)? {
        let exhibit = ExhibitId(case::digest(&known.id)?);
        let reading = ReadingId::derive(exhibit, &plan_id);
        let current = state.reading(&known.id)?;
        // A reading stays the reading: other reader versions alone are no reason for another.
        if current.is_some() {
            continue;
        }
        let digest = case::digest(&known.digest)?;
        let (source, path, bytes) = (known.source, known.path, known.bytes);
        let kind = case.meta.kind;
        todo.push(ToRead { exhibit, source, path, digest, bytes, reading, kind });
    }
    stages.begin("parse", Some(todo.iter().map(|exhibit| exhibit.bytes).sum()));
    prepare_seeds(case, &todo, tools, random)?;
    let readings = read_all(case, todo, &plan, tools, scratch, stages, Trees::Write)?;
    let evidence = case.root.join("evidence");
    tree::sync_trees(readings.iter().map(|read| tree::folder(&evidence, read.of.reading)))?;
    stages.begin("receipt", None);
    let (entry, totals) = log_receipt(case, session, delivery, &plan, &readings, random)?;
    Ok(Parsed { receipt: entry, readings, totals })
}

/// Reads the exhibits of a receipt again, without writing trees: their snapshot is missing.
pub fn read_again(
    case: &mut Case,
    receipt: &LoggedReceipt,
    tools: &Tools<'_>,
    scratch: &Path,
    stages: &mut Stages<'_>,
) -> Result<Parsed> {
    let plan = plan_of(case, &receipt.payload.parsers)?;
    let todo = exhibits_of(case, &receipt.payload)?;
    stages.begin("parse", Some(todo.iter().map(|exhibit| exhibit.bytes).sum()));
    let readings = read_all(case, todo, &plan, tools, scratch, stages, Trees::Leave)?;
    Ok(Parsed { receipt: receipt.entry, readings, totals: Totals::default() })
}

/// What becomes of record trees during a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trees<'a> {
    /// Written into the case; a whole tree that is there already is written again, equal.
    Write,
    /// Left alone.
    Leave,
    /// Written into another evidence folder from the case's own seeds, for comparing.
    Beside(&'a Path),
}

/// Reads exhibits on several threads; the result is ordered by exhibit id.
pub fn read_all(
    case: &Case,
    mut todo: Vec<ToRead>,
    plan: &Plan,
    tools: &Tools<'_>,
    scratch: &Path,
    stages: &Stages<'_>,
    trees: Trees<'_>,
) -> Result<Vec<ReadOutcome>> {
    // The largest first, so that threads end together.
    todo.sort_by_key(|exhibit| Reverse((exhibit.bytes, exhibit.exhibit)));
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(todo.len()));
    std::thread::scope(|scope| {
        for _ in 0..tools.threads.clamp(1, todo.len().max(1)) {
            scope.spawn(|| {
                while let Some(of) = todo.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let result = read_one(case, of, plan, tools, scratch, stages, trees);
                    let failed = result.is_err();
                    results.lock().expect("no thread panics holding it").push(result);
                    if failed {
                        next.fetch_add(todo.len(), Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let results = results.into_inner().expect("all threads ended");
    let mut readings = results.into_iter().collect::<Result<Vec<ReadOutcome>>>()?;
    readings.sort_by_key(|read| read.of.exhibit);
    Ok(readings)
}

fn read_one(
    case: &Case,
    of: &ToRead,
    plan: &Plan,
    tools: &Tools<'_>,
    scratch: &Path,
    stages: &Stages<'_>,
    trees: Trees<'_>,
) -> Result<ReadOutcome> {
    let file = case.exhibits().file(&of.digest)?;
    let evidence = case.root.join("evidence");
    let tree = match trees {
        Trees::Leave => None,
        Trees::Write => {
            // What an interrupted reading of this exhibit left.
            emma_store::sweep_temporaries(&tree::folder(&evidence, of.reading))?;
            Some(TreeWriter::create(&evidence, of.reading, &mut |buffer| {
                emma_evidence::system_random(buffer)
            })?)
        }
        Trees::Beside(other) => {
            let seed = tree::seed_of(&evidence, of.reading)?;
            Some(TreeWriter::create(other, of.reading, &mut |buffer| {
                buffer.copy_from_slice(&seed[..buffer.len()])
            })?)
        }
    };
    let mut read_so_far = 0;
    let mut progress = |bytes: u64| {
        // A log is read twice; it counts once.
        let bytes = bytes.min(of.bytes);
        stages.bytes(bytes.saturating_sub(read_so_far));
        read_so_far = read_so_far.max(bytes);
    };
    let limits = &tools.parse_limits;
    let read = reading::read(file, of.clone(), plan, limits, scratch, tree, &mut progress)?;
    stages.advance(read.ledger.records());
    Ok(read)
}

/// Makes the seeds of all readings durable before the first leaf of any.
fn prepare_seeds(
    case: &Case,
    todo: &[ToRead],
    tools: &Tools<'_>,
    random: &mut Random<'_>,
) -> Result<()> {
    let evidence = case.root.join("evidence");
    match tools.seed {
        None => {
            let readings: Vec<ReadingId> = todo.iter().map(|exhibit| exhibit.reading).collect();
            Ok(tree::create_seeds(&evidence, &readings, random)?)
        }
        Some(seed) => {
            for exhibit in todo {
                let own = Digest::of_parts(&[b"emma/injected\0", &seed, &exhibit.reading.0.0]);
                tree::create_seeds(&evidence, &[exhibit.reading], &mut |buffer| {
                    buffer.copy_from_slice(&own.0[..buffer.len()])
                })?;
            }
            Ok(())
        }
    }
}

fn log_receipt(
    case: &mut Case,
    session: &Session,
    delivery: &Unread,
    plan: &Plan,
    readings: &[ReadOutcome],
    random: &mut Random<'_>,
) -> Result<(u64, Totals)> {
    let mut totals = Totals::default();
    let mut lines = Vec::with_capacity(readings.len());
    for read in readings {
        let line = receipt_line(read);
        add_totals(&mut totals, &totals_of(&line));
        lines.push(serde_json::to_string(&line).expect("plain values are JSON"));
    }
    let lines = LineSet::new(lines, random);
    let lines_payload = Payload::seal(&lines.to_value(), random);
    let receipt = Receipt {
        v: VERSION,
        delivery: delivery.entry,
        plan: plan.id().hex(),
        parsers: plan.describe(),
        lines_root: lines.root().hex(),
        lines: lines_payload.digest().hex(),
        totals: totals.clone(),
    };
    let mut entry = NewEntry::new(kind::RECEIPT, Payload::seal(&receipt, random));
    entry.attachments.push(lines_payload);
    let appended = case.log.append(&[entry], &session.actor().signer, None, random)?;
    Ok((appended.first_index, totals))
}

/// The ledger line of one reading.
pub fn receipt_line(read: &ReadOutcome) -> ReceiptLine {
    let ledger = &read.ledger;
    let tree = read.tree.expect("a receipt is written after a tree");
    let classes = [ItemClass::Record, ItemClass::Framing, ItemClass::Anomaly, ItemClass::Blob];
    let counted = |pairs: &mut dyn Iterator<Item = (&'static str, u64)>| {
        let present = pairs.filter(|(_, count)| *count > 0);
        present.map(|(name, count)| (name.to_owned(), count)).collect::<BTreeMap<_, _>>()
    };
    ReceiptLine {
        exhibit: read.of.exhibit.to_string(),
        source: read.of.source.clone(),
        path: BASE64.encode(&read.of.path),
        digest: read.of.digest.hex(),
        bytes: read.of.bytes,
        reading: read.of.reading.to_string(),
        tree_root: tree.root.hex(),
        seed: tree.seed.hex(),
        leaves: tree.leaves,
        members: ledger.members.len() as u64 + ledger.members_unlisted,
        bytes_by_class: counted(
            &mut classes.iter().map(|class| (class.name(), ledger.bytes[*class as usize - 1])),
        ),
        records: counted(
            &mut RecordKind::ALL.iter().map(|kind| (kind.name(), ledger.kinds[*kind as usize])),
        ),
        anomalies: counted(&mut ledger.anomalies.iter().map(|(kind, count)| (*kind, *count))),
    }
}

fn totals_of(line: &ReceiptLine) -> Totals {
    Totals {
        exhibits: 1,
        bytes: line.bytes,
        leaves: line.leaves,
        bytes_by_class: line.bytes_by_class.clone(),
        records: line.records.clone(),
        anomalies: line.anomalies.clone(),
    }
}

/// The exhibits that a receipt says were read.
pub fn exhibits_of(case: &Case, receipt: &Receipt) -> Result<Vec<ToRead>> {
    let bytes =
        case.log.payload(&case::digest(&receipt.lines)?)?.ok_or_else(|| missing("lines"))?;
    let mut exhibits = Vec::new();
    for line in LineSet::from_payload(&bytes)?.lines() {
        let line: ReceiptLine = serde_json::from_str(line).map_err(|_| missing("a line"))?;
        exhibits.push(ToRead {
            exhibit: ExhibitId(case::digest(&line.exhibit)?),
            source: line.source,
            path: BASE64.decode(&line.path).map_err(|_| missing("a path"))?,
            digest: case::digest(&line.digest)?,
            bytes: line.bytes,
            reading: ReadingId(case::digest(&line.reading)?),
            kind: case.meta.kind,
        });
    }
    Ok(exhibits)
}

fn missing(what: &str) -> CaseError {
    CaseError::Corrupt {
        object: "a receipt's payload".into(),
        what: format!("{what} cannot be read: erased or damaged"),
    }
}

/// The plan decided on for a delivery: the last decision counts.
fn planned(case: &Case, lines_root: &str) -> Result<Plan> {
    let mut readers = None;
    for entry in case.log.entries(0..case.log.size()) {
        let entry = entry?;
        if entry.kind != kind::DECISION {
            continue;
        }
        let decision: payload::Decision = case.log.payload_of(&entry)?;
        if decision.what == PLANNED && decision.subjects.iter().any(|root| root == lines_root) {
            readers = decision.values.get("readers").cloned();
        }
    }
    match readers {
        None => Ok(Plan::new(None, true)),
        Some(readers) => {
            let lines: Vec<String> = readers.lines().map(str::to_owned).collect();
            plan_of(case, &lines)
        }
    }
}

/// The plan that a receipt or decision describes, from the mapping texts in the log.
pub fn plan_of(case: &Case, readers: &[String]) -> Result<Plan> {
    let mut mappings = Vec::new();
    for line in readers {
        let Some(rest) = line.strip_prefix("mapping ") else {
            continue;
        };
        let wanted = rest.rsplit(' ').next().unwrap_or_default();
        let text =
            logged_mapping(case, &case::digest(wanted)?)?.ok_or_else(|| missing("a mapping"))?;
        mappings.push(Mapping::parse(&text).map_err(|_| missing("a mapping"))?);
    }
    let plan = Plan::of(mappings);
    if plan.describe() != readers {
        return Err(CaseError::usage(
            "this reading was made by readers of another version",
            "use the program version that made it to rebuild, or take the delivery in again",
        ));
    }
    Ok(plan)
}

/// The text of the mapping with that digest, where the log holds it.
pub fn logged_mapping(case: &Case, digest: &Digest) -> Result<Option<String>> {
    for entry in case.log.entries(0..case.log.size()) {
        let entry = entry?;
        if entry.kind == kind::MAPPING {
            let mapping: payload::Mapping = case.log.payload_of(&entry)?;
            if Digest::of(mapping.text.as_bytes()) == *digest {
                return Ok(Some(mapping.text));
            }
        }
    }
    Ok(None)
}

/// Digests that occur more than once among `readings`.
pub fn repeated_digests(readings: &[ReadOutcome]) -> BTreeSet<Digest> {
    let mut seen = BTreeSet::new();
    readings.iter().filter(|read| !seen.insert(read.of.digest)).map(|read| read.of.digest).collect()
}
