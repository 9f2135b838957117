//! Times written in a pattern such as `%d/%m/%y %H:%M`.

use super::error::Problem;
use super::months;
use super::time_parts::{Parts, Written};
use std::ops::Range;

/// Microseconds of a second, minute, hour and day.
pub(super) const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// One piece of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Literal(char),
    Blank,
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    DayOfYear,
    Hour,
    HalfHour,
    Noon,
    Minute,
    Second,
    Fraction,
    Offset,
    ZoneName,
    Word,
}

/// Every `%` letter with its piece, as listed in `docs/mappings.md`.
const LETTERS: &[(char, Piece)] = &[
    ('Y', Piece::Year),
    ('y', Piece::ShortYear),
    ('m', Piece::Month),
    ('b', Piece::MonthName),
    ('B', Piece::MonthName),
    ('d', Piece::Day),
    ('e', Piece::Day),
    ('j', Piece::DayOfYear),
    ('H', Piece::Hour),
    ('k', Piece::Hour),
    ('I', Piece::HalfHour),
    ('l', Piece::HalfHour),
    ('p', Piece::Noon),
    ('P', Piece::Noon),
    ('M', Piece::Minute),
    ('S', Piece::Second),
    ('f', Piece::Fraction),
    ('z', Piece::Offset),
    ('Z', Piece::ZoneName),
    ('a', Piece::Word),
    ('A', Piece::Word),
];

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    months: Vec<(String, u32)>,
    pivot: u8,
}

impl Pattern {
    /// Compiles `pattern`. `months` are lower-case names, in any number of spellings; two-digit
    /// years below `pivot` are 20xx, the others 19xx.
    pub fn compile(
        pattern: &str,
        span: Range<usize>,
        months: Vec<(String, u32)>,
        pivot: u8,
    ) -> Result<Pattern, Problem> {
        let mut months = months;
        // Longer names first: "sept" before "sep".
        months.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        let mut pieces = Vec::new();
        let spelled = pattern
            .replace("%T", "%H:%M:%S")
            .replace("%F", "%Y-%m-%d")
            .replace("%R", "%H:%M")
            .replace("%D", "%m/%d/%y");
        let mut chars = spelled.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => match chars.next() {
                    Some('%') => pieces.push(Piece::Literal('%')),
                    Some(letter) => pieces.push(piece_of(letter, &span)?),
                    None => return Err(Problem::new(span, "the time pattern ends with a `%`")),
                },
                c if c.is_whitespace() => {
                    if pieces.last() != Some(&Piece::Blank) {
                        pieces.push(Piece::Blank);
                    }
                }
                c => pieces.push(Piece::Literal(c)),
            }
        }
        let pattern = Pattern { pieces, months, pivot };
        pattern.check(span)?;
        Ok(pattern)
    }

    fn check(&self, span: Range<usize>) -> Result<(), Problem> {
        let has = |wanted: &[Piece]| self.pieces.iter().any(|piece| wanted.contains(piece));
        let missing = if !has(&[Piece::Year, Piece::ShortYear]) {
            Some("year (%Y or %y)")
        } else if has(&[Piece::DayOfYear]) {
            None
        } else if !has(&[Piece::Month, Piece::MonthName]) {
            Some("month (%m, %b or %B)")
        } else if !has(&[Piece::Day]) {
            Some("day (%d)")
        } else {
            None
        };
        if let Some(part) = missing {
            let message = format!("the time pattern has no {part}");
            return Err(Problem::new(span, message).suggest(
                "where the date stands in the file's name or in a line of its own, take both \
                 together: template = \"{path:date} {clock}\"",
            ));
        }
        Ok(())
    }

    /// Reads all of `text`; `None` where it does not fit the pattern or is no real date.
    pub fn read(&self, text: &str) -> Option<Written> {
        let mut parts = Parts { month: 1, day: 1, ..Parts::default() };
        let mut rest = text.trim();
        for piece in &self.pieces {
            rest = self.take(piece, rest, &mut parts)?;
        }
        if !rest.trim().is_empty() {
            return None;
        }
        parts.written()
    }

    fn take<'t>(&self, piece: &Piece, text: &'t str, parts: &mut Parts) -> Option<&'t str> {
        let digits = |text: &'t str, least, most| number(text, least, most);
        match piece {
            Piece::Literal(c) => return text.strip_prefix(*c),
            Piece::Blank => return Some(text.trim_start()),
            Piece::Word => return Some(text.trim_start_matches(is_word)),
            Piece::MonthName => {
                let (month, rest) = self.month(text)?;
                parts.month = month;
                return Some(rest);
            }
            Piece::Noon => return noon(text, parts),
            Piece::Offset => return offset(text, parts),
            Piece::ZoneName => {
                let rest = ["UTC", "GMT", "Z"].iter().find_map(|name| text.strip_prefix(name))?;
                parts.offset = Some(0);
                return Some(rest);
            }
            Piece::Fraction => return fraction(text, parts),
            _ => {}
        }
        let (value, rest) = match piece {
            Piece::Year => digits(text, 4, 4)?,
            Piece::ShortYear => digits(text, 2, 2)?,
            Piece::DayOfYear => digits(text, 1, 3)?,
            _ => digits(text, 1, 2)?,
        };
        match piece {
            Piece::Year => parts.year = value,
            Piece::ShortYear => {
                parts.year = value + if value < u32::from(self.pivot) { 2000 } else { 1900 };
            }
            Piece::Month => parts.month = value,
            Piece::Day => parts.day = value,
            Piece::DayOfYear => parts.day_of_year = Some(value),
            Piece::Hour => parts.hour = Some(value),
            Piece::HalfHour => {
                parts.hour = Some(value);
                parts.half = true;
            }
            Piece::Minute => parts.minute = Some(value),
            Piece::Second => parts.second = Some(value),
            _ => {}
        }
        Some(rest)
    }

    fn month<'t>(&self, text: &'t str) -> Option<(u32, &'t str)> {
        let folded = text.to_lowercase();
        for (name, month) in &self.months {
            if !folded.starts_with(name.as_str()) {
                continue;
            }
            // Lower-casing may change lengths: count characters, then skip a full stop.
            let count = name.chars().count();
            let rest = text.char_indices().nth(count).map_or("", |(at, _)| &text[at..]);
            if rest.starts_with(char::is_alphabetic) {
                continue;
            }
            return Some((*month, rest.strip_prefix('.').unwrap_or(rest)));
        }
        None
    }
}

fn piece_of(letter: char, span: &Range<usize>) -> Result<Piece, Problem> {
    if let Some((_, piece)) = LETTERS.iter().find(|(known, _)| *known == letter) {
        return Ok(piece.clone());
    }
    let known: Vec<String> = LETTERS.iter().map(|(letter, _)| format!("%{letter}")).collect();
    Err(Problem::new(span.clone(), format!("`%{letter}` is no part of a time pattern"))
        .suggest(format!("known: {}", known.join(" "))))
}

fn is_word(c: char) -> bool {
    c.is_alphabetic() || c == '.'
}

/// A number of `least..=most` digits, Arabic-Indic ones included.
fn number(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let mut value = 0;
    let mut count = 0;
    let mut rest = text;
    while count < most {
        let Some(digit) = rest.chars().next().and_then(|c| Some((c.len_utf8(), digit(c)?))) else {
            break;
        };
        value = value * 10 + digit.1;
        rest = &rest[digit.0..];
        count += 1;
    }
    (count >= least).then_some((value, rest))
}

fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '\u{660}'..='\u{669}' => Some(c as u32 - 0x660),
        '\u{6f0}'..='\u{6f9}' => Some(c as u32 - 0x6f0),
        _ => None,
    }
}

fn noon<'t>(text: &'t str, parts: &mut Parts) -> Option<&'t str> {
    let mut chars = text.char_indices().filter(|(_, c)| !matches!(c, '.' | '\u{202f}' | ' '));
    let (_, first) = chars.next()?;
    let (at, second) = chars.next()?;
    let late = match first.to_ascii_lowercase() {
        'a' => false,
        'p' => true,
        _ => return None,
    };
    if !second.eq_ignore_ascii_case(&'m') {
        return None;
    }
    parts.late = Some(late);
    let rest = &text[at + 1..];
    Some(rest.strip_prefix('.').unwrap_or(rest))
}

fn offset<'t>(text: &'t str, parts: &mut Parts) -> Option<&'t str> {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        parts.offset = Some(0);
        return Some(rest);
    }
    let text = ["UTC", "GMT"].iter().find_map(|name| text.strip_prefix(name)).unwrap_or(text);
    let east = match text.chars().next()? {
        '+' => 1,
        '-' | '\u{2212}' => -1,
        _ => return None,
    };
    let text = &text[text.chars().next()?.len_utf8()..];
    let (hours, text) = number(text, 1, 2)?;
    let after = text.strip_prefix(':').unwrap_or(text);
    let (minutes, text) = number(after, 2, 2).unwrap_or((0, text));
    if hours > 14 || minutes > 59 {
        return None;
    }
    parts.offset = Some(east * (hours * 3600 + minutes * 60) as i32);
    Some(text)
}

fn fraction<'t>(text: &'t str, parts: &mut Parts) -> Option<&'t str> {
    let mut value = 0i64;
    let mut width = SECOND;
    let mut rest = text;
    let mut count = 0;
    while let Some(digit) = rest.chars().next().and_then(digit) {
        if width > 1 {
            width /= 10;
            value += i64::from(digit) * width;
        }
        rest = &rest[rest.chars().next()?.len_utf8()..];
        count += 1;
    }
    if count == 0 {
        return None;
    }
    parts.fraction = Some((value, width));
    Some(rest)
}

/// The names of `languages` with their month numbers, for [`Pattern::compile`].
pub(super) fn month_names(language: &months::Months) -> Vec<(String, u32)> {
    let numbered = language.iter().zip(1u32..);
    numbered
        .flat_map(|(names, month)| names.iter().map(move |name| ((*name).to_owned(), month)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::time_parts::days_from_civil;
    use super::*;
    use proptest::prelude::*;

    fn read(language: &str, pattern: &str, text: &str) -> Option<Written> {
        let months = month_names(months::of_language(language).unwrap());
        Pattern::compile(pattern, 0..0, months, 70).unwrap().read(text)
    }

    fn utc(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn patterns_read_what_people_write() {
        for (language, pattern, text, want, width) in [
            ("en", "%d/%m/%y %H:%M", "03/04/20 9:05", "2020-04-03T09:05:00Z", MINUTE),
            ("en", "%d.%m.%y", "03.04.71", "1971-04-03T00:00:00Z", DAY),
            ("nl", "%d %b %Y %H:%M:%S", "3 mrt. 2020 09:05:07", "2020-03-03T09:05:07Z", SECOND),
            ("ru", "%d %B %Y г. %R", "1 мая 2020 г. 10:00", "2020-05-01T10:00:00Z", MINUTE),
            (
                "de",
                "%a, %d. %B %Y, %H Uhr",
                "Mo., 2. März 2020, 7 Uhr",
                "2020-03-02T07:00:00Z",
                HOUR,
            ),
            ("en", "%m/%d/%y, %I:%M %p", "4/3/20, 12:07\u{202f}am", "2020-04-03T00:07:00Z", MINUTE),
            ("en", "%m/%d/%y, %I:%M %p", "4/3/20, 12:07 P.M.", "2020-04-03T12:07:00Z", MINUTE),
            ("en", "%Y%m%d%H%M%S", "20200403101112", "2020-04-03T10:11:12Z", SECOND),
            ("en", "%Y-%j", "2020-060", "2020-02-29T00:00:00Z", DAY),
            ("en", "%F %T.%f", "2020-04-03 10:11:12.345", "2020-04-03T10:11:12.345Z", 1000),
            ("ar", "%d %B %Y", "٣ أبريل ٢٠٢٠", "2020-04-03T00:00:00Z", DAY),
        ] {
            let written = read(language, pattern, text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((written.local, written.width), (utc(want), width), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for text in ["31/02/20 10:00", "03/04/20 25:00", "03/04/20", "03/04/20 10:00x", "", "a"] {
            assert_eq!(read("en", "%d/%m/%y %H:%M", text), None, "{text}");
        }
    }

    #[test]
    fn offsets_and_half_days_are_told() {
        assert_eq!(read("en", "%F %R %z", "2020-04-03 10:00 +0230").unwrap().offset, Some(9000));
        assert_eq!(read("en", "%F %R%z", "2020-04-03 10:00-03").unwrap().offset, Some(-10800));
        assert_eq!(read("en", "%F %R %z", "2020-04-03 10:00 GMT+2").unwrap().offset, Some(7200));
        assert!(read("en", "%F %I:%M", "2020-04-03 10:00").unwrap().half_day);
        assert!(!read("en", "%F %I:%M", "2020-04-03 13:00").unwrap().half_day);
    }

    #[test]
    fn a_pattern_without_a_date_is_explained() {
        let problem = Pattern::compile("%H:%M", 0..0, Vec::new(), 70).unwrap_err();
        assert!(problem.message.contains("no year"));
        assert!(problem.suggestion.unwrap().contains("{path:date}"));
        assert!(Pattern::compile("%Q", 0..0, Vec::new(), 70).is_err());
    }

    proptest! {
        #[test]
        fn civil_days_agree_with_jiff(days in -700_000i64..2_900_000) {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
            let date = date.unwrap();
            prop_assume!(date.year() >= 1);
            let ours = days_from_civil(date.year() as u32, date.month() as u32, date.day() as u32);
            prop_assert_eq!(ours, Some(days));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            read("tr", "%a %d %B %y %I:%M %p %z", &text);
            read("en", "%d %b %Y %H:%M:%S.%f", &text);
        }
    }
}
