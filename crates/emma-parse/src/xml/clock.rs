//! Times as these formats write them, and the bounds they mean.

use emma_model::{Clock, Micros, Time, Zone};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::borrow::Cow;

const SECOND: Micros = 1_000_000;
/// Zones reach from UTC-12 to UTC+14.
const ZONE_EARLIER: Micros = 14 * 3_600 * SECOND;
const ZONE_LATER: Micros = 12 * 3_600 * SECOND;

/// Milliseconds since 1970, UTC.
pub(crate) fn epoch_ms<'a>(raw: &Cow<'a, str>, clock: Clock) -> Option<Time<'a>> {
    let lo = raw.trim().parse::<i64>().ok()?.checked_mul(1_000)?;
    let hi = lo.checked_add(999)?;
    let raw = Some(raw.clone());
    Some(Time { raw, lo, hi, zone: Zone::Declared, clock, inferred: false })
}

/// A date with a clock time: `2020-01-31T10:11:12.345+02:00`, the same with a space, without an
/// offset (its zone is unknown), or with slashes, `AM`/`PM` and `(UTC+2)`. Where day and month
/// may be either, both are within the bounds, which are inferred then.
pub(crate) fn written<'a>(raw: &Cow<'a, str>, clock: Clock) -> Option<Time<'a>> {
    let text = raw.trim();
    let (date, rest) = date(text)?;
    let (seconds, width, rest) = match rest.trim() {
        // A date alone lasts a day.
        "" => (0, 86_400 * SECOND, ""),
        _ => time_of_day(rest)?,
    };
    let (east, zone) = match offset(rest.trim())? {
        Some(east) => (east, Zone::Declared),
        None => (0, Zone::Unknown),
    };
    let at = |(year, month, day): (i16, i8, i8)| {
        let midnight = DateTime::new(year, month, day, 0, 0, 0, 0).ok()?;
        let midnight = midnight.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond();
        Some(midnight + seconds - east * SECOND)
    };
    let mut starts: Vec<Micros> = date.into_iter().flatten().filter_map(at).collect();
    starts.sort_unstable();
    let (mut lo, mut hi) = (*starts.first()?, *starts.last()? + width - 1);
    if zone == Zone::Unknown {
        lo -= ZONE_EARLIER;
        hi += ZONE_LATER;
    }
    let inferred = starts.first() != starts.last();
    Some(Time { raw: Some(raw.clone()), lo, hi, zone, clock, inferred })
}

type Date = (i16, i8, i8);

/// A date and what follows it. Slashes leave open which is the day.
fn date(text: &str) -> Option<([Option<Date>; 2], &str)> {
    let (one, rest) = digits(text)?;
    if text.len() - rest.len() == 8 && rest.starts_with('T') {
        let (year, month, day) = (one / 10_000, one / 100 % 100, one % 100);
        return Some(([Some((year as i16, month as i8, day as i8)), None], rest));
    }
    let mark = rest.chars().next().filter(|mark| matches!(mark, '-' | '/' | '.'))?;
    let (two, rest) = digits(&rest[1..])?;
    let (three, rest) = digits(rest.strip_prefix(mark)?)?;
    let small = |n: u32| i8::try_from(n).ok();
    let year = |n: u32| i16::try_from(n).ok();
    if one > 31 {
        let date = (year(one)?, small(two)?, small(three)?);
        return Some(([Some(date), None], rest));
    }
    if three <= 31 {
        return None;
    }
    let (year, one, two) = (year(three)?, small(one)?, small(two)?);
    let day_first = (two <= 12).then_some((year, two, one));
    let month_first = (one <= 12 && one != two && mark == '/').then_some((year, one, two));
    Some(([day_first, month_first], rest))
}

/// Microseconds since midnight, how many the written time lasts, and what follows.
fn time_of_day(text: &str) -> Option<(Micros, Micros, &str)> {
    let text = text.trim_start_matches(['T', ' ']);
    let (hour, rest) = digits(text)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?)?;
    let (second, mut width, rest) = match rest.strip_prefix(':').and_then(digits) {
        Some((second, rest)) => (second, SECOND, rest),
        None => (0, 60 * SECOND, rest),
    };
    let mut micros = 0;
    let mut rest = rest;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        for digit in fraction.bytes().take(length.min(6)) {
            width /= 10;
            micros += Micros::from(digit - b'0') * width;
        }
        rest = &fraction[length..];
    }
    let trimmed = rest.trim_start();
    let half = trimmed.get(..2).map(str::to_ascii_uppercase);
    let (hour, rest) = match half.as_deref() {
        Some("AM") if (1..=12).contains(&hour) => (hour % 12, &trimmed[2..]),
        Some("PM") if (1..=12).contains(&hour) => (hour % 12 + 12, &trimmed[2..]),
        _ => (hour, rest),
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = Micros::from(hour * 3_600 + minute * 60 + second);
    Some((seconds * SECOND + micros, width.max(1), rest))
}

/// Seconds east of UTC: `Z`, `+02:00`, `+0200`, `(UTC+2)`; `Some(None)` where nothing is said.
fn offset(text: &str) -> Option<Option<Micros>> {
    let text = text.trim_start_matches('(').trim_end_matches(')');
    let text = text
        .strip_prefix("UTC")
        .or(text.strip_prefix("GMT"))
        .map_or(text, |rest| if rest.is_empty() { "Z" } else { rest });
    let (sign, digits) = match text.as_bytes() {
        [] => return Some(None),
        b"Z" | b"z" => return Some(Some(0)),
        [b'+', ..] => (1, &text[1..]),
        [b'-', ..] => (-1, &text[1..]),
        _ => return None,
    };
    let number = |text: &str| text.parse::<Micros>().ok().filter(|_| text.len() <= 2);
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (number(hours)?, number(minutes)?),
        None if digits.len() == 4 && digits.is_ascii() => {
            (number(&digits[..2])?, number(&digits[2..])?)
        }
        None => (number(digits)?, 0),
    };
    (hours <= 14 && minutes <= 59).then_some(Some(sign * (hours * 3_600 + minutes * 60)))
}

fn digits(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..length].parse().ok()?, &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Micros = 86_400 * SECOND;

    fn check(raw: &str, expected: Option<(Micros, Micros, Zone, bool)>) {
        let time = written(&raw.into(), Clock::Unstated);
        let got = time.map(|time| (time.lo, time.hi, time.zone, time.inferred));
        assert_eq!(got, expected, "{raw}");
    }

    #[test]
    fn times_are_read_with_their_width_and_zone() {
        let second = Some((DAY, DAY + SECOND - 1, Zone::Declared, false));
        for raw in ["1970-01-02T00:00:00Z", "1970-01-02 02:00:00+02:00", "19700102T00:00:00Z"] {
            check(raw, second);
        }
        check(
            "1970-01-02T00:00:00.250+00:00",
            Some((DAY + 250_000, DAY + 250_999, Zone::Declared, false)),
        );
        check(
            "13/01/1970 12:00:00 AM(UTC+0)",
            Some((12 * DAY, 12 * DAY + SECOND - 1, Zone::Declared, false)),
        );
        check(
            "1/2/1970 12:00:00 AM(UTC+0)",
            Some((DAY, 31 * DAY + SECOND - 1, Zone::Declared, true)),
        );
        check(
            "1970-01-02T00:00:00",
            Some((DAY - ZONE_EARLIER, DAY + SECOND - 1 + ZONE_LATER, Zone::Unknown, false)),
        );
        for raw in [
            "",
            "yesterday",
            "1970-13-02T00:00:00Z",
            "1970-01-02T25:00:00Z",
            "1970-01-02T00:00:00 x",
            "9999999-01-01T00:00:00Z",
        ] {
            check(raw, None);
        }
    }
}
