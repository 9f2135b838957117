//! A query made ready for one split: words looked up, patterns walked, times turned into rows.
//!
//! A prepared query is shared between threads; each makes cursors of its own from it. Patterns
//! are never cut short: whatever words they stand for in the split's dictionary become one set
//! of rows, and how many words that was is reported.

use super::cursor::{Cursor, TermCursor, add_all, collect};
use super::phrase::{PhraseCursor, PhrasePlaces, Places};
use crate::bits::Bits;
use crate::error::{IndexError, Result};
use crate::query::{Kind, Name, Node, Pattern, Phrase, Role, Slot};
use crate::split::{Class, Split, name_term};
use std::ops::Range;
use std::sync::Arc;
use tantivy::postings::{BlockSegmentPostings, Postings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, InvertedIndexReader};

/// A query on one split.
#[derive(Clone)]
pub(crate) enum Ready {
    Nothing,
    Range(Range<u32>),
    Set(Arc<Bits>, u64),
    Term(Arc<InvertedIndexReader>, TermInfo),
    Phrase(Arc<ReadyPhrase>),
    And(Vec<Ready>),
    Or(Vec<Ready>),
    Not(Box<Ready>),
}

/// Phrases and neighbours on one split.
pub(crate) struct ReadyPhrase {
    index: Arc<InvertedIndexReader>,
    candidates: Ready,
    parts: Vec<Vec<(Vec<ReadySlot>, u32)>>,
    gaps: Vec<u32>,
}

#[derive(Clone)]
enum ReadySlot {
    Word(TermInfo),
    Listed(Arc<Vec<(u32, u32)>>),
}

/// How many words a pattern stands for in one split.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Expanded {
    /// Start of the part of the query, to tell patterns apart.
    pub(crate) at: usize,
    /// Words of the split's dictionary that match.
    pub(crate) words: u64,
}

/// Prepares `node` for `split`.
pub(crate) struct Preparer<'a> {
    pub(crate) split: &'a Split,
    pub(crate) expanded: Vec<Expanded>,
}

const FAILED: &str = "reading a dictionary";

impl Preparer<'_> {
    pub(crate) fn node(&mut self, node: &Node) -> Result<Ready> {
        let split = self.split;
        let each = |this: &mut Self, nodes: &[Node]| -> Result<Vec<Ready>> {
            nodes.iter().map(|node| this.node(node)).collect()
        };
        match &node.kind {
            Kind::All => Ok(Ready::Range(0..split.rows())),
            Kind::Text(phrase) => match &phrase.slots[..] {
                [slot] => self.slot(slot, node.span.start),
                _ => self.near(
                    std::slice::from_ref(&std::slice::from_ref(phrase)),
                    &[],
                    node.span.start,
                ),
            },
            Kind::Near { parts, gaps } => {
                let parts: Vec<&[Phrase]> = parts.iter().map(|part| &part[..]).collect();
                self.near(&parts, gaps, node.span.start)
            }
            Kind::Party(role, name) => {
                let mut any = Vec::new();
                if *role != Role::To {
                    any.push(self.name(&split.from, name, node.span.start)?);
                }
                if *role != Role::From {
                    any.push(self.name(&split.to, name, node.span.start)?);
                }
                Ok(or(any))
            }
            Kind::In(name) => self.name(&split.room, name, node.span.start),
            Kind::Source(name) => self.name(&split.source, name, node.span.start),
            Kind::Time { from, until } => Ok(Ready::Range(split.table.between(*from, *until))),
            Kind::Is(kind) => classes(split, |class| class.kind == *kind),
            Kind::State(state) => classes(split, |class| class.state == *state),
            Kind::Has(has) => classes(split, |class| class.has >> *has as u8 & 1 == 1),
            Kind::And(nodes) => Ok(and(each(self, nodes)?)),
            Kind::Or(nodes) => Ok(or(each(self, nodes)?)),
            Kind::Not(inner) => Ok(match self.node(inner)? {
                Ready::Nothing => Ready::Range(0..split.rows()),
                inner => Ready::Not(Box::new(inner)),
            }),
        }
    }

    fn slot(&mut self, slot: &Slot, at: usize) -> Result<Ready> {
        match slot {
            Slot::Word(word) => term(&self.split.text, word.as_bytes()),
            Slot::Pattern(pattern) => self.pattern(&self.split.text, pattern, at),
        }
    }

    fn name(&mut self, index: &Arc<InvertedIndexReader>, name: &Name, at: usize) -> Result<Ready> {
        match name {
            Name::Exact(name) => term(index, name_term(name).as_bytes()),
            Name::Like(pattern) => self.pattern(index, pattern, at),
        }
    }

    fn pattern(
        &mut self,
        index: &Arc<InvertedIndexReader>,
        pattern: &Pattern,
        at: usize,
    ) -> Result<Ready> {
        let terms = matching(index, pattern)?;
        self.expanded.push(Expanded { at, words: terms.len() as u64 });
        union(self.split, index, &terms)
    }

    /// Phrases (one part, no gaps) and neighbours.
    fn near(&mut self, parts: &[&[Phrase]], gaps: &[u32], at: usize) -> Result<Ready> {
        // Words that are missing drop their phrase; a part without phrases drops everything.
        let mut found: Vec<Vec<&Phrase>> = Vec::new();
        let mut candidates = Vec::new();
        for part in parts {
            let (mut phrases, mut any) = (Vec::new(), Vec::new());
            for phrase in *part {
                let slots: Result<Vec<Ready>> =
                    phrase.slots.iter().map(|slot| self.slot(slot, at)).collect();
                let all = and(slots?);
                if !matches!(all, Ready::Nothing) {
                    phrases.push(phrase);
                    any.push(all);
                }
            }
            found.push(phrases);
            candidates.push(or(any));
        }
        let mut candidates = and(candidates);
        if matches!(candidates, Ready::Nothing) {
            return Ok(Ready::Nothing);
        }
        let has_pattern = found.iter().flatten().flat_map(|phrase| &phrase.slots);
        if has_pattern.into_iter().any(|slot| matches!(slot, Slot::Pattern(_))) {
            // A pattern's positions are listed for these rows alone, which bounds the memory.
            let rows = self.split.rows();
            let set = collect(&mut candidates.cursor(rows)?, rows);
            let count = set.count();
            candidates = Ready::Set(Arc::new(set), count);
        }
        let mut parts = Vec::new();
        for phrases in found {
            let mut part = Vec::new();
            for phrase in phrases {
                let slots: Result<Vec<ReadySlot>> =
                    phrase.slots.iter().map(|slot| self.places(slot, &candidates)).collect();
                part.push((slots?, phrase.slop));
            }
            parts.push(part);
        }
        Ok(Ready::Phrase(Arc::new(ReadyPhrase {
            index: self.split.text.clone(),
            candidates,
            parts,
            gaps: gaps.to_vec(),
        })))
    }

    fn places(&self, slot: &Slot, candidates: &Ready) -> Result<ReadySlot> {
        let index = &self.split.text;
        match (slot, candidates) {
            (Slot::Word(word), _) => {
                let info = index.terms().get(word).map_err(IndexError::io(FAILED))?;
                Ok(info.map_or_else(|| ReadySlot::Listed(Arc::default()), ReadySlot::Word))
            }
            (Slot::Pattern(pattern), Ready::Set(rows, _)) => {
                let terms = matching(index, pattern)?;
                Ok(ReadySlot::Listed(Arc::new(positions(index, &terms, rows)?)))
            }
            (Slot::Pattern(_), _) => unreachable!("candidates of patterns are collected first"),
        }
    }
}

/// The rows and positions of `terms` in `rows`, ascending.
fn positions(
    index: &InvertedIndexReader,
    terms: &[TermInfo],
    rows: &Bits,
) -> Result<Vec<(u32, u32)>> {
    let mut out = Vec::new();
    let mut positions = Vec::new();
    for info in terms {
        let mut postings = index
            .read_postings_from_terminfo(info, IndexRecordOption::WithFreqsAndPositions)
            .map_err(IndexError::io(FAILED))?;
        let mut row = postings.doc();
        while row != tantivy::TERMINATED {
            if rows.contains(row) {
                postings.positions(&mut positions);
                out.extend(positions.iter().map(|position| (row, *position)));
            }
            row = postings.advance();
        }
    }
    out.sort_unstable();
    Ok(out)
}

/// One term of a dictionary.
pub(crate) fn term(index: &Arc<InvertedIndexReader>, term: &[u8]) -> Result<Ready> {
    let info = index.terms().get(term).map_err(IndexError::io(FAILED))?;
    Ok(info.map_or(Ready::Nothing, |info| Ready::Term(index.clone(), info)))
}

/// Every term of a dictionary that `pattern` matches.
fn matching(index: &InvertedIndexReader, pattern: &Pattern) -> Result<Vec<TermInfo>> {
    let machine = &*pattern.machine;
    let mut stream = index.terms().search(machine).into_stream().map_err(IndexError::io(FAILED))?;
    let mut out = Vec::new();
    while stream.advance() {
        out.push(stream.value().clone());
    }
    Ok(out)
}

/// The rows of any of `terms`.
pub(crate) fn union(
    split: &Split,
    index: &Arc<InvertedIndexReader>,
    terms: &[TermInfo],
) -> Result<Ready> {
    match terms {
        [] => return Ok(Ready::Nothing),
        [one] => return Ok(Ready::Term(index.clone(), one.clone())),
        _ => {}
    }
    let mut bits = Bits::none(split.rows());
    let mut block = BlockSegmentPostings::empty();
    for (n, info) in terms.iter().enumerate() {
        // The first list must be opened whole; the others reuse its buffers.
        if n == 0 {
            block = postings(index, info)?;
        } else {
            index
                .reset_block_postings_from_terminfo(info, &mut block)
                .map_err(IndexError::io(FAILED))?;
        }
        add_all(&mut block, &mut bits);
    }
    let count = bits.count();
    Ok(Ready::Set(Arc::new(bits), count))
}

fn postings(index: &InvertedIndexReader, info: &TermInfo) -> Result<BlockSegmentPostings> {
    index
        .read_block_postings_from_terminfo(info, IndexRecordOption::Basic)
        .map_err(IndexError::io(FAILED))
}

/// The rows whose class `wanted` accepts. There are few classes.
pub(crate) fn classes(split: &Split, wanted: impl Fn(Class) -> bool) -> Result<Ready> {
    let mut stream = split.class.terms().stream().map_err(IndexError::io(FAILED))?;
    let mut terms = Vec::new();
    while stream.advance() {
        if Class::read(stream.key()).is_some_and(&wanted) {
            terms.push(stream.value().clone());
        }
    }
    union(split, &split.class, &terms)
}

fn and(mut all: Vec<Ready>) -> Ready {
    if all.iter().any(|one| matches!(one, Ready::Nothing)) {
        return Ready::Nothing;
    }
    if all.len() == 1 {
        return all.remove(0);
    }
    Ready::And(all)
}

fn or(mut any: Vec<Ready>) -> Ready {
    any.retain(|one| !matches!(one, Ready::Nothing));
    match any.len() {
        0 => Ready::Nothing,
        1 => any.remove(0),
        _ => Ready::Or(any),
    }
}

impl Ready {
    /// Rows outside which nothing matches.
    pub(crate) fn bounds(&self, rows: u32) -> Range<u32> {
        match self {
            Ready::Nothing => 0..0,
            Ready::Range(range) => range.clone(),
            Ready::And(all) => all.iter().fold(0..rows, |bounds, one| {
                let one = one.bounds(rows);
                let start = bounds.start.max(one.start);
                start..bounds.end.min(one.end).max(start)
            }),
            Ready::Or(any) => any
                .iter()
                .map(|one| one.bounds(rows))
                .filter(|one| !one.is_empty())
                .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
                .unwrap_or(0..0),
            _ => 0..rows,
        }
    }

    /// The number of matching rows, where it is known without looking at them.
    pub(crate) fn known_count(&self) -> Option<u64> {
        match self {
            Ready::Nothing => Some(0),
            Ready::Range(range) => Some(range.len() as u64),
            Ready::Set(_, count) => Some(*count),
            Ready::Term(_, info) => Some(u64::from(info.doc_freq)),
            _ => None,
        }
    }

    /// About how many rows it takes to walk over all matches.
    pub(crate) fn cost(&self) -> u64 {
        match self {
            Ready::Phrase(phrase) => phrase.candidates.cost().saturating_mul(8),
            Ready::And(all) => all.iter().map(Ready::cost).min().unwrap_or(0),
            Ready::Or(any) => any.iter().fold(0, |cost, one| cost.saturating_add(one.cost())),
            // After everything that can say where to look.
            Ready::Not(_) => u64::MAX / 2,
            one => one.known_count().unwrap_or(u64::MAX),
        }
    }

    /// A cursor for one thread. `rows`: rows in the split.
    pub(crate) fn cursor(&self, rows: u32) -> Result<Cursor> {
        let each = |list: &[Ready]| -> Result<Vec<Cursor>> {
            list.iter().map(|one| one.cursor(rows)).collect()
        };
        Ok(match self {
            Ready::Nothing => Cursor::Nothing,
            Ready::Range(range) => Cursor::Range(range.clone()),
            Ready::Set(bits, _) => Cursor::Set(bits.clone()),
            Ready::Term(index, info) => {
                Cursor::Term(Box::new(TermCursor::new(postings(index, info)?, rows)))
            }
            Ready::Phrase(phrase) => Cursor::Phrase(Box::new(phrase.cursor(rows)?)),
            Ready::And(all) => {
                let mut order: Vec<&Ready> = all.iter().collect();
                order.sort_by_key(|one| one.cost());
                Cursor::And(order.into_iter().map(|one| one.cursor(rows)).collect::<Result<_>>()?)
            }
            Ready::Or(any) => Cursor::Or(each(any)?),
            Ready::Not(inner) => Cursor::Not(Box::new(inner.cursor(rows)?)),
        })
    }
}

impl ReadyPhrase {
    fn cursor(&self, rows: u32) -> Result<PhraseCursor> {
        let places = |slot: &ReadySlot| -> Result<Places> {
            match slot {
                ReadySlot::Listed(list) => Ok(Places::Listed(list.clone(), 0)),
                ReadySlot::Word(info) => {
                    let option = IndexRecordOption::WithFreqsAndPositions;
                    let postings = self.index.read_postings_from_terminfo(info, option);
                    Ok(Places::Word(Box::new(postings.map_err(IndexError::io(FAILED))?)))
                }
            }
        };
        let phrase = |(slots, slop): &(Vec<ReadySlot>, u32)| -> Result<PhrasePlaces> {
            let slots = slots.iter().map(places).collect::<Result<_>>()?;
            Ok(PhrasePlaces { slots, slop: *slop })
        };
        let part = |part: &Vec<_>| part.iter().map(phrase).collect::<Result<Vec<_>>>();
        Ok(PhraseCursor {
            candidates: self.candidates.cursor(rows)?,
            parts: self.parts.iter().map(part).collect::<Result<_>>()?,
            gaps: self.gaps.clone(),
            scratch: Default::default(),
        })
    }
}
