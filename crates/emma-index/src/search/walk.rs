//! From matching rows to messages: masked rows dropped, versions joined, withheld ones told.

use super::cursor::{Cursor, WINDOW_ROWS};
use super::sight::Sight;
use crate::bits::{Window, for_each};
use crate::split::Split;
use emma_lake::view::Reason;
use std::ops::Range;

/// A message that matches, in one split.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    /// Its first matching row that may be shown.
    pub(crate) row: u32,
    /// Further ones: other versions that match.
    pub(crate) also: Vec<u32>,
}

/// Messages counted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    /// Messages with a matching row that may be shown.
    pub(crate) shown: u64,
    /// Messages with none, by reason of the first matching row.
    pub(crate) withheld: [u64; Reason::ALL.len() + 1],
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.shown += other.shown;
        self.withheld.iter_mut().zip(other.withheld).for_each(|(all, one)| *all += one);
    }
}

/// Walks over the matches of one split, newest first.
pub(crate) struct Walk<'a> {
    split: &'a Split,
    sight: Option<&'a Sight>,
    cursor: Cursor,
    next: u32,
    end: u32,
    size: u32,
    bits: Vec<u64>,
}

/// Rows in the first window of a listing; each next one is four times as large.
const FIRST_ROWS: u32 = 1 << 11;

impl<'a> Walk<'a> {
    /// Walks over `rows`, which must begin and end between messages.
    pub(crate) fn new(
        split: &'a Split,
        sight: Option<&'a Sight>,
        cursor: Cursor,
        rows: Range<u32>,
    ) -> Walk<'a> {
        let (next, end) = (rows.start, rows.end);
        Walk { split, sight, cursor, next, end, size: FIRST_ROWS, bits: Vec::new() }
    }

    /// Walks in full windows from the start: for totals.
    pub(crate) fn whole(mut self) -> Walk<'a> {
        self.size = WINDOW_ROWS;
        self
    }

    /// Moves to the next window with matches and puts their bits into `self.bits`.
    fn window(&mut self) -> Option<Window> {
        while self.next < self.end {
            let first = self.cursor.floor(self.next);
            if first >= self.end {
                self.next = self.end;
                return None;
            }
            let start = message_start(self.split, first).max(self.next);
            let end = (start & !63).saturating_add(self.size).min(self.end);
            let end = message_end(self.split, end).min(self.end);
            let window = Window { start, end };
            self.next = end;
            self.size = self.size.saturating_mul(4).min(WINDOW_ROWS);
            self.bits.clear();
            self.bits.resize(window.words().len(), 0);
            self.cursor.fill(window, &mut self.bits);
            if let Some(alive) = &self.split.alive {
                let alive = &alive.words()[window.words()];
                self.bits.iter_mut().zip(alive).for_each(|(bits, alive)| *bits &= alive);
            }
            if self.bits.iter().any(|word| *word != 0) {
                return Some(window);
            }
        }
        None
    }

    /// Counts what is left.
    pub(crate) fn tally(mut self) -> Tally {
        let mut tally = Tally::default();
        while let Some(window) = self.window() {
            if self.split.follows.is_some() {
                self.tally_versions(window, &mut tally);
            } else {
                self.tally_rows(window, &mut tally);
            }
        }
        tally
    }

    /// Every row is a message of its own.
    fn tally_rows(&self, window: Window, tally: &mut Tally) {
        let Some(sight) = self.sight else {
            tally.shown += crate::bits::count(&self.bits);
            return;
        };
        let visible = &sight.visible.words()[window.words()];
        let mut hidden = self.bits.clone();
        for (bits, visible) in hidden.iter_mut().zip(visible) {
            tally.shown += u64::from((*bits & visible).count_ones());
            *bits &= !visible;
        }
        for_each(&hidden, window.base(), |row| {
            tally.withheld[sight.reasons[row as usize] as usize] += 1;
        });
    }

    fn tally_versions(&self, window: Window, tally: &mut Tally) {
        self.messages(window, |message| match message {
            Ok(_) => tally.shown += 1,
            Err(reason) => tally.withheld[reason as usize] += 1,
        });
    }

    /// Appends the messages of the next window that may be shown; false at the end.
    pub(crate) fn list(&mut self, out: &mut Vec<Found>) -> bool {
        let Some(window) = self.window() else {
            return false;
        };
        self.messages(window, |message| out.extend(message));
        true
    }

    /// Joins the matching rows of a window to messages: shown, or the number of a reason.
    fn messages(&self, window: Window, mut give: impl FnMut(Result<Found, u8>)) {
        let mut open: Option<(u32, Result<Found, u8>)> = None;
        for_each(&self.bits, window.base(), |row| {
            let reason = self.sight.map_or(0, |sight| sight.reasons[row as usize]);
            let head = message_start(self.split, row);
            match &mut open {
                Some((same, Ok(found))) if *same == head => {
                    if reason == 0 {
                        found.also.push(row);
                    }
                }
                Some((same, message)) if *same == head => {
                    if reason == 0 {
                        *message = Ok(Found { row, also: Vec::new() });
                    }
                }
                _ => {
                    let message = match reason {
                        0 => Ok(Found { row, also: Vec::new() }),
                        reason => Err(reason),
                    };
                    if let Some((_, done)) = open.replace((head, message)) {
                        give(done);
                    }
                }
            }
        });
        if let Some((_, done)) = open {
            give(done);
        }
    }
}

/// The first row of the message that `row` belongs to.
fn message_start(split: &Split, mut row: u32) -> u32 {
    if let Some(follows) = &split.follows {
        while follows.contains(row) {
            row -= 1;
        }
    }
    row
}

/// The first row at or after `row` that begins a message.
pub(crate) fn message_end(split: &Split, mut row: u32) -> u32 {
    if let Some(follows) = &split.follows {
        while follows.contains(row) {
            row += 1;
        }
    }
    row
}
