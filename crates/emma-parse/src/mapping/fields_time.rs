//! Reads a record's time, and follows the clock of a member whose date is stated once.

use super::cells::{Cell, Cells, Shared};
use super::fields::{Expression, TimeField};
use super::time::{Bounds, TIME_MAX};
use super::time_pattern::{DAY, HOUR};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Micros, Time};
use std::borrow::Cow;

/// A clock may go back by this much (a correction) before its day is taken to be unsure.
pub(super) const CLOCK_SLACK: Micros = HOUR;

/// What carries over from record to record within one member.
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    last: Option<Micros>,
    days: i64,
    /// The path that links of this member speak of; `None` where the rule does not fit the path.
    pub target: Option<String>,
}

impl Carried {
    /// Forgets the clock: a new date has been stated.
    pub fn new_day(&mut self) {
        self.last = None;
        self.days = 0;
    }
}

impl TimeField {
    /// The time that the cells hold, with its bounds.
    pub fn read<'a>(
        &'a self,
        cells: &mut Cells<'a>,
        shared: &Shared,
        carried: &mut Carried,
        anomalies: &mut Vec<Anomaly>,
        borrowed: &mut Vec<Borrowed>,
    ) -> Option<Time<'a>> {
        // A record that has no time of its own does not get one from the file's name alone.
        if !self.own.is_empty() && self.own.iter().all(|cell| cells.is_absent(*cell)) {
            return None;
        }
        self.field.borrow("time", cells, shared, borrowed);
        let own_raw = self.own_raw(cells);
        let value = self.field.value("time", cells, anomalies)?;
        let Some(mut bounds) = self.rule.read(&value) else {
            let note = "the time does not fit the mapping's formats";
            anomalies.push(Anomaly::field("time.unreadable", "time", note));
            return None;
        };
        if bounds.gap {
            let note = "clocks skipped this time when summer time began";
            anomalies.push(Anomaly::field("time.gap", "time", note));
        }
        if self.rule.day_rolls {
            roll(&mut bounds, carried, anomalies);
        }
        let raw = match own_raw {
            OwnRaw::Value => Some(value),
            OwnRaw::Text(text) => Some(Cow::Owned(text)),
            OwnRaw::None => None,
        };
        Some(Time {
            raw,
            lo: bounds.lo,
            hi: bounds.hi,
            zone: bounds.zone,
            clock: self.rule.clock,
            inferred: bounds.inferred,
        })
    }

    /// The characters that the record itself says about its time.
    fn own_raw(&self, cells: &Cells<'_>) -> OwnRaw {
        if matches!(self.field.expression, Expression::Cell(_)) {
            return if self.own.is_empty() { OwnRaw::None } else { OwnRaw::Value };
        }
        let mut out = String::new();
        for cell in &self.own {
            if let Cell::Text(text) = &cells.values[usize::from(*cell)] {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(text);
            }
        }
        if out.is_empty() { OwnRaw::None } else { OwnRaw::Text(out) }
    }
}

enum OwnRaw {
    Value,
    Text(String),
    None,
}

/// Where the date was stated once for many records: a clock that goes back may have passed
/// midnight, so from there on each record may lie on any of the days begun so far.
fn roll(bounds: &mut Bounds, carried: &mut Carried, anomalies: &mut Vec<Anomaly>) {
    if carried.last.is_some_and(|last| bounds.lo < last - CLOCK_SLACK) {
        carried.days += 1;
        let note = "the clock goes back; the day may be a later one";
        anomalies.push(Anomaly::field("time.goes_back", "time", note));
    }
    carried.last = Some(bounds.lo);
    if carried.days > 0 {
        bounds.hi = (bounds.hi + carried.days * DAY).min(TIME_MAX);
        bounds.inferred = true;
    }
}
