//! The parts of a written time, and the calendar.

use super::time_pattern::{DAY, HOUR, MINUTE, SECOND};

/// A date and clock time as written, before any zone is applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Written {
    /// Microseconds since 1970-01-01 as if the written time were UTC.
    pub local: i64,
    /// How many microseconds the written time may stand for, from `local` on; at least 1.
    pub width: i64,
    /// Seconds east of UTC, where the text says so.
    pub offset: Option<i32>,
    /// True for an hour of a 12-hour clock without a.m. or p.m.
    pub half_day: bool,
}

/// What was read, piece by piece.
#[derive(Default)]
pub(super) struct Parts {
    pub year: u32,
    pub month: u32,
    pub day: u32,
    pub day_of_year: Option<u32>,
    pub hour: Option<u32>,
    pub half: bool,
    pub late: Option<bool>,
    pub minute: Option<u32>,
    pub second: Option<u32>,
    pub fraction: Option<(i64, i64)>,
    pub offset: Option<i32>,
}

impl Parts {
    /// The date and time, where all parts make one.
    pub fn written(&self) -> Option<Written> {
        let days = match self.day_of_year {
            Some(day) => {
                let length = if is_leap(self.year) { 366 } else { 365 };
                if !(1..=length).contains(&day) {
                    return None;
                }
                days_from_civil(self.year, 1, 1)? + i64::from(day) - 1
            }
            None => days_from_civil(self.year, self.month, self.day)?,
        };
        let mut hour = self.hour.unwrap_or(0);
        let mut half_day = false;
        if self.half {
            if !(1..=12).contains(&hour) {
                // A 12-hour clock that says 0 or 13 is a 24-hour one.
                if hour > 23 {
                    return None;
                }
            } else {
                hour %= 12;
                match self.late {
                    Some(late) => hour += 12 * u32::from(late),
                    None => half_day = true,
                }
            }
        }
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (fraction, width) = match (self.fraction, self.second, self.minute, self.hour) {
            (Some((value, width)), ..) => (value, width),
            (None, Some(_), ..) => (0, SECOND),
            (None, None, Some(_), _) => (0, MINUTE),
            (None, None, None, Some(_)) => (0, HOUR),
            (None, None, None, None) => (0, DAY),
        };
        let clock =
            i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND;
        Some(Written { local: days * DAY + clock + fraction, width, offset: self.offset, half_day })
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, years 1 to 9999.
#[inline]
pub(super) fn days_from_civil(year: u32, month: u32, day: u32) -> Option<i64> {
    const LENGTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let length = LENGTHS[month as usize - 1] + u32::from(month == 2 && is_leap(year));
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years start in March here, so that the leap day is the last of its year.
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}
