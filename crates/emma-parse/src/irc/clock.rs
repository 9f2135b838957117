//! What a time of day without a date can mean.
//!
//! The file's name gives one date, and the clock of the file may pass midnight or noon. Nobody
//! says whether the name gives the first day or the last, so a file whose clock goes back `k`
//! times has `k + 1` stretches of which any one may be the named day: stretch `j` lies between
//! `j - k` and `j` days from it. A clock with no hour above 12 that goes back by most of a half
//! day looks like a 12-hour one: then stretches are half-days, and both readings count.

use emma_model::Micros;

const SECOND: Micros = 1_000_000;
const DAY_SECONDS: u32 = 86_400;
const HALF_DAY_SECONDS: u32 = 43_200;
/// A step back of at most this is disorder or the end of summer time, not another day.
const DISORDER_SECONDS_MAX: u32 = 3_600;
/// A 12-hour clock goes back by nearly 12 hours; from 12:59 to 01:00, by 11:59.
const HALF_DAY_BACK_SECONDS_MIN: u32 = 36_000;
/// Zones reach from UTC-12 to UTC+14; local time minus the offset is UTC.
const ZONE_EARLIER_SECONDS: i64 = 14 * 3_600;
const ZONE_LATER_SECONDS: i64 = 12 * 3_600;

/// Counts the stretches between steps back.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Stretch {
    last: Option<u32>,
    number: u32,
}

impl Stretch {
    fn step(&mut self, seconds: u32) {
        if self.last.is_some_and(|last| seconds + DISORDER_SECONDS_MAX < last) {
            self.number = self.number.saturating_add(1);
        }
        self.last = Some(seconds);
    }
}

/// What the whole file says about its clock.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    days: Stretch,
    half_days: Stretch,
    hour_over_12: bool,
    went_far_back: bool,
}

impl Shape {
    /// Takes the next time of the file.
    pub fn take(&mut self, seconds: u32) {
        self.hour_over_12 |= seconds / 3_600 > 12;
        let back = self.days.last.and_then(|last| last.checked_sub(seconds));
        self.went_far_back |= back.is_some_and(|back| back >= HALF_DAY_BACK_SECONDS_MIN);
        self.days.step(seconds);
        self.half_days.step(seconds % HALF_DAY_SECONDS);
    }

    /// True where the clock looks like a 12-hour one.
    pub fn is_half_day(&self) -> bool {
        !self.hour_over_12 && self.went_far_back
    }

    /// How often the clock went back over midnight (or noon).
    pub fn wraps(&self) -> u32 {
        if self.is_half_day() { self.half_days.number } else { self.days.number }
    }
}

/// Earliest and latest, inclusive, in UTC with the zone unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bounds {
    pub lo: Micros,
    pub hi: Micros,
}

/// Gives each time of a file its bounds, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Midnight that starts the named day, in seconds since 1970 as if in UTC.
    midnight: i64,
    shape: Shape,
    days: Stretch,
    half_days: Stretch,
}

impl Clock {
    pub fn new(midnight: i64, shape: Shape) -> Clock {
        Clock { midnight, shape, days: Stretch::default(), half_days: Stretch::default() }
    }

    /// The bounds of the next time of the file; and whether it goes back a little.
    pub fn take(&mut self, seconds: u32, lasts_seconds: u32) -> (Bounds, bool) {
        let disorder = self
            .days
            .last
            .is_some_and(|last| seconds < last && last - seconds <= DISORDER_SECONDS_MAX);
        self.days.step(seconds);
        self.half_days.step(seconds % HALF_DAY_SECONDS);
        let (first, last) = self.range(seconds);
        (self.bounds(first, last + i64::from(lasts_seconds)), disorder)
    }

    /// The bounds of something at the present stretch of which no time is known.
    pub fn any_time(&self) -> Bounds {
        let (first, last) = self.range(0);
        self.bounds(first, last + i64::from(DAY_SECONDS))
    }

    /// Seconds from the named midnight at the earliest and latest stretch this can be.
    fn range(&self, seconds: u32) -> (i64, i64) {
        let span = |stretch: Stretch, total: Stretch, unit: u32| {
            let number = i64::from(stretch.number);
            ((number - i64::from(total.number)) * i64::from(unit), number * i64::from(unit))
        };
        let (first, last) = span(self.days, self.shape.days, DAY_SECONDS);
        let (first, last) = (first + i64::from(seconds), last + i64::from(seconds));
        if !self.shape.is_half_day() {
            return (first, last);
        }
        let half = i64::from(seconds % HALF_DAY_SECONDS);
        let (early, late) = span(self.half_days, self.shape.half_days, HALF_DAY_SECONDS);
        // The named day has two half-days, so each stretch can be one later still.
        let late = late + i64::from(HALF_DAY_SECONDS);
        (first.min(early + half), last.max(late + half))
    }

    fn bounds(&self, first: i64, end: i64) -> Bounds {
        let micros = |seconds: i64| seconds.saturating_mul(SECOND);
        let lo = micros(self.midnight.saturating_add(first) - ZONE_EARLIER_SECONDS);
        let hi = micros(self.midnight.saturating_add(end) + ZONE_LATER_SECONDS);
        Bounds { lo, hi: hi.saturating_sub(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bounds of each time as hours from the named midnight, the zone's width taken off again.
    fn hours(times: &[&str]) -> Vec<(f64, f64)> {
        let seconds = |time: &&str| {
            let (hours, minutes) = time.split_once(':').unwrap();
            hours.parse::<u32>().unwrap() * 3600 + minutes.parse::<u32>().unwrap() * 60
        };
        let mut shape = Shape::default();
        times.iter().for_each(|time| shape.take(seconds(time)));
        let mut clock = Clock::new(0, shape);
        let hour = |micros: Micros| micros as f64 / 3.6e9;
        times
            .iter()
            .map(|time| clock.take(seconds(time), 60).0)
            .map(|b| (hour(b.lo) + 14.0, (hour(b.hi + 1) - 12.0) - 1.0 / 60.0))
            .map(|(lo, hi)| ((lo * 60.0).round() / 60.0, (hi * 60.0).round() / 60.0))
            .collect()
    }

    #[test]
    fn a_steady_clock_stays_on_the_named_day() {
        assert_eq!(hours(&["09:00", "13:30"]), [(9.0, 9.0), (13.5, 13.5)]);
    }

    #[test]
    fn a_little_disorder_is_no_new_day() {
        assert_eq!(hours(&["09:30", "09:00", "13:00"]), [(9.5, 9.5), (9.0, 9.0), (13.0, 13.0)]);
    }

    #[test]
    fn over_midnight_either_stretch_may_be_the_named_day() {
        assert_eq!(hours(&["23:30", "00:30"]), [(-0.5, 23.5), (0.5, 24.5)]);
        assert_eq!(
            hours(&["23:00", "01:00", "00:00", "22:00", "03:00"]),
            [(-25.0, 23.0), (-23.0, 25.0), (-24.0, 24.0), (-2.0, 46.0), (3.0, 51.0)]
        );
    }

    #[test]
    fn a_twelve_hour_clock_may_be_in_either_half_of_the_day() {
        // 12:30, 12:59, 01:00: half past noon or midnight, and on; or a day passed in between.
        assert_eq!(hours(&["12:30", "01:00"]), [(-11.5, 12.5), (1.0, 25.0)]);
        // 11:30 to 12:10 to 01:00 passes noon or midnight.
        let got = hours(&["11:30", "12:10", "01:00"]);
        assert_eq!(got[0], (-12.5, 23.5));
        assert_eq!(got[2], (1.0, 25.0));
    }
}
