//! Times as JSON documents write them: counts since 1970 and ISO 8601.

use emma_model::{Anomaly, Clock, Micros, Time, Zone};
use std::borrow::Cow;

/// Zones reach from UTC-12 to UTC+14.
const ZONE_EARLIER: Micros = 14 * 3_600 * 1_000_000;
const ZONE_LATER: Micros = 12 * 3_600 * 1_000_000;

/// What a count since 1970 counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// Seconds, perhaps with a fraction.
    Seconds,
    /// Milliseconds.
    Millis,
}

/// A count since 1970-01-01T00:00:00Z. What lies below its last digit is not known, so that the
/// bounds span that much.
pub(crate) fn since_1970<'a>(raw: Cow<'a, str>, unit: Unit, clock: Clock) -> Option<Time<'a>> {
    let negative = raw.starts_with('-');
    let digits = raw.strip_prefix('-').unwrap_or(&raw);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_count = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_count(whole) || !is_count(fraction) {
        return None;
    }
    let of_unit: Micros = if unit == Unit::Seconds { 1_000_000 } else { 1_000 };
    let mut micros = whole.parse::<Micros>().ok()?.checked_mul(of_unit)?;
    let mut step = of_unit;
    for digit in fraction.bytes() {
        step /= 10;
        micros = micros.checked_add(Micros::from(digit - b'0') * step)?;
    }
    let lo = if negative { micros.checked_neg()? } else { micros };
    let hi = lo.checked_add(step.max(1) - 1)?;
    Some(Time { raw: Some(raw), lo, hi, zone: Zone::Declared, clock, inferred: false })
}

/// An ISO 8601 date and time. Without an offset its zone is `unstated`: unknown, with bounds that
/// hold whatever it is, or assumed to be UTC.
pub(crate) fn iso<'a>(raw: Cow<'a, str>, unstated: Zone, clock: Clock) -> Option<Time<'a>> {
    let trimmed = raw.trim();
    let (lo, zone) = match trimmed.parse::<jiff::Timestamp>() {
        Ok(at) => (at.as_microsecond(), Zone::Declared),
        Err(_) => {
            let local = trimmed.parse::<jiff::civil::DateTime>().ok()?;
            let at = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
            (at, unstated)
        }
    };
    let span = precision(trimmed) - 1;
    let (earlier, later) = match zone {
        Zone::Unknown => (ZONE_EARLIER, ZONE_LATER),
        _ => (0, 0),
    };
    let hi = lo.checked_add(span + later)?;
    Some(Time { raw: Some(raw), lo: lo.checked_sub(earlier)?, hi, zone, clock, inferred: false })
}

/// How long the last written part of a time lasts, in microseconds.
fn precision(raw: &str) -> Micros {
    let clock = raw.split_once(['T', 't', ' ']).map_or("", |(_, clock)| clock);
    let clock = clock.split(['Z', 'z', '+', '-', '[']).next().unwrap_or_default();
    if let Some((_, fraction)) = clock.split_once(['.', ',']) {
        let digits = fraction.bytes().filter(u8::is_ascii_digit).count() as u32;
        return 10_i64.pow(6 - digits.min(6));
    }
    match clock.split(':').count() {
        3.. => 1_000_000,
        2 => 60_000_000,
        1 if !clock.is_empty() && clock.len() <= 2 => 3_600_000_000,
        1 if clock.len() == 4 => 60_000_000,
        1 if clock.len() >= 6 => 1_000_000,
        _ => 86_400_000_000,
    }
}

/// Tells a time that cannot be read.
pub(crate) fn unreadable(field: &'static str, anomalies: &mut Vec<Anomaly>) {
    anomalies.push(Anomaly::field("time.unreadable", field, "the time cannot be read"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_last_as_long_as_their_last_digit() {
        let span = |raw: &'static str, unit| {
            since_1970(raw.into(), unit, Clock::Sent).map(|time| (time.lo, time.hi))
        };
        assert_eq!(span("86400", Unit::Seconds), Some((86_400_000_000, 86_400_999_999)));
        assert_eq!(span("1.000200", Unit::Seconds), Some((1_000_200, 1_000_200)));
        assert_eq!(span("1500", Unit::Millis), Some((1_500_000, 1_500_999)));
        assert_eq!(span("-1", Unit::Millis), Some((-1_000, -1)));
        for bad in ["", "-", ".5", "1e3", "9223372036854775807", "1.x", "NaN"] {
            assert_eq!(span(bad, Unit::Seconds), None, "{bad}");
        }
    }

    #[test]
    fn iso_times_keep_their_precision_and_zone() {
        let read = |raw: &'static str| {
            let time = iso(raw.into(), Zone::Unknown, Clock::Sent)?;
            Some((time.lo, time.hi, time.zone))
        };
        let hour = 3_600_000_000;
        assert_eq!(read("1970-01-01T01:00:00.000Z"), Some((hour, hour + 999, Zone::Declared)));
        assert_eq!(read("1970-01-01T02:00:00+01:00"), Some((hour, hour + 999_999, Zone::Declared)));
        assert_eq!(
            read("1970-01-01T00:00:00.000001+00:00"),
            Some((1, 1, Zone::Declared)),
            "a microsecond"
        );
        let wide = (-14 * hour, 12 * hour + 999_999, Zone::Unknown);
        assert_eq!(read("1970-01-01T00:00:00"), Some(wide));
        assert_eq!(read("yesterday"), None);
    }
}
