//! From parsed records to the next snapshot.
//!
//! 1. [`batch`]: the records of one batch, numbered in record-id order;
//! 2. [`join`]: which of them, and which messages already held, are copies of one message;
//! 3. [`order`]: messages in search order, cut into partitions of bounded size;
//! 4. [`write`]: each partition to Parquet and to a split, copies and the small tables beside them;
//! 5. [`publish`](derive): masks over what was replaced, table roots, the manifest.
//!
//! Identity here: records at the same place of the same bytes, and records with the same scoped
//! network id, are copies of one message; every other record is its own. A record has one
//! identity key: its network id where it has one, else its place.
//!
//! The result is a function of the base snapshot, the batch and [`DeriveLimits`]: not of
//! arrival order, threads or time.

pub mod batch;
mod join;
mod merge;
mod order;
mod write;

use crate::error::Result;
use crate::progress::Progress;
use batch::Batch;
use emma_lake::engine::SplitBuilder;
use emma_lake::{Segment, SegmentView, Snapshot};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the step, in receipts and proofs.
pub const STEP: &str = "derive";

/// Version of the step: raised when the same input would give another output.
pub const STEP_VERSION: u32 = 1;

/// What bounds a derivation. The first two decide where files are cut, so they are part of the
/// step's key; the result does not depend on the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeriveLimits {
    /// Records joined at once. A larger delivery is published in several snapshots; at about
    /// 80 bytes a record this is the derivation's memory.
    pub batch_records_max: u32,
    /// Rows of one partition: one messages file and one split. Bounded by the split's memory.
    pub partition_rows_max: u32,
    /// Keys sorted at once while joining, 32 bytes each; the rest wait in their drafts. Records of
    /// one identity stay together, so that a batch of nothing else is the bound then.
    pub keys_held_max: u32,
    /// Names of one sort time held at once; with a network id about 200 bytes each. A file that
    /// dates nothing, or everything alike, may have more: they are made again for each comparison.
    pub names_held_max: usize,
}

impl Default for DeriveLimits {
    fn default() -> DeriveLimits {
        DeriveLimits {
            batch_records_max: 8_000_000,
            partition_rows_max: 1_250_000,
            keys_held_max: 4_000_000,
            names_held_max: 500_000,
        }
    }
}

/// Where a derivation reads and writes, and with what.
pub struct Workshop<'a> {
    /// The case folder whose lake is read (the base snapshot's files).
    pub base: &'a Path,
    /// The folder that receives `lake/` and `index/`: the case itself, or a rebuild beside it.
    pub output: &'a Path,
    /// Builds the search split of a partition.
    pub splits: &'a dyn SplitBuilder,
    /// Threads to use; the result does not depend on it.
    pub threads: usize,
    /// Limits.
    pub limits: DeriveLimits,
    /// Told what is going on.
    pub progress: &'a dyn Progress,
}

/// Derives the snapshot that follows `base` from a batch.
///
/// Files are durable when this returns; nothing refers to them yet. The caller publishes the
/// snapshot by appending its log entry. A crash before that leaves orphans to sweep.
pub fn derive(shop: &Workshop<'_>, base: &Snapshot, batch: &Batch) -> Result<Snapshot> {
    shop.progress.stage("join", Some(u64::from(batch.len())));
    let joined = join::join(shop, base, batch)?;
    let order = order::order(batch, &joined, &shop.limits)?;
    let next_segment = base.segments.iter().map(|view| view.segment.number).max().unwrap_or(0) + 1;
    shop.progress.stage("lake and index", Some(order.rows()));
    let written = write::write(shop, base, batch, &joined, &order, next_segment)?;
    publish(shop, base, written)
}

fn publish(shop: &Workshop<'_>, base: &Snapshot, written: write::Written) -> Result<Snapshot> {
    shop.progress.stage("roots", None);
    let mut segments: Vec<SegmentView> = base.segments.clone();
    for view in &mut segments {
        if let Some(rows) = written.masked_messages.get(&view.segment.number) {
            view.masked_messages = view.masked_messages.with(rows);
        }
        if let Some(rows) = written.masked_copies.get(&view.segment.number) {
            view.masked_copies = view.masked_copies.with(rows);
        }
    }
    segments.extend(
        written
            .segments
            .into_iter()
            .map(|segment: Segment| SegmentView { segment, ..SegmentView::default() }),
    );
    let mut snapshot = Snapshot { number: base.number + 1, segments, roots: BTreeMap::new() };
    snapshot.roots = emma_lake::root::roots(shop.output, &snapshot.segments)?;
    Ok(snapshot)
}
