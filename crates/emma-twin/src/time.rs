//! Dates, zones and how they are written. Milliseconds since 1970 throughout.

/// A second, in milliseconds.
pub const SECOND: i64 = 1_000;
/// A minute, in milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// Year, month and day of a count of days since 1970-01-01.
pub fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month as u32, (doy - (153 * mp + 2) / 5 + 1) as u32)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
pub fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (i64::from(month) + 9) % 12;
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// Reads `YYYY-MM-DD` as its first instant in UTC.
pub fn parse_day(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year: i64 = parts.next()?.parse().ok()?;
    let month: u32 = parts.next()?.parse().ok()?;
    let day: u32 = parts.next()?.parse().ok()?;
    let fits = parts.next().is_none()
        && (1970..2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day);
    let days = fits.then(|| days_of(year, month, day))?;
    (civil(days) == (year, month, day)).then_some(days * DAY)
}

/// Reads RFC 3339 (whole seconds or milliseconds, `Z` or an offset), or a date as 00:00 UTC.
pub fn parse_instant(text: &str) -> Option<i64> {
    let Some((date, clock)) = text.split_once('T') else { return parse_day(text) };
    let (clock, east) = match clock.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = clock.rfind(['+', '-'])?;
            let (hours, minutes) = clock[at + 1..].split_once(':')?;
            let size = number(hours, 23)? * HOUR + number(minutes, 59)? * MINUTE;
            (&clock[..at], if clock[at..].starts_with('-') { -size } else { size })
        }
    };
    let (clock, millis) = clock.split_once('.').unwrap_or((clock, "0"));
    let millis = number(&format!("{millis:0<3}"), 999)?;
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let own =
        number(hour, 23)? * HOUR + number(minute, 59)? * MINUTE + number(second, 59)? * SECOND;
    parts.next().is_none().then_some(parse_day(date)? + own + millis - east)
}

/// Digits only, at most `most`.
fn number(text: &str, most: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|value| *value <= most)
}

/// A home zone: its offset in winter, and whether it keeps European summer time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Minutes east of UTC in winter.
    pub minutes: i32,
    /// Whether clocks go forward from the last Sunday of March to the last of October.
    pub summer: bool,
}

impl Zone {
    /// UTC.
    pub const UTC: Zone = Zone { minutes: 0, summer: false };

    /// Minutes east of UTC at an instant.
    pub fn offset_minutes(self, at: i64) -> i32 {
        self.minutes + if self.summer && is_summer(at) { 60 } else { 0 }
    }

    /// Local wall time at an instant, as milliseconds.
    pub fn local(self, at: i64) -> i64 {
        at + i64::from(self.offset_minutes(at)) * MINUTE
    }
}

fn last_sunday(year: i64, month: u32) -> i64 {
    let last = days_of(year, month, 31);
    // 1970-01-04 was a Sunday.
    last - (last - 3).rem_euclid(7)
}

fn is_summer(at: i64) -> bool {
    let year = civil(at.div_euclid(DAY)).0;
    let start = last_sunday(year, 3) * DAY + HOUR;
    let end = last_sunday(year, 10) * DAY + HOUR;
    (start..end).contains(&at)
}

fn two(out: &mut Vec<u8>, n: u32) {
    out.push(b'0' + (n / 10 % 10) as u8);
    out.push(b'0' + (n % 10) as u8);
}

/// Writes `YYYY-MM-DD`.
pub fn write_date(out: &mut Vec<u8>, at: i64) {
    let (year, month, day) = civil(at.div_euclid(DAY));
    two(out, (year / 100) as u32);
    two(out, (year % 100) as u32);
    out.push(b'-');
    two(out, month);
    out.push(b'-');
    two(out, day);
}

/// Writes `hh:mm:ss`.
pub fn write_clock(out: &mut Vec<u8>, at: i64) {
    let second = (at.rem_euclid(DAY) / SECOND) as u32;
    two(out, second / 3600);
    out.push(b':');
    two(out, second / 60 % 60);
    out.push(b':');
    two(out, second % 60);
}

/// Writes RFC 3339 with milliseconds: `wall` is what the clock shows, `minutes` the offset stated.
pub fn write_stamp(out: &mut Vec<u8>, wall: i64, minutes: i32) {
    write_date(out, wall);
    out.push(b'T');
    write_clock(out, wall);
    let millis = wall.rem_euclid(SECOND) as u32;
    out.push(b'.');
    out.push(b'0' + (millis / 100) as u8);
    two(out, millis % 100);
    if minutes == 0 {
        out.push(b'Z');
    } else {
        out.push(if minutes < 0 { b'-' } else { b'+' });
        two(out, minutes.unsigned_abs() / 60);
        out.push(b':');
        two(out, minutes.unsigned_abs() % 60);
    }
}

/// RFC 3339 in UTC.
pub fn stamp(at: i64) -> String {
    let mut out = Vec::with_capacity(24);
    write_stamp(&mut out, at, 0);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        assert_eq!(parse_day("2020-03-29"), Some(1_585_440_000_000));
        assert_eq!(stamp(1_585_440_000_123), "2020-03-29T00:00:00.123Z");
        for wrong in ["2020-02-30", "2020-13-01", "20200101", "2020-1-1-1", ""] {
            assert_eq!(parse_day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_are_rfc_3339_or_dates() {
        let day = parse_day("2020-05-03").unwrap();
        assert_eq!(parse_instant("2020-05-03"), Some(day));
        assert_eq!(parse_instant("2020-05-03T06:30:00Z"), Some(day + 6 * HOUR + 30 * MINUTE));
        assert_eq!(parse_instant("2020-05-03T06:30:00.5+02:00"), Some(day + 4 * HOUR + 1_800_500));
        for wrong in ["2020-05-03T24:00:00Z", "2020-05-03T06:00:00", "2020-05-03T06:00Z", "T", ""] {
            assert_eq!(parse_instant(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn summer_time_starts_on_the_last_sunday_of_march() {
        let zone = Zone { minutes: 60, summer: true };
        let change = parse_day("2020-03-29").unwrap() + HOUR;
        assert_eq!(zone.offset_minutes(change - 1), 60);
        assert_eq!(zone.offset_minutes(change), 120);
    }
}
