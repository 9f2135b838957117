//! When a record happened: from the characters written to bounds in UTC.

use super::error::{Problem, nearest};
use super::time_parts::Written;
use super::time_pattern::{HOUR, Pattern, SECOND};
use super::time_read::{read_epoch, read_offset, read_rfc3339};
use emma_model::{Clock, Micros, Zone};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use std::ops::Range;

/// The formats that are named by a word; everything else is a pattern.
pub(super) const WORDS: [&str; 5] = ["rfc3339", "epoch-s", "epoch-ms", "epoch-us", "epoch-ns"];

/// One way in which a time may be written.
#[derive(Clone, Debug)]
pub(super) enum Format {
    /// `2020-04-03T10:11:12.5+02:00`; the offset, fraction, seconds and clock may lack.
    Rfc3339,
    /// A count from 1970-01-01T00:00:00Z: microseconds a unit, 0 for nanoseconds.
    Epoch(i64),
    /// A pattern of `%` letters.
    Pattern(Pattern),
}

/// What to assume of a written time that says no offset.
#[derive(Clone, Debug)]
pub(super) enum ZoneRule {
    /// Nobody knows.
    Unknown,
    /// Seconds east of UTC.
    Fixed(i32),
    /// A zone of the IANA database compiled into emma.
    Named(TimeZone),
}

/// How a mapping reads times.
#[derive(Clone, Debug)]
pub(super) struct TimeRule {
    /// Tried in order.
    pub formats: Vec<Format>,
    pub zone: ZoneRule,
    pub clock: Clock,
    /// Least width in microseconds, where the mapping says that times are coarser than written.
    pub width_min: i64,
    /// A clock that goes back means that the day may have changed.
    pub day_rolls: bool,
}

/// A time as understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bounds {
    pub lo: Micros,
    pub hi: Micros,
    pub zone: Zone,
    pub inferred: bool,
    /// The written time was skipped by a change to summer time.
    pub gap: bool,
}

/// The earliest and latest moment that is taken for a time: the years 1 to 9999, less a day or
/// two at the ends, so that every zone can show it.
pub(super) const TIME_MIN: Micros = -62_135_510_400 * SECOND;
/// See [`TIME_MIN`].
pub(super) const TIME_MAX: Micros = 253_402_128_000 * SECOND;

/// An offset from UTC lies between -12 and +14 hours.
const EAST_MAX: i64 = 14 * HOUR;
const WEST_MAX: i64 = 12 * HOUR;

impl Format {
    /// The format with that name or pattern.
    pub fn compile(
        text: &str,
        span: Range<usize>,
        months: &[(String, u32)],
        pivot: u8,
    ) -> Result<Format, Problem> {
        Ok(match text {
            "rfc3339" => Format::Rfc3339,
            "epoch-s" => Format::Epoch(SECOND),
            "epoch-ms" => Format::Epoch(1_000),
            "epoch-us" => Format::Epoch(1),
            "epoch-ns" => Format::Epoch(0),
            pattern if pattern.contains('%') => {
                Format::Pattern(Pattern::compile(pattern, span, months.to_vec(), pivot)?)
            }
            word => {
                let message = format!("`{word}` is no time format");
                let suggestion = match nearest(word, WORDS) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!(
                        "write {} or a pattern such as \"%d/%m/%Y %H:%M\"",
                        WORDS.join(", ")
                    ),
                };
                return Err(Problem::new(span, message).suggest(suggestion));
            }
        })
    }

    /// True where `text` fits and means a time between 1980 and 2100, as guesses should.
    pub fn plausible(&self, text: &str) -> bool {
        const FROM: Micros = 315_532_800 * SECOND;
        const UNTIL: Micros = 4_102_444_800 * SECOND;
        self.read(text).is_some_and(|written| (FROM..UNTIL).contains(&written.local))
    }

    fn read(&self, text: &str) -> Option<Written> {
        match self {
            Format::Rfc3339 => read_rfc3339(text),
            Format::Epoch(unit) => read_epoch(text, *unit),
            Format::Pattern(pattern) => match pattern.read(text) {
                None if !text.is_ascii() => pattern.read(&without_marks(text)),
                written => written,
            },
        }
    }
}

impl ZoneRule {
    /// `unknown`, `UTC`, `+02:00` or an IANA name.
    pub fn compile(text: &str, span: Range<usize>) -> Result<ZoneRule, Problem> {
        if text == "unknown" {
            return Ok(ZoneRule::Unknown);
        }
        if matches!(text, "UTC" | "Z" | "utc") {
            return Ok(ZoneRule::Fixed(0));
        }
        if text.starts_with(['+', '-']) {
            return match read_offset(text.as_bytes()) {
                Some(seconds) => Ok(ZoneRule::Fixed(seconds)),
                None => Err(Problem::new(span, "an offset is written +02:00 or -05:30")),
            };
        }
        let zones = TimeZoneDatabase::bundled();
        zones.get(text).map(ZoneRule::Named).map_err(|_| {
            let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
            let near = nearest(text, names.iter().map(String::as_str).chain(["unknown", "UTC"]));
            let suggestion = match near {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write \"unknown\", \"UTC\", \"+02:00\" or a name such as \
                         \"Europe/Amsterdam\""
                    .to_owned(),
            };
            Problem::new(span, format!("`{text}` is no time zone")).suggest(suggestion)
        })
    }
}

impl TimeRule {
    /// Reads a time by the first format that fits.
    pub fn read(&self, text: &str) -> Option<Bounds> {
        let written = self.formats.iter().find_map(|format| format.read(text))?;
        let bounds = self.bounds(written);
        (bounds.lo >= TIME_MIN && bounds.hi <= TIME_MAX).then_some(bounds)
    }

    fn bounds(&self, written: Written) -> Bounds {
        let width = written.width.max(self.width_min);
        let lo = written.local;
        let mut hi = lo + width - 1;
        if written.half_day {
            hi += 12 * HOUR;
        }
        let at = |east: i64, west: i64, zone, gap| Bounds {
            lo: lo - east,
            hi: hi - west,
            zone,
            inferred: written.half_day,
            gap,
        };
        match (written.offset, &self.zone) {
            (Some(offset), _) => {
                let offset = i64::from(offset) * SECOND;
                at(offset, offset, Zone::Declared, false)
            }
            (None, ZoneRule::Unknown) => at(EAST_MAX, -WEST_MAX, Zone::Unknown, false),
            (None, ZoneRule::Fixed(offset)) => {
                let offset = i64::from(*offset) * SECOND;
                at(offset, offset, Zone::Assumed, false)
            }
            (None, ZoneRule::Named(zone)) => {
                let (east, west, gap) = zone_offsets(zone, lo);
                at(east, west, Zone::Assumed, gap)
            }
        }
    }
}

/// The largest and smallest offset, in microseconds, that `zone` has at the local time, and
/// whether that time was skipped.
fn zone_offsets(zone: &TimeZone, local: Micros) -> (i64, i64, bool) {
    let Ok(timestamp) = jiff::Timestamp::from_microsecond(local) else {
        return (EAST_MAX, -WEST_MAX, true);
    };
    let civil = TimeZone::UTC.to_datetime(timestamp);
    let micros = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * SECOND;
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => (micros(offset), micros(offset), false),
        AmbiguousOffset::Gap { before, after } | AmbiguousOffset::Fold { before, after } => {
            let (a, b) = (micros(before), micros(after));
            // Clocks go forward where the later offset is larger: then the time was skipped.
            (a.max(b), a.min(b), b > a)
        }
    }
}

/// Copies `text` without direction marks and with plain blanks.
fn without_marks(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}'
                | '\u{2066}'..='\u{2069}' | '\u{61c}')
        })
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn rule(format: &str, zone: &str) -> TimeRule {
        TimeRule {
            formats: vec![Format::compile(format, 0..0, &[], 70).unwrap()],
            zone: ZoneRule::compile(zone, 0..0).unwrap(),
            clock: Clock::Unstated,
            width_min: 0,
            day_rolls: false,
        }
    }

    #[test]
    fn bounds_follow_from_precision() {
        for (format, text, lo, hi) in [
            (
                "rfc3339",
                "2020-04-03T10:11:12Z",
                "2020-04-03T10:11:12Z",
                "2020-04-03T10:11:12.999999Z",
            ),
            (
                "rfc3339",
                "2020-04-03T10:11:12.5+02:00",
                "2020-04-03T08:11:12.5Z",
                "2020-04-03T08:11:12.599999Z",
            ),
            (
                "rfc3339",
                "2020-04-03 10:11 +0200",
                "2020-04-03T08:11:00Z",
                "2020-04-03T08:11:59.999999Z",
            ),
            ("epoch-s", "1585908672", "2020-04-03T10:11:12Z", "2020-04-03T10:11:12.999999Z"),
            ("epoch-s", "1585908672.25", "2020-04-03T10:11:12.25Z", "2020-04-03T10:11:12.259999Z"),
            (
                "epoch-ms",
                "1585908672001",
                "2020-04-03T10:11:12.001Z",
                "2020-04-03T10:11:12.001999Z",
            ),
            (
                "epoch-us",
                "1585908672000001",
                "2020-04-03T10:11:12.000001Z",
                "2020-04-03T10:11:12.000001Z",
            ),
            ("epoch-ns", "-1", "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ] {
            let bounds = rule(format, "unknown").read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((bounds.lo, bounds.hi), (utc(lo), utc(hi)), "{text}");
            assert_eq!(bounds.zone, Zone::Declared);
        }
    }

    #[test]
    fn zones_are_assumed_unknown_or_ambiguous() {
        let unknown = rule("%F %R", "unknown").read("2020-04-03 10:00").unwrap();
        assert_eq!(unknown.lo, utc("2020-04-02T20:00:00Z"));
        assert_eq!(unknown.hi, utc("2020-04-03T22:00:59.999999Z"));
        assert_eq!(unknown.zone, Zone::Unknown);
        let fixed = rule("%F %R", "-05:30").read("2020-04-03 10:00").unwrap();
        assert_eq!((fixed.lo, fixed.zone), (utc("2020-04-03T15:30:00Z"), Zone::Assumed));
        let named = rule("%F %R", "Europe/Amsterdam");
        assert_eq!(named.read("2020-04-03 10:00").unwrap().lo, utc("2020-04-03T08:00:00Z"));
        // 02:30 came twice on the last Sunday of October and never on that of March.
        let fold = named.read("2020-10-25 02:30").unwrap();
        assert_eq!(fold.lo, utc("2020-10-25T00:30:00Z"));
        assert_eq!(fold.hi, utc("2020-10-25T01:30:59.999999Z"));
        assert!(!fold.gap && named.read("2020-03-29 02:30").unwrap().gap);
    }

    #[test]
    fn a_misspelt_zone_or_format_is_suggested() {
        let problem = ZoneRule::compile("Europe/Amsterdm", 0..0).unwrap_err();
        assert_eq!(problem.suggestion.as_deref(), Some("did you mean \"Europe/Amsterdam\"?"));
        let problem = Format::compile("rfc-3339", 0..0, &[], 70).unwrap_err();
        assert_eq!(problem.suggestion.as_deref(), Some("did you mean \"rfc3339\"?"));
    }

    #[test]
    fn marks_of_direction_do_not_hide_a_time() {
        let bounds = rule("%d/%m/%Y, %I:%M %p", "UTC").read("\u{200e}3/4/2020, 1:05\u{202f}PM");
        assert_eq!(bounds.unwrap().lo, utc("2020-04-03T13:05:00Z"));
    }

    proptest! {
        #[test]
        fn rfc3339_agrees_with_jiff(micros in -60_000_000_000_000_000i64..250_000_000_000_000_000) {
            let text = jiff::Timestamp::from_microsecond(micros).unwrap().to_string();
            let written = read_rfc3339(&text).unwrap();
            prop_assert_eq!((written.local, written.offset), (micros, Some(0)));
        }

        #[test]
        fn no_text_panics(text in ".{0,30}", digits in "-?[0-9]{0,22}(\\.[0-9]{0,9})?") {
            for word in WORDS {
                for text in [&text, &digits] {
                    if let Some(bounds) = rule(word, "unknown").read(text) {
                        prop_assert!(bounds.lo <= bounds.hi);
                        prop_assert!(jiff::Timestamp::from_microsecond(bounds.lo).is_ok());
                        prop_assert!(jiff::Timestamp::from_microsecond(bounds.hi).is_ok());
                    }
                }
            }
        }

        #[test]
        fn times_like_times_do_not_panic(
            text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{0,9}[.+Z0-9:-]{0,9}",
        ) {
            if let Some(bounds) = rule("rfc3339", "Europe/Athens").read(&text) {
                prop_assert!(bounds.lo <= bounds.hi);
            }
        }
    }
}
