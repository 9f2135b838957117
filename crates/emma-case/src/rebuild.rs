//! Everything derived, derived again beside the case, and compared.
//!
//! Replays the log: each receipt's exhibits are read again (their record trees grown again from
//! the case's own seeds), and each snapshot is derived again from the one before it. Record
//! trees, ledgers, every Parquet file, split and mask, and the table roots must be equal. One
//! snapshot is in scratch at a time, and it is removed once it is compared.
//!
//! [`restore`] does the same and then puts files that are missing from the case, or damaged, back
//! in their place: derived data can be deleted.

use crate::case::{self, Case};
use crate::derive::{self, Workshop};
use crate::error::{CaseError, Result, at};
use crate::parse::{self, Parsed, Trees};
use crate::pipeline::{self, Tools};
use crate::publish::{self, Source};
use crate::reading::ReadOutcome;
use crate::stages::{StageCost, Stages};
use emma_evidence::LineSet;
use emma_evidence::payload::{self, Receipt, Totals};
use emma_lake::Snapshot;
use emma_model::Digest;
use emma_store::Scratch;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Something that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which object: a reading, a file of the lake, a root.
    pub object: String,
    /// How it differs.
    pub what: String,
}

/// What was derived again and how it compares.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Record trees grown again.
    pub trees: u64,
    /// Leaves in them.
    pub leaves: u64,
    /// Snapshots derived again.
    pub snapshots: u64,
    /// Files of the lake and index compared.
    pub files: u64,
    /// Roots of the newest snapshot, by table, as derived again.
    pub roots: BTreeMap<String, String>,
    /// Files put back into the case.
    pub restored: u64,
    /// What came out otherwise; empty where all is equal.
    pub differences: Vec<Difference>,
    /// What each stage cost.
    pub stages: Vec<StageCost>,
}

/// Bytes of free space that [`check`] needs at most, roughly: one receipt's drafts and trees and
/// one snapshot's new files.
pub fn scratch_bytes(case: &mut Case) -> Result<u64> {
    let state = case.state()?;
    let mut most = 0;
    for (_, totals) in state.receipt_totals()? {
        let unpacked: u64 = totals.bytes_by_class.values().sum();
        // A draft holds the values of its records; a tree 32 bytes and a locator a leaf.
        most = most.max(unpacked + totals.leaves * 40);
    }
    let files: u64 = match state.snapshot()? {
        None => 0,
        Some(latest) => {
            let listed = case.log.payload(&case::digest(&latest.files)?)?;
            let listed: payload::SnapshotFiles =
                payload::decode(&listed.ok_or_else(|| erased("the list of files"))?)?;
            listed.files.iter().map(|file| file.bytes).sum()
        }
    };
    Ok(most + files)
}

/// Derives everything again and compares.
pub fn check(case: &mut Case, tools: &Tools<'_>) -> Result<Checked> {
    again(case, tools, false)
}

/// Derives everything again, compares with what the log says, and puts what is missing back.
pub fn restore(case: &mut Case, tools: &Tools<'_>) -> Result<Checked> {
    again(case, tools, true)
}

fn again(case: &mut Case, tools: &Tools<'_>, restore: bool) -> Result<Checked> {
    let _lock = pipeline::hold_pipeline(case, "rebuild", tools.clock)?;
    let scratch = Scratch::create(&case.root.join("scratch"))?;
    let mut stages = Stages::start(tools.progress);
    let mut checked = Checked::default();
    let state = case.state()?;
    let snapshots = snapshots(case)?;
    for (entry, totals) in state.receipt_totals()? {
        if totals.exhibits == 0 {
            continue;
        }
        let receipt: Receipt = case.log.payload_of(&case.log.entry(entry)?)?;
        let plan = parse::plan_of(case, &receipt.parsers)?;
        let todo = parse::exhibits_of(case, &receipt)?;
        stages.begin("parse", Some(todo.iter().map(|exhibit| exhibit.bytes).sum()));
        let folder = scratch.path().join("evidence");
        let trees = Trees::Beside(&folder);
        let read = parse::read_all(case, todo, &plan, tools, scratch.path(), &stages, trees)?;
        compare_readings(case, &receipt, &read, &mut checked)?;
        let parsed = Parsed { receipt: entry, readings: read, totals: Totals::default() };
        let records_max = tools.derive_limits.batch_records_max;
        let mut source = Source::new(parsed, records_max);
        let of_receipt = snapshots.iter().filter(|published| published.inputs.contains(&entry));
        for published in of_receipt {
            let run = Again { tools, scratch: &scratch, restore };
            derive_again(case, published, &mut source, &run, &mut stages, &mut checked)?;
        }
    }
    checked.stages = stages.end();
    Ok(checked)
}

/// Every published snapshot, oldest first.
fn snapshots(case: &Case) -> Result<Vec<payload::Snapshot>> {
    let mut snapshots = Vec::new();
    for entry in case.log.entries(0..case.log.size()) {
        let entry = entry?;
        if entry.kind == payload::kind::SNAPSHOT {
            snapshots.push(case.log.payload_of(&entry)?);
        }
    }
    Ok(snapshots)
}

fn compare_readings(
    case: &Case,
    receipt: &Receipt,
    read: &[ReadOutcome],
    checked: &mut Checked,
) -> Result<()> {
    let lines = case.log.payload(&case::digest(&receipt.lines)?)?.ok_or_else(|| erased("lines"))?;
    let mut logged: BTreeMap<String, payload::ReceiptLine> = BTreeMap::new();
    for line in LineSet::from_payload(&lines)?.lines() {
        let line: payload::ReceiptLine =
            serde_json::from_str(line).map_err(|_| erased("a line"))?;
        logged.insert(line.exhibit.clone(), line);
    }
    for outcome in read {
        let again = parse::receipt_line(outcome);
        checked.trees += 1;
        checked.leaves += again.leaves;
        let object = format!("reading {}", again.reading);
        match logged.get(&again.exhibit) {
            Some(line) if *line == again => {}
            Some(line) if line.tree_root != again.tree_root => {
                let what = "its record tree has another root".into();
                checked.differences.push(Difference { object, what });
            }
            _ => {
                let what = "its ledger says otherwise".into();
                checked.differences.push(Difference { object, what });
            }
        }
    }
    Ok(())
}

fn erased(what: &str) -> CaseError {
    CaseError::Corrupt {
        object: "a receipt's payload".into(),
        what: format!("{what} cannot be read: erased or damaged"),
    }
}

/// How a snapshot is derived again.
struct Again<'a> {
    tools: &'a Tools<'a>,
    scratch: &'a Scratch,
    restore: bool,
}

fn derive_again(
    case: &mut Case,
    published: &payload::Snapshot,
    source: &mut Source,
    run: &Again<'_>,
    stages: &mut Stages<'_>,
    checked: &mut Checked,
) -> Result<()> {
    let base = before(case, published.number)?;
    let output = Scratch::create(&run.scratch.path().join("output"))?;
    for folder in ["lake/manifests", "index"] {
        emma_store::create_dir_durable(&output.path().join(folder))?;
    }
    for file in base.segments.iter().flat_map(|view| view.segment.files()) {
        output.mirror(&case.root, &file.path)?;
    }
    stages.begin("derive", None);
    let batch = source.batch(published.part[0] - 1, &publish::twins(case, &base)?)?;
    let shop = Workshop {
        base: &case.root,
        output: output.path(),
        splits: run.tools.splits,
        threads: run.tools.threads,
        limits: run.tools.derive_limits,
        progress: stages,
    };
    let again = derive::derive(&shop, &base, &batch)?;
    stages.begin("compare", None);
    let saved = again.save(output.path())?;
    let files: BTreeMap<String, Digest> = saved
        .files
        .iter()
        .chain([&saved.manifest])
        .map(|file| (file.path.clone(), file.sha256))
        .collect();
    compare_files(case, published, &files, checked)?;
    checked.snapshots += 1;
    checked.roots =
        again.roots.iter().map(|(table, root)| (table.name().to_owned(), root.hex())).collect();
    for (table, root) in &checked.roots {
        if published.roots.get(table) != Some(root) {
            let object = format!("root of {table} in snapshot {}", published.number);
            checked.differences.push(Difference { object, what: format!("is {root} now") });
        }
    }
    if run.restore {
        for (path, digest) in &files {
            checked.restored += u64::from(put_back(case, output.path(), path, *digest)?);
        }
    }
    Ok(())
}

/// Compares the files derived again with those that the log lists.
fn compare_files(
    case: &Case,
    published: &payload::Snapshot,
    again: &BTreeMap<String, Digest>,
    checked: &mut Checked,
) -> Result<()> {
    let listed = case.log.payload(&case::digest(&published.files)?)?;
    let listed: payload::SnapshotFiles =
        payload::decode(&listed.ok_or_else(|| erased("the list of files"))?)?;
    checked.files += again.len() as u64;
    let mut expected = BTreeSet::new();
    for file in listed.files {
        if again.get(&file.path).map(Digest::hex) != Some(file.digest) {
            let what = "was not derived again with the same bytes".into();
            checked.differences.push(Difference { object: file.path.clone(), what });
        }
        expected.insert(file.path);
    }
    for path in again.keys().filter(|path| !expected.contains(*path)) {
        let what = "was derived now and not before".into();
        checked.differences.push(Difference { object: path.clone(), what });
    }
    Ok(())
}

/// Copies a derived file into the case where it is missing there or has other bytes.
fn put_back(case: &Case, output: &Path, path: &str, digest: Digest) -> Result<bool> {
    let place = case.root.join(path);
    let derived = output.join(path);
    if at("look at a derived file", std::fs::symlink_metadata(&derived))?.is_symlink() {
        // A file of an earlier snapshot: it was put back with that one.
        return Ok(false);
    }
    if place.exists() && emma_evidence::exhibit::digest_of(&place)? == digest {
        return Ok(false);
    }
    let folder = place.parent().expect("a file of the case lies in a folder");
    emma_store::create_dir_durable(folder)?;
    let mut file = emma_store::NewFile::create_in(folder)?;
    let mut derived = at("open a derived file", std::fs::File::open(derived))?;
    at("put a derived file back", std::io::copy(&mut derived, &mut file))?;
    file.commit(&place)?;
    Ok(true)
}

/// The snapshot before `number`; empty for the first.
fn before(case: &Case, number: u64) -> Result<Snapshot> {
    for snapshot in snapshots(case)? {
        if snapshot.number + 1 == number {
            return Ok(Snapshot::load(&case.root, case::digest(&snapshot.manifest)?)?);
        }
    }
    Ok(Snapshot::default())
}
