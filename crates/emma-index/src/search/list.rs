//! Hits of several splits in one order.

use super::Hit;
use super::walk::{Found, Walk};
use crate::error::{Result, guarded};
use crate::split::Split;
use emma_model::Micros;
use std::collections::VecDeque;

/// The hits of one split, as far as they were walked to.
pub(crate) struct Part<'a> {
    split: &'a Split,
    walk: Walk<'a>,
    ready: VecDeque<Found>,
    done: bool,
}

impl<'a> Part<'a> {
    pub(crate) fn new(split: &'a Split, walk: Walk<'a>) -> Part<'a> {
        Part { split, walk, ready: VecDeque::new(), done: false }
    }

    /// The sort time of the next hit; outer `None` at the end.
    fn peek(&mut self) -> Result<Option<Option<Micros>>> {
        while self.ready.is_empty() && !self.done {
            let mut found = Vec::new();
            let more = guarded(self.split.segment, || Ok(self.walk.list(&mut found)));
            self.done = !matches!(more, Ok(true));
            more?;
            self.ready.extend(found);
        }
        Ok(self.ready.front().map(|found| self.split.table.sort(found.row)))
    }
}

/// The hits of all splits, newest first. Equal times of different segments: the later segment
/// first.
pub(crate) struct Listing<'a> {
    parts: Vec<Part<'a>>,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(mut parts: Vec<Part<'a>>) -> Listing<'a> {
        parts.sort_by_key(|part| std::cmp::Reverse(part.split.segment));
        Listing { parts }
    }
}

impl Iterator for Listing<'_> {
    type Item = Result<Hit>;

    fn next(&mut self) -> Option<Result<Hit>> {
        let mut best: Option<(Option<Micros>, usize)> = None;
        for (n, part) in self.parts.iter_mut().enumerate() {
            let sort = match part.peek() {
                Ok(sort) => sort,
                Err(error) => return Some(Err(error)),
            };
            if let Some(sort) = sort
                && best.is_none_or(|(newest, _)| sort > newest)
            {
                best = Some((sort, n));
            }
        }
        let part = &mut self.parts[best?.1];
        let Found { row, also } = part.ready.pop_front()?;
        Some(Ok(Hit { segment: part.split.segment, row, also, score: 0.0 }))
    }
}
