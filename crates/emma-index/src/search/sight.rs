//! What an authority lets its reader see of one split: [`View::judge`] for all rows at once.
//!
//! The reference is `View::judge`; a test holds the two equal. Each test of the view gives one
//! set of rows from the split's own dictionaries and times, and a row keeps the first reason.

use super::cursor::collect;
use super::prepare::{Ready, classes, term};
use crate::bits::Bits;
use crate::error::Result;
use crate::query::Has;
use crate::split::{Split, name_term};
use emma_lake::view::{Reason, View};
use std::collections::BTreeSet;
use std::sync::Arc;
use tantivy::InvertedIndexReader;

/// The rows of a split that a view shows, and why it withholds the others.
pub(crate) struct Sight {
    /// Rows that may be shown.
    pub(crate) visible: Bits,
    /// By row: 0 where visible, else the number of the [`Reason`].
    pub(crate) reasons: Vec<u8>,
}

impl Sight {
    /// Judges all rows of `split`. Not called for an open view.
    pub(crate) fn new(split: &Split, view: &View) -> Result<Sight> {
        let rows = split.rows();
        let mut reasons = vec![0u8; rows as usize];
        let mut withhold = |row: u32, reason: Reason| {
            let slot = &mut reasons[row as usize];
            if *slot == 0 {
                *slot = reason as u8;
            }
        };
        if let Some(sources) = &view.sources {
            let shown = listed(split, &[&split.source], sources)?;
            (0..rows).filter(|row| !shown.contains(*row)).for_each(|r| withhold(r, Reason::Source));
        }
        if let Some(handles) = &view.handles {
            let shown = listed(split, &[&split.from, &split.to], handles)?;
            let party = having(split, &[Has::Sender, Has::Recipient])?;
            for row in (0..rows).filter(|row| !shown.contains(*row)) {
                let known = party.contains(row);
                withhold(row, if known { Reason::Handle } else { Reason::HandleUnknown });
            }
        }
        if let Some(territory) = &view.territory {
            let shown = listed(split, &[&split.territory], territory)?;
            let known = having(split, &[Has::Territory])?;
            for row in (0..rows).filter(|row| !shown.contains(*row)) {
                let known = known.contains(row);
                withhold(row, if known { Reason::Territory } else { Reason::TerritoryUnknown });
            }
        }
        if view.period.is_some() {
            // The rule itself, on the times of each row.
            split.table.times(0..rows, |row, time| {
                let (lo, hi) = time.unzip();
                if let Some(reason) = view.judge_period(lo, hi) {
                    withhold(row, reason);
                }
            });
            (split.table.dated..rows).for_each(|row| withhold(row, Reason::Undated));
        }
        let mut visible = Bits::none(rows);
        (0..rows).filter(|r| reasons[*r as usize] == 0).for_each(|row| visible.insert(row));
        Ok(Sight { visible, reasons })
    }
}

/// The rows that have one of `names` in one of the dictionaries.
fn listed(
    split: &Split,
    indexes: &[&Arc<InvertedIndexReader>],
    names: &BTreeSet<String>,
) -> Result<Bits> {
    let mut any = Vec::new();
    for index in indexes {
        for name in names {
            any.push(term(index, name_term(name).as_bytes())?);
        }
    }
    Ok(collect(&mut Ready::Or(any).cursor(split.rows())?, split.rows()))
}

/// The rows that have one of `wanted`.
fn having(split: &Split, wanted: &[Has]) -> Result<Bits> {
    let mask: u8 = wanted.iter().map(|has| 1 << *has as u8).sum();
    let ready = classes(split, |class| class.has & mask != 0)?;
    Ok(collect(&mut ready.cursor(split.rows())?, split.rows()))
}
