//! Dates and times in queries: `2020`, `2020-04`, `2020-04-01`, `2020-04-01T12:30[:15][Z|+02:00]`.
//!
//! A text names an interval (a year, month, day, minute or second). Without an offset it is UTC.

use emma_model::Micros;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};

/// The interval that `text` names: its first microsecond and the first one after it.
pub(crate) fn interval(text: &str) -> Option<(Micros, Micros)> {
    let (day, clock) = match text.find(['T', 't']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (begin, length) = day_interval(day)?;
    let Some(clock) = clock else {
        return bounds(begin.at(0, 0, 0, 0), length, Offset::UTC);
    };
    if day.len() != 10 {
        return None;
    }
    let (clock, offset) = split_offset(clock)?;
    let parts: Vec<&str> = clock.split(':').collect();
    let number = |text: &str| (text.len() == 2).then(|| digits(text)).flatten();
    match parts[..] {
        [hour, minute] => {
            let time = begin.to_datetime(clock_time(number(hour)?, number(minute)?, 0)?);
            bounds(time, 1.minute(), offset)
        }
        [hour, minute, second] => {
            let time = clock_time(number(hour)?, number(minute)?, number(second)?)?;
            bounds(begin.to_datetime(time), 1.second(), offset)
        }
        _ => None,
    }
}

fn day_interval(day: &str) -> Option<(Date, Span)> {
    let parts: Vec<&str> = day.split('-').collect();
    let number = |text: &str, length: usize| (text.len() == length).then(|| digits(text)).flatten();
    match parts[..] {
        [year] => Some((Date::new(number(year, 4)?, 1, 1).ok()?, 1.year())),
        [year, month] => {
            let month = i8::try_from(number(month, 2)?).ok()?;
            Some((Date::new(number(year, 4)?, month, 1).ok()?, 1.month()))
        }
        [year, month, day] => {
            let month = i8::try_from(number(month, 2)?).ok()?;
            let day = i8::try_from(number(day, 2)?).ok()?;
            Some((Date::new(number(year, 4)?, month, day).ok()?, 1.day()))
        }
        _ => None,
    }
}

fn digits(text: &str) -> Option<i16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn clock_time(hour: i16, minute: i16, second: i16) -> Option<jiff::civil::Time> {
    let part = |n: i16| i8::try_from(n).ok();
    jiff::civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

fn split_offset(clock: &str) -> Option<(&str, Offset)> {
    if let Some(rest) = clock.strip_suffix(['Z', 'z']) {
        return Some((rest, Offset::UTC));
    }
    let Some(at) = clock.find(['+', '-']) else {
        return Some((clock, Offset::UTC));
    };
    let (rest, offset) = clock.split_at(at);
    let (hours, minutes) = offset[1..].split_once(':').unwrap_or((&offset[1..], "00"));
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let seconds = i32::from(digits(hours)?) * 3_600 + i32::from(digits(minutes)?) * 60;
    let seconds = if offset.starts_with('-') { -seconds } else { seconds };
    Some((rest, Offset::from_seconds(seconds).ok()?))
}

fn bounds(begin: DateTime, length: Span, offset: Offset) -> Option<(Micros, Micros)> {
    let zone = TimeZone::fixed(offset);
    let micros = |time: DateTime| Some(zone.to_timestamp(time).ok()?.as_microsecond());
    // The year after 9999 has no name; its first moment is as good a bound as any later one.
    let end = begin.checked_add(length).unwrap_or(date(9999, 12, 31).at(23, 59, 59, 999_999_999));
    Some((micros(begin)?, micros(end)?))
}

/// A moment in words, UTC, as short as it can be said.
pub(crate) fn moment(micros: Micros) -> String {
    let Ok(time) = jiff::Timestamp::from_microsecond(micros) else {
        return format!("{micros} microseconds from 1970");
    };
    let time = Offset::UTC.to_datetime(time);
    let full = if time.second() == 0 && time.subsec_nanosecond() == 0 {
        time.strftime("%Y-%m-%d %H:%M").to_string()
    } else {
        time.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()
    };
    format!("{full} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<(&str, &str)>) {
        let said = interval(text).map(|(from, until)| (moment(from), moment(until)));
        let expect = expect.map(|(a, b)| (format!("{a} UTC"), format!("{b} UTC")));
        assert_eq!(said, expect, "{text}");
    }

    #[test]
    fn each_precision_names_its_interval() {
        check("2020", Some(("2020-01-01 00:00", "2021-01-01 00:00")));
        check("2020-02", Some(("2020-02-01 00:00", "2020-03-01 00:00")));
        check("2020-02-29", Some(("2020-02-29 00:00", "2020-03-01 00:00")));
        check("2020-02-29T23:59", Some(("2020-02-29 23:59", "2020-03-01 00:00")));
        check("2020-02-29T23:59:58Z", Some(("2020-02-29 23:59:58", "2020-02-29 23:59:59")));
        check("2020-01-01T00:30+02:00", Some(("2019-12-31 22:30", "2019-12-31 22:31")));
        check("2020-01-01T00:30-0130", None);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "20",
            "2020-13",
            "2021-02-29",
            "2020-1-1",
            "2020T12:00",
            "2020-01-01T24:00",
            "+020",
        ] {
            check(text, None);
        }
    }
}
