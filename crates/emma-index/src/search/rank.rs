//! Best first: BM25 over the words, patterns and phrases asked for.
//!
//! What stands under NOT, and fields, filter but do not score. A word scores by how often the
//! text has it, how long the text is and how rare the word is in the whole snapshot, so that a
//! score does not depend on how messages are spread over segments. A pattern or phrase scores as
//! a word that the text has once.

use super::cursor::Cursor;
use super::prepare::{Preparer, Ready};
use super::walk::Found;
use super::{Asked, Hit, in_parallel};
use crate::bits::{Window, for_each};
use crate::error::{IndexError, Result, guarded};
use crate::query::{Kind, Node, Query};
use crate::split::Split;
use emma_model::Micros;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use tantivy::DocSet;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;

/// How quickly repetitions of a word stop counting.
const K1: f32 = 1.2;
/// How much the length of a text counts.
const B: f32 = 0.75;

/// What scores, on one split.
struct Leaf {
    ready: Ready,
    weight: f32,
}

pub(crate) fn best(
    splits: &[Arc<Split>],
    asked: &[Asked<'_>],
    query: &Query,
    offset: usize,
    limit: usize,
    threads: usize,
) -> Result<Vec<Hit>> {
    let mut nodes = Vec::new();
    leaves(&query.root, &mut nodes);
    let mut by_split: Vec<Vec<Leaf>> = Vec::new();
    for split in splits {
        let mut preparer = Preparer { split, expanded: Vec::new() };
        let ready = nodes.iter().map(|node| preparer.node(node)).collect::<Result<Vec<_>>>()?;
        by_split.push(ready.into_iter().map(|ready| Leaf { ready, weight: 0.0 }).collect());
    }
    let rows: u64 = splits.iter().map(|split| u64::from(split.rows())).sum();
    for leaf in 0..nodes.len() {
        let found: u64 = by_split.iter().map(|leaves| leaves[leaf].ready.cost().min(rows)).sum();
        let (found, rows) = (found.min(rows) as f32, rows as f32);
        let weight = (1.0 + (rows - found + 0.5) / (found + 0.5)).ln();
        by_split.iter_mut().for_each(|leaves| leaves[leaf].weight = weight);
    }
    let words: u64 = splits.iter().map(|split| split.text.total_num_tokens()).sum();
    let average = (words as f32 / rows.max(1) as f32).max(1.0);
    let keep = offset.saturating_add(limit);
    let kept = in_parallel(threads, asked.len(), |n| {
        guarded(splits[n].segment, || best_of(&asked[n], &by_split[n], average, keep))
    })?;
    let mut all: Vec<Scored> = kept.into_iter().flatten().collect();
    all.sort_unstable();
    Ok(all.into_iter().skip(offset).take(limit).map(|scored| scored.hit()).collect())
}

/// The parts of a query that score.
fn leaves<'a>(node: &'a Node, out: &mut Vec<&'a Node>) {
    match &node.kind {
        Kind::Text(_) | Kind::Near { .. } => out.push(node),
        Kind::And(nodes) | Kind::Or(nodes) => nodes.iter().for_each(|node| leaves(node, out)),
        _ => {}
    }
}

/// A hit with its place in the order: better is less.
#[derive(PartialEq)]
struct Scored {
    score: f32,
    sort: Option<Micros>,
    segment: u32,
    found: Found,
}

impl Scored {
    fn hit(self) -> Hit {
        let Found { row, also } = self.found;
        Hit { segment: self.segment, row, also, score: self.score }
    }
}

impl Eq for Scored {}

impl Ord for Scored {
    fn cmp(&self, other: &Scored) -> Ordering {
        let newest = other.score.total_cmp(&self.score).then_with(|| other.sort.cmp(&self.sort));
        newest
            .then_with(|| other.segment.cmp(&self.segment))
            .then_with(|| self.found.row.cmp(&other.found.row))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Scored) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn best_of(asked: &Asked<'_>, leaves: &[Leaf], average: f32, keep: usize) -> Result<Vec<Scored>> {
    let split = asked.split;
    let mut scorers = Vec::new();
    for leaf in leaves {
        scorers.push(LeafScorer::new(leaf, split)?);
    }
    let mut walk = asked.walk(asked.ready.bounds(split.rows()))?.whole();
    let mut heap: BinaryHeap<Scored> = BinaryHeap::new();
    let mut found = Vec::new();
    let mut scores: Vec<f32> = Vec::new();
    while walk.list(&mut found) {
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            continue;
        };
        let window = Window { start: first.row, end: last.row + 1 };
        scores.clear();
        scores.resize((window.end - window.start) as usize, 0.0);
        for scorer in &mut scorers {
            scorer.add(window, split, average, &mut scores);
        }
        for found in found.drain(..) {
            let score = scores[(found.row - window.start) as usize];
            let sort = split.table.sort(found.row);
            heap.push(Scored { score, sort, segment: split.segment, found });
            if heap.len() > keep {
                heap.pop();
            }
        }
    }
    Ok(heap.into_vec())
}

/// Scores one leaf, window by window.
struct LeafScorer {
    weight: f32,
    cursor: Cursor,
    /// For words: how often each text has it.
    repeats: Option<Box<SegmentPostings>>,
}

impl LeafScorer {
    fn new(leaf: &Leaf, split: &Split) -> Result<LeafScorer> {
        let repeats = match &leaf.ready {
            Ready::Term(index, info) => {
                let postings =
                    index.read_postings_from_terminfo(info, IndexRecordOption::WithFreqs);
                Some(Box::new(postings.map_err(IndexError::io("reading a dictionary"))?))
            }
            _ => None,
        };
        Ok(LeafScorer { weight: leaf.weight, cursor: leaf.ready.cursor(split.rows())?, repeats })
    }

    fn add(&mut self, window: Window, split: &Split, average: f32, scores: &mut [f32]) {
        let length = |row| split.lengths.as_ref().map_or(0, |lengths| lengths.fieldnorm(row));
        let norm = |row| K1 * (1.0 - B + B * length(row) as f32 / average);
        let weight = self.weight;
        let mut add = |row: u32, repeats: f32| {
            scores[(row - window.start) as usize] +=
                weight * repeats * (1.0 + K1) / (repeats + norm(row));
        };
        if let Some(postings) = &mut self.repeats {
            if postings.doc() < window.start {
                postings.seek(window.start);
            }
            while postings.doc() < window.end {
                add(postings.doc(), postings.term_freq() as f32);
                postings.advance();
            }
            return;
        }
        let mut bits = vec![0; window.words().len()];
        self.cursor.fill(window, &mut bits);
        for_each(&bits, window.base(), |row| add(row, 1.0));
    }
}
