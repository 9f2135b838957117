//! Searching a snapshot: exact totals, newest first or best first, without a cap.
//!
//! 1. The query is made ready for each split ([`prepare`]): words looked up, patterns walked.
//! 2. Cursors answer it window by window ([`cursor`], [`phrase`]).
//! 3. Rows become messages: masked rows dropped, versions joined, what the view withholds
//!    counted by reason ([`walk`], [`sight`]).
//! 4. Listings merge the splits by sort time ([`list`]); totals add up pieces of splits on
//!    as many threads as the caller allows.

mod cursor;
mod list;
mod phrase;
mod prepare;
mod rank;
mod sight;
mod walk;

use crate::error::{IndexError, Result, guarded};
use crate::query::Query;
use crate::split::Split;
use emma_lake::snapshot::Snapshot;
use emma_lake::view::{Reason, View};
use list::{Listing, Part};
use prepare::{Expanded, Preparer, Ready};
use sight::Sight;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use walk::{Tally, Walk};

/// The order of hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Latest sort time first, undated messages last.
    Newest,
    /// Highest score (BM25 over the words asked for) first, newest first among equals.
    Best,
}

/// A message that matches and may be shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Number of the segment.
    pub segment: u32,
    /// Row of its messages file: the message's first version that matches and may be shown.
    pub row: u32,
    /// Rows of further versions of the same message that match and may be shown.
    pub also: Vec<u32>,
    /// How well it matches; 0 in [`Order::Newest`].
    pub score: f32,
}

/// What a pattern of the query stood for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expansion {
    /// Where the pattern's part of the query starts, in bytes of [`Query::text`].
    pub at: usize,
    /// Words (or names) it matched in the split where it matched most. All of them count.
    pub words: u64,
}

/// How many messages match.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Total {
    /// Messages that match and may be shown: exact, a message of several versions counted once.
    pub messages: u64,
    /// Messages that match but may not be shown, by reason; reasons without any are left out.
    pub withheld: BTreeMap<Reason, u64>,
    /// What the patterns of the query stood for.
    pub expansions: Vec<Expansion>,
}

/// The answer to a search.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Hits {
    /// How many messages match in all.
    pub total: Total,
    /// The page asked for.
    pub hits: Vec<Hit>,
}

/// An open snapshot.
pub struct Searcher {
    splits: Vec<Arc<Split>>,
    threads: usize,
    /// The view judged last, by split, so that paging does not judge it again.
    sights: Mutex<Option<(View, Sights)>>,
}

/// One sight a split; none where the view is open.
type Sights = Vec<Option<Arc<Sight>>>;

/// A query ready on one split.
struct Asked<'a> {
    split: &'a Split,
    ready: Ready,
    sight: Option<Arc<Sight>>,
}

/// A piece of work for one thread has about this many rows.
const PIECE_ROWS: u32 = 1 << 18;
/// Below this many rows to look at, threads cost more than they save.
const PARALLEL_ROWS: u64 = 1 << 16;

impl Searcher {
    /// Opens the splits of `snapshot` in the case folder `case`.
    pub fn open(case: &Path, snapshot: &Snapshot) -> Result<Searcher> {
        let mut splits = Vec::new();
        for view in &snapshot.segments {
            let Some(entry) = &view.segment.split else {
                continue;
            };
            let path = case.join(&entry.path);
            let number = view.segment.number;
            let open = || Split::open(&path, number, entry.rows, &view.masked_messages);
            splits.push(Arc::new(guarded(number, open)?));
        }
        Ok(Searcher { splits, threads: 1, sights: Mutex::new(None) })
    }

    /// Lets totals use up to `threads` threads (at least one).
    pub fn with_threads(mut self, threads: usize) -> Searcher {
        self.threads = threads.max(1);
        self
    }

    /// How many messages match.
    pub fn count(&self, query: &Query, view: &View) -> Result<Total> {
        let (asked, expansions) = self.ask(query, view)?;
        self.total(&asked, expansions)
    }

    /// A page of hits, with the exact total.
    pub fn search(
        &self,
        query: &Query,
        view: &View,
        order: Order,
        offset: usize,
        limit: usize,
    ) -> Result<Hits> {
        let (asked, expansions) = self.ask(query, view)?;
        let total = self.total(&asked, expansions)?;
        let hits = match order {
            Order::Newest => listing(&asked)?.skip(offset).take(limit).collect::<Result<_>>()?,
            Order::Best => rank::best(&self.splits, &asked, query, offset, limit, self.threads)?,
        };
        Ok(Hits { total, hits })
    }

    /// The newest hits, without a total: stops as soon as they are found.
    pub fn newest(&self, query: &Query, view: &View, limit: usize) -> Result<Vec<Hit>> {
        let (asked, _) = self.ask(query, view)?;
        listing(&asked)?.take(limit).collect()
    }

    /// Hands every hit to `give`, newest first, for exports; an error from `give` stops it.
    pub fn for_each(
        &self,
        query: &Query,
        view: &View,
        give: &mut dyn FnMut(Hit) -> std::io::Result<()>,
    ) -> Result<()> {
        let (asked, _) = self.ask(query, view)?;
        for hit in listing(&asked)? {
            give(hit?).map_err(IndexError::Stopped)?;
        }
        Ok(())
    }

    fn ask<'a>(&'a self, query: &Query, view: &View) -> Result<(Vec<Asked<'a>>, Vec<Expansion>)> {
        let sights = self.sights(view)?;
        let prepared = in_parallel(self.threads, self.splits.len(), |n| {
            let mut preparer = Preparer { split: &self.splits[n], expanded: Vec::new() };
            let ready = guarded(preparer.split.segment, || preparer.node(&query.root))?;
            Ok((ready, preparer.expanded))
        })?;
        let mut asked = Vec::new();
        let mut expansions: BTreeMap<usize, u64> = BTreeMap::new();
        for ((split, sight), (ready, expanded)) in self.splits.iter().zip(sights).zip(prepared) {
            for Expanded { at, words } in expanded {
                let most = expansions.entry(at).or_default();
                *most = words.max(*most);
            }
            asked.push(Asked { split, ready, sight });
        }
        let expansions = expansions.into_iter().map(|(at, words)| Expansion { at, words });
        Ok((asked, expansions.collect()))
    }

    fn sights(&self, view: &View) -> Result<Sights> {
        if view.is_open() {
            return Ok(vec![None; self.splits.len()]);
        }
        // A poisoned lock only means that another search panicked: judge again.
        let kept = self.sights.lock().map(|kept| kept.clone()).unwrap_or(None);
        if let Some((same, sights)) = kept
            && same == *view
        {
            return Ok(sights);
        }
        let sights = in_parallel(self.threads, self.splits.len(), |n| {
            let split = &self.splits[n];
            Ok(Some(Arc::new(guarded(split.segment, || Sight::new(split, view))?)))
        })?;
        if let Ok(mut kept) = self.sights.lock() {
            *kept = Some((view.clone(), sights.clone()));
        }
        Ok(sights)
    }

    fn total(&self, asked: &[Asked<'_>], expansions: Vec<Expansion>) -> Result<Total> {
        let mut tally = Tally::default();
        let mut pieces = Vec::new();
        let mut cost = 0u64;
        for (n, asked) in asked.iter().enumerate() {
            match asked.plain_count() {
                Some(count) => tally.shown += count,
                None => {
                    let bounds = asked.ready.bounds(asked.split.rows());
                    cost = cost.saturating_add(asked.ready.cost().min(bounds.len() as u64));
                    pieces.extend(cut(asked.split, bounds).into_iter().map(|rows| (n, rows)));
                }
            }
        }
        let threads = if cost < PARALLEL_ROWS { 1 } else { self.threads };
        if threads == 1 {
            // One walk a split opens each list once.
            pieces = asked
                .iter()
                .enumerate()
                .filter(|(_, asked)| asked.plain_count().is_none())
                .map(|(n, asked)| (n, asked.ready.bounds(asked.split.rows())))
                .collect();
        }
        let tallies = in_parallel(threads, pieces.len(), |piece| {
            let (n, rows) = &pieces[piece];
            let asked = &asked[*n];
            guarded(asked.split.segment, || Ok(asked.walk(rows.clone())?.whole().tally()))
        })?;
        tallies.iter().for_each(|one| tally.add(one));
        let withheld =
            Reason::ALL.into_iter().map(|reason| (reason, tally.withheld[reason as usize]));
        let withheld = withheld.filter(|(_, count)| *count > 0).collect();
        Ok(Total { messages: tally.shown, withheld, expansions })
    }
}

impl<'a> Asked<'a> {
    /// The total where the engine's own count is the answer.
    fn plain_count(&self) -> Option<u64> {
        let plain =
            self.sight.is_none() && self.split.alive.is_none() && self.split.follows.is_none();
        if plain { self.ready.known_count() } else { None }
    }

    fn walk<'b>(&'b self, rows: std::ops::Range<u32>) -> Result<Walk<'b>> {
        let cursor = self.ready.cursor(self.split.rows())?;
        Ok(Walk::new(self.split, self.sight.as_deref(), cursor, rows))
    }
}

/// Cuts a range of rows into pieces that begin and end between messages.
fn cut(split: &Split, bounds: std::ops::Range<u32>) -> Vec<std::ops::Range<u32>> {
    let mut pieces = Vec::new();
    let mut start = bounds.start;
    while start < bounds.end {
        let end = (start & !63).saturating_add(PIECE_ROWS).min(bounds.end);
        let end = walk::message_end(split, end).min(bounds.end);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

fn listing<'a>(asked: &'a [Asked<'a>]) -> Result<Listing<'a>> {
    let mut parts = Vec::new();
    for one in asked {
        parts.push(Part::new(one.split, one.walk(one.ready.bounds(one.split.rows()))?));
    }
    Ok(Listing::new(parts))
}

/// Runs `work` for `0..count` on up to `threads` threads; results in order, first error wins.
fn in_parallel<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let threads = threads.min(count);
    if threads <= 1 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return done;
            }
            done.push((n, work(n)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, result)| result).collect()
}
