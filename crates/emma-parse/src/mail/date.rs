//! Dates as mails write them (RFC 5322, 3.3 and 4.3), and those of `From ` lines.

use emma_model::{Clock, Time, Zone};
use std::borrow::Cow;

const SECOND: i64 = 1_000_000;
const HOUR_SECONDS: i64 = 3_600;
/// Zones reach from UTC-12 to UTC+14; local time minus the offset is UTC.
const ZONE_EARLIER: i64 = 14 * HOUR_SECONDS * SECOND;
const ZONE_LATER: i64 = 12 * HOUR_SECONDS * SECOND;

/// The time that `raw` writes, by this clock; `None` where it is none.
pub(super) fn time(raw: &str, clock: Clock) -> Option<Time<'static>> {
    let (start, lasts, zone) = moment(raw)?;
    let (lo, hi) = (start * SECOND, (start + lasts) * SECOND - 1);
    let raw = Some(Cow::Owned(raw.to_owned()));
    Some(match zone {
        Some(offset) => {
            let offset = offset * SECOND;
            let (lo, hi) = (lo - offset, hi - offset);
            Time { raw, lo, hi, zone: Zone::Declared, clock, inferred: false }
        }
        None => {
            let (lo, hi) = (lo - ZONE_EARLIER, hi + ZONE_LATER);
            Time { raw, lo, hi, zone: Zone::Unknown, clock, inferred: false }
        }
    })
}

/// Local seconds since 1970, how long the written moment lasts, and its offset in seconds.
fn moment(raw: &str) -> Option<(i64, i64, Option<i64>)> {
    let plain = without_comments(raw);
    // "00:01+0100" leaves the space out.
    let plain = match plain.rfind(':').and_then(|at| Some(at + plain[at..].find(['+', '-'])?)) {
        Some(sign) => format!("{} {}", &plain[..sign], &plain[sign..]),
        None => plain,
    };
    let words: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .take(12)
        .collect();
    let clock_at = words.iter().position(|word| word.contains(':'))?;
    let (hour, minute, second) = clock(words[clock_at])?;
    let month_at = words.iter().position(|word| month(word).is_some())?;
    let (mut day, mut year) = (None, None);
    for (at, word) in words.iter().enumerate() {
        if at == clock_at || !word.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let number: i16 = word.parse().ok()?;
        match (day, year) {
            (None, _) if word.len() <= 2 => day = Some(number),
            (_, None) => year = Some((number, word.len())),
            _ => {}
        }
    }
    let year = match year? {
        (short @ 0..=49, ..=2) => 2_000 + short,
        (short, ..=3) => 1_900 + short,
        (year, _) => year,
    };
    let date = jiff::civil::Date::new(year, month(words[month_at])?, day?.try_into().ok()?).ok()?;
    let at = date.to_datetime(jiff::civil::Time::new(hour, minute, 0, 0).ok()?);
    let start = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let zone = words[clock_at + 1..].iter().find_map(|word| offset(word));
    Some(match second {
        Some(second) => (start + i64::from(second), 1, zone),
        None => (start, 60, zone),
    })
}

fn without_comments(raw: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for c in raw.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Hour, minute and second; 60 is a leap second.
fn clock(word: &str) -> Option<(i8, i8, Option<i8>)> {
    let mut parts = word.splitn(3, ':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => Some(second.filter(|second| (0..=60).contains(second))?),
        None => None,
    };
    Some((hour, minute, second))
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let head = word.get(..3)?.to_ascii_lowercase();
    let at = MONTHS.iter().position(|month| *month == head)?;
    Some(at as i8 + 1)
}

/// Seconds east of UTC.
fn offset(word: &str) -> Option<i64> {
    let sign = match word.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => {
            let hours = match word.to_ascii_uppercase().as_str() {
                "UT" | "UTC" | "GMT" | "Z" => 0,
                "EDT" => -4,
                "EST" | "CDT" => -5,
                "CST" | "MDT" => -6,
                "MST" | "PDT" => -7,
                "PST" => -8,
                _ => return None,
            };
            return Some(hours * HOUR_SECONDS);
        }
    };
    let digits = word[1..].replace(':', "");
    let number: i64 = (digits.len() == 4).then(|| digits.parse().ok())??;
    let (hours, minutes) = (number / 100, number % 100);
    (hours <= 15 && minutes < 60).then_some(sign * (hours * HOUR_SECONDS + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_their_zone() {
        let day = 86_400;
        for (raw, expected) in [
            ("Fri, 2 Jan 1970 01:00:05 +0100", Some((day + 3_605, 1, Some(3_600)))),
            ("2 jan 70 01:00 -0530 (so it said)", Some((day + 3_600, 60, Some(-19_800)))),
            ("Fri, 2 Jan 1970 00:00:00 GMT", Some((day, 1, Some(0)))),
            ("Fri, 2 Jan 1970 00:00:00 EST", Some((day, 1, Some(-18_000)))),
            ("Fri Jan  2 00:00:00 1970", Some((day, 1, None))),
            ("2 Jan 1970 00:01+0000", Some((day + 60, 60, Some(0)))),
            ("Fri, 31 Feb 1970 00:00:00 GMT", None),
            ("2 Jan 1970", None),
            ("2 Jan 1970 25:00 GMT", None),
            ("", None),
        ] {
            assert_eq!(moment(raw), expected, "{raw}");
        }
    }
}
