//! emma's own searcher over a case, in process: what a server would pay for a query.
//!
//! The view is that of an authority over one source, as every reader has one. No access entry is
//! written: its cost is the disk's, and is measured through the program.

use crate::latency::Engine;
use crate::queries::Query;
use emma_case::case::Case;
use emma_index::{Hit, Searcher};
use emma_lake::read::Messages;
use emma_lake::view::View;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The source under which `cargo xtask bench` takes its corpus in.
const SOURCE: &str = "bench";
/// Hits of a page.
const PAGE: usize = 20;

/// An open case.
pub struct Emma {
    searcher: Searcher,
    view: View,
    /// Messages files by number of their segment.
    messages: BTreeMap<u32, Messages>,
}

impl Emma {
    /// Opens the newest snapshot of the case.
    pub fn open(root: &Path) -> Result<Emma, String> {
        let mut case = Case::open(root).map_err(words)?;
        let snapshot = case.snapshot().map_err(words)?.ok_or("the case has no snapshot")?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let searcher = Searcher::open(root, &snapshot).map_err(words)?.with_threads(threads);
        let mut messages = BTreeMap::new();
        for view in &snapshot.segments {
            if let Some(entry) = view.segment.messages() {
                let file = Messages::open(root, entry).map_err(words)?;
                messages.insert(view.segment.number, file);
            }
        }
        let sources = Some(BTreeSet::from([SOURCE.to_owned()]));
        Ok(Emma { searcher, view: View { sources, ..View::default() }, messages })
    }

    fn find(&self, query: &Query) -> Result<Vec<Hit>, String> {
        let query = emma_index::Query::parse(&query.for_emma()).map_err(words)?;
        self.searcher.newest(&query, &self.view, PAGE).map_err(words)
    }
}

impl Engine for Emma {
    fn newest(&mut self, query: &Query) -> Result<usize, String> {
        Ok(self.find(query)?.len())
    }

    fn shown(&mut self, query: &Query) -> Result<usize, String> {
        let hits = self.find(query)?;
        let mut rows: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for hit in &hits {
            rows.entry(hit.segment).or_default().push(hit.row);
        }
        for (segment, rows) in rows {
            let file = self.messages.get(&segment).ok_or("a hit lies in no segment")?;
            std::hint::black_box(file.rows(&rows).map_err(words)?);
        }
        Ok(hits.len())
    }

    fn total(&mut self, query: &Query) -> Result<u64, String> {
        let query = emma_index::Query::parse(&query.for_emma()).map_err(words)?;
        Ok(self.searcher.count(&query, &self.view).map_err(words)?.messages)
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
