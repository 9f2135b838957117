//! Readings to snapshots: derived, saved, then committed by one log entry.

use crate::access::Session;
use crate::case::Case;
use crate::derive::batch::{Batch, Part};
use crate::derive::{self, Workshop};
use crate::error::{Result, at};
use crate::held::holds_exhibit;
use crate::parse::{self, LoggedReceipt, Parsed};
use crate::pipeline::Tools;
use crate::reading::ReadOutcome;
use crate::stages::Stages;
use emma_evidence::payload::{self, Receipt, SnapshotFile, SnapshotFiles, VERSION, kind};
use emma_evidence::{NewEntry, Payload, Random};
use emma_lake::draft::DraftFile;
use emma_lake::{SavedSnapshot, Snapshot};
use emma_model::{Digest, ExhibitId};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

/// Folders of derived files, relative to the case.
const DERIVED: [&str; 2] = ["lake", "index"];

/// Receipts that brought records and are not wholly in a snapshot, oldest first.
pub fn unpublished(case: &mut Case) -> Result<Vec<LoggedReceipt>> {
    let state = case.state()?;
    let published: BTreeSet<u64> = state.published_receipts()?;
    let mut open = Vec::new();
    for (entry, totals) in state.receipt_totals()? {
        if totals.exhibits > 0 && !published.contains(&entry) {
            let payload: Receipt = case.log.payload_of(&case.log.entry(entry)?)?;
            open.push(LoggedReceipt { entry, payload });
        }
    }
    Ok(open)
}

/// Derives and publishes the snapshots that a receipt's readings lead to.
pub fn publish(
    case: &mut Case,
    session: &Session,
    parsed: Parsed,
    tools: &Tools<'_>,
    stages: &mut Stages<'_>,
    random: &mut Random<'_>,
) -> Result<()> {
    if parsed.readings.is_empty() {
        return Ok(());
    }
    let receipt = parsed.receipt;
    let done = case.state()?.parts_of_receipt(receipt)?;
    let mut source = Source::new(parsed, tools.derive_limits.batch_records_max);
    let parts = source.chunks();
    for part in done..parts {
        let base = case.snapshot()?.unwrap_or_default();
        let batch = source.batch(part, &twins(case, &base)?)?;
        stages.begin("derive", Some(u64::from(batch.len())));
        let shop = Workshop {
            base: &case.root,
            output: &case.root,
            splits: tools.splits,
            threads: tools.threads,
            limits: tools.derive_limits,
            progress: stages,
        };
        let snapshot = derive::derive(&shop, &base, &batch)?;
        drop(batch);
        stages.begin("publish", None);
        let saved = snapshot.save(&case.root)?;
        let inputs = Inputs { receipt, part: part + 1, parts };
        let entry = entry(&snapshot, &saved, inputs, tools.clock.now(), random);
        case.log.append(&[entry], &session.actor().signer, None, random)?;
    }
    Ok(())
}

/// What a snapshot was computed from, beside the one before it.
#[derive(Debug, Clone, Copy)]
struct Inputs {
    receipt: u64,
    part: u32,
    parts: u32,
}

fn entry<'a>(
    snapshot: &Snapshot,
    saved: &SavedSnapshot,
    inputs: Inputs,
    at: i64,
    random: &mut Random<'_>,
) -> NewEntry<'a> {
    let file = |file: &emma_lake::FileEntry| SnapshotFile {
        path: file.path.clone(),
        digest: file.sha256.hex(),
        bytes: file.bytes,
    };
    let files: Vec<SnapshotFile> = saved.files.iter().chain([&saved.manifest]).map(file).collect();
    let files = Payload::seal(&SnapshotFiles { v: VERSION, files }, random);
    let roots = snapshot.roots.iter();
    let payload = payload::Snapshot {
        v: VERSION,
        number: snapshot.number,
        inputs: vec![inputs.receipt],
        part: [inputs.part, inputs.parts],
        step: format!("{}/{}", derive::STEP, derive::STEP_VERSION),
        roots: roots.map(|(table, root)| (table.name().to_owned(), root.hex())).collect(),
        manifest: saved.manifest.sha256.hex(),
        files: files.digest().hex(),
        at,
    };
    let mut entry = NewEntry::new(kind::SNAPSHOT, Payload::seal(&payload, random));
    entry.attachments.push(files);
    entry
}

/// Exhibits of the base snapshot by the digest of their bytes.
pub fn twins(case: &mut Case, base: &Snapshot) -> Result<BTreeMap<Digest, Vec<ExhibitId>>> {
    let mut twins: BTreeMap<Digest, Vec<ExhibitId>> = BTreeMap::new();
    if base.segments.is_empty() {
        return Ok(twins);
    }
    for known in case.state()?.exhibits()? {
        let exhibit = ExhibitId(crate::case::digest(&known.id)?);
        if base.segments.iter().any(|view| holds_exhibit(view, exhibit)) {
            twins.entry(crate::case::digest(&known.digest)?).or_default().push(exhibit);
        }
    }
    Ok(twins)
}

/// Readings, handed out as batches of bounded size.
pub struct Source {
    readings: Vec<ReadOutcome>,
    /// Digests of bytes that are under several of its exhibits.
    repeated: BTreeSet<Digest>,
    chunks: Vec<Vec<(usize, Range<u32>)>>,
}

impl Source {
    /// Cuts the records of `parsed` into batches of at most `records_max`, in record-id order.
    pub fn new(parsed: Parsed, records_max: u32) -> Source {
        let mut readings = parsed.readings;
        readings.sort_by_key(|read| read.of.exhibit);
        let repeated = parse::repeated_digests(&readings);
        let mut chunks = vec![Vec::new()];
        let mut room = records_max;
        for (index, read) in readings.iter().enumerate() {
            let mut start = 0u32;
            let end = read.records;
            loop {
                let stretch = start..end.min(start.saturating_add(room));
                room -= stretch.len() as u32;
                start = stretch.end;
                chunks.last_mut().expect("there is one").push((index, stretch));
                if start == end {
                    break;
                }
                chunks.push(Vec::new());
                room = records_max;
            }
        }
        Source { readings, repeated, chunks }
    }

    /// How many batches there are, at least one.
    pub fn chunks(&self) -> u32 {
        self.chunks.len() as u32
    }

    /// Batch `number`. The first one carries the small tables. Each can be taken once.
    pub fn batch(
        &mut self,
        number: u32,
        twins: &BTreeMap<Digest, Vec<ExhibitId>>,
    ) -> Result<Batch> {
        let mut parts = Vec::new();
        for (index, ordinals) in std::mem::take(&mut self.chunks[number as usize]) {
            let read = &self.readings[index];
            let (exhibit, digest) = (read.of.exhibit, read.of.digest);
            let others = twins.get(&digest).into_iter().flatten();
            let twins: Vec<ExhibitId> = others.copied().filter(|id| *id != exhibit).collect();
            let shared = !twins.is_empty() || self.repeated.contains(&digest);
            let draft = DraftFile::open(&read.draft)?;
            parts.push(Part { exhibit, draft, shared, ordinals, twins });
        }
        let mut batch = Batch::new(parts);
        if number == 0 {
            for read in &mut self.readings {
                batch.anomalies.append(&mut read.anomalies);
                batch.links.append(&mut read.links);
                batch.members.append(&mut read.members);
            }
        }
        Ok(batch)
    }
}

/// Removes derived files that no snapshot names, and temporaries anywhere in the case: what a
/// crash left. Only under the pipeline's lock.
pub fn sweep(case: &mut Case) -> Result<()> {
    let state = case.state()?;
    let mut named = BTreeSet::new();
    for files in state.snapshot_files()? {
        let Some(bytes) = case.log.payload(&crate::case::digest(&files)?)? else {
            continue;
        };
        let files: SnapshotFiles = payload::decode(&bytes)?;
        named.extend(files.files.into_iter().map(|file| file.path));
    }
    for folder in DERIVED {
        sweep_folder(&case.root, folder, &named)?;
    }
    emma_store::sweep_temporaries(&case.root.join("evidence/exhibits"))?;
    Ok(())
}

fn sweep_folder(root: &Path, folder: &str, named: &BTreeSet<String>) -> Result<()> {
    const LIST: &str = "list derived files";
    emma_store::create_dir_durable(&root.join(folder))?;
    for entry in at(LIST, std::fs::read_dir(root.join(folder)))? {
        let entry = at(LIST, entry)?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if at(LIST, entry.file_type())?.is_dir() {
            sweep_folder(root, &path, named)?;
        } else if !named.contains(&path) {
            emma_store::remove_durable(&entry.path())?;
        }
    }
    Ok(())
}
