//! The head of a message: date, time and whoever speaks, in the spelling of any locale.

use super::digits::{self, Cursor};
use super::words::{self, Half};

/// More of a line than any header with its sender needs.
pub(super) const HEADER_BYTES_MAX: usize = 1024;
/// The mark that the app puts before words of its own.
pub(super) const LEFT_TO_RIGHT: char = '\u{200e}';
/// Longest name of a sender, in bytes. WhatsApp allows 25 characters, address books more.
const SENDER_BYTES_MAX: usize = 400;

/// A date and time as written, and the rest of the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'t> {
    /// From the first digit of the date to the last character of the time.
    pub raw: &'t str,
    /// The three numbers of the date as written.
    pub numbers: [u32; 3],
    /// How many digits each has.
    pub digits: [usize; 3],
    /// What stands between them; words of the language as `w`.
    pub separator: char,
    /// Something stands between date and time other than a space.
    pub comma: bool,
    /// Hour, minute and, where written, second.
    pub hour: u32,
    pub minute: u32,
    pub second: Option<u32>,
    /// Before or after noon, where written.
    pub half: Half,
    /// The time stands in brackets (iOS).
    pub bracket: bool,
    /// A hyphen stands behind the time (Android).
    pub hyphen: bool,
    /// What follows the header.
    pub rest: &'t str,
}

impl<'t> Header<'t> {
    /// The sender, if one speaks, and what is said on this line.
    pub fn said(&self) -> (Option<&'t str>, &'t str) {
        let rest = self.rest.trim_start_matches(digits::is_mark);
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = &rest[..end];
        let colon = line.find(": ").or_else(|| line.strip_suffix(':').map(str::len));
        let Some(colon) = colon.filter(|at| (1..=SENDER_BYTES_MAX).contains(at)) else {
            return (None, self.rest);
        };
        let sender = line[..colon].trim_matches(|c| digits::is_mark(c) || c.is_whitespace());
        // A colon inside quotation marks is of a title that a line of the app tells.
        let quotes = |marks: &[char]| sender.chars().filter(|c| marks.contains(c)).count();
        let open = quotes(&['"']) % 2 == 1
            || quotes(&['\u{201c}', '\u{ab}', '\u{201e}']) > quotes(&['\u{201d}', '\u{bb}'])
                && !sender.ends_with('\u{201c}');
        if sender.is_empty() || open {
            return (None, self.rest);
        }
        let text = &rest[colon + 1..];
        (Some(sender), text.strip_prefix(' ').unwrap_or(text))
    }

    /// True for a spelling that other programs write, too: brackets or a colon behind the time
    /// without a comma before it, a hyphen behind seconds or behind a date in ISO order.
    pub fn is_loose(&self) -> bool {
        let iso = self.digits[0] == 4 && self.separator != 'w' && self.half == Half::Absent;
        match self.hyphen {
            true => self.second.is_some() || iso && !self.comma,
            false => !self.comma,
        }
    }
}

/// The header at the start of `line`, if there is one.
pub(super) fn parse(line: &str) -> Option<Header<'_>> {
    let mut cursor = Cursor { rest: line };
    let bracket = cursor.eat(|c| c == '[').is_some();
    cursor.skip_marks();
    let start = cursor.rest;
    let (numbers, digits, separator) = date(&mut cursor)?;
    let (comma, before) = between(&mut cursor)?;
    let (hour, minute, second) = clock(&mut cursor)?;
    let mut end = cursor;
    let (half, after) = half(&mut cursor, bracket);
    if after {
        end = cursor;
    }
    let raw = &start[..start.len() - end.rest.len()];
    cursor.spaces();
    let closing = cursor.next()?;
    match closing {
        ']' if bracket => cursor.spaces_keeping_marks(),
        '-' | '\u{2013}' if !bracket => cursor.must_space()?,
        ':' if !bracket && second.is_some() => cursor.must_space()?,
        _ => return None,
    }
    let hyphen = !matches!(closing, ']' | ':');
    let half = match (half, before) {
        (Half::Absent, before) => before,
        (after, _) => after,
    };
    if hour > 23 || minute > 59 || second.unwrap_or(0) > 60 {
        return None;
    }
    // "15:04 PM" is of a 24-hour clock all the same.
    let half = if hour > 12 { Half::Absent } else { half };
    let rest = cursor.rest;
    Some(Header {
        raw,
        numbers,
        digits,
        separator,
        comma,
        hour,
        minute,
        second,
        half,
        bracket,
        hyphen,
        rest,
    })
}

impl Cursor<'_> {
    /// One space at least; marks after it are the text's own.
    fn must_space(&mut self) -> Option<()> {
        let spaced = self.rest.starts_with(|c: char| c.is_whitespace());
        self.spaces_keeping_marks();
        (spaced || self.rest.is_empty()).then_some(())
    }

    fn spaces_keeping_marks(&mut self) {
        // One space only: further ones are of the text.
        self.rest = self.rest.strip_prefix([' ', '\u{a0}', '\u{202f}']).unwrap_or(self.rest);
    }
}

type Date = ([u32; 3], [usize; 3], char);

/// Three numbers with the same thing between them.
fn date(cursor: &mut Cursor<'_>) -> Option<Date> {
    let (mut numbers, mut counts, mut separator) = ([0; 3], [0; 3], None);
    for place in 0..3 {
        (numbers[place], counts[place]) = cursor.number(4)?;
        if place == 2 {
            // "2020. 1. 2." and "2020年1月2日" end with one more.
            cursor.eat(|c| matches!(c, '.' | '日' | '일'));
            break;
        }
        let found = cursor.eat(|c| matches!(c, '/' | '.' | '-' | '年' | '月' | '년' | '월'))?;
        let found = if found.is_ascii() { found } else { 'w' };
        if *separator.get_or_insert(found) != found {
            return None;
        }
        cursor.spaces();
    }
    let long = counts.iter().filter(|count| **count > 2).count();
    let plausible = match counts {
        [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 4] => true,
        _ => long == 0,
    };
    plausible.then_some((numbers, counts, separator?))
}

/// What stands between date and time: a comma, a word ("at", "um", "kl.") or a half of the day.
fn between(cursor: &mut Cursor<'_>) -> Option<(bool, Half)> {
    /// Longest such word, in characters.
    const WORD_MAX: usize = 16;
    let comma = cursor.eat(|c| matches!(c, ',' | '.' | '\u{60c}' | '、')).is_some();
    let spaced = cursor.spaces();
    let start = cursor.rest;
    let mut length = 0;
    while cursor.peek().is_some_and(|c| digits::value(c).is_none()) {
        let c = cursor.next()?;
        length += 1;
        let fits = c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | ',' | '\'');
        if length > WORD_MAX || !fits && c.is_ascii() {
            return None;
        }
    }
    let word = &start[..start.len() - cursor.rest.len()];
    // Only scripts without spaces leave them out.
    if !comma && !spaced && (length == 0 || word.is_ascii()) {
        return None;
    }
    let half = match words::half(word) {
        Half::Unknown => Half::Absent,
        half => half,
    };
    Some((comma || length > 0, half))
}

/// Hour, minute and second.
fn clock(cursor: &mut Cursor<'_>) -> Option<(u32, u32, Option<u32>)> {
    let (hour, _) = cursor.number(2)?;
    let mut spaced = *cursor;
    if spaced.spaces() && spaced.eat(|c| c == 'h').is_some() && spaced.spaces() {
        *cursor = spaced;
    } else {
        cursor.eat(|c| matches!(c, ':' | '.' | 'h'))?;
    }
    let (minute, 2) = cursor.number(2)? else { return None };
    let mut ahead = *cursor;
    if ahead.eat(|c| matches!(c, ':' | '.')).is_some()
        && let Some((second, 2)) = ahead.number(2)
    {
        *cursor = ahead;
        return Some((hour, minute, Some(second)));
    }
    Some((hour, minute, None))
}

/// The half of the day after a time, and whether there was a word.
fn half(cursor: &mut Cursor<'_>, bracket: bool) -> (Half, bool) {
    /// Longest such word, in characters.
    const WORD_MAX: usize = 16;
    let mut ahead = *cursor;
    ahead.spaces();
    let start = ahead.rest;
    let mut end = None;
    for _ in 0..=WORD_MAX {
        match ahead.peek() {
            Some(']') if bracket => end = Some(ahead),
            Some('-' | '\u{2013}' | ':') if !bracket => end = Some(ahead),
            Some(c) if digits::value(c).is_none() && !matches!(c, ',' | '[' | ']' | '<') => {
                ahead.next();
                continue;
            }
            _ => {}
        }
        break;
    }
    let Some(end) = end else { return (Half::Absent, false) };
    let word = start[..start.len() - end.rest.len()].trim_end();
    if word.trim_matches(digits::is_mark).is_empty() {
        return (Half::Absent, false);
    }
    cursor.rest = &start[word.len()..];
    (words::half(word), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// numbers, hour:minute:second, half, sender, text
    fn told(line: &str) -> Option<String> {
        let header = parse(line)?;
        let (sender, text) = header.said();
        let second = header.second.map_or(String::new(), |second| format!(":{second}"));
        Some(format!(
            "{:?} {}:{}{second} {:?} {}|{text}",
            header.numbers,
            header.hour,
            header.minute,
            header.half,
            sender.unwrap_or("-")
        ))
    }

    #[test]
    fn headers_of_many_locales_are_read() {
        let cases = [
            ("[02/01/2020, 15:04:05] Heron: hi", "[2, 1, 2020] 15:4:5 Absent Heron|hi"),
            ("\u{200e}[1/2/20, 3:04:05\u{202f}PM] Heron: hi", "[1, 2, 20] 3:4:5 Pm Heron|hi"),
            ("[02.01.20, 15:04:05] Heron: hi", "[2, 1, 20] 15:4:5 Absent Heron|hi"),
            ("[2020/1/2 下午3:04:05] Heron: hi", "[2020, 1, 2] 3:4:5 Pm Heron|hi"),
            ("[2020-01-02, kl. 15:04:05] Heron: hi", "[2020, 1, 2] 15:4:5 Absent Heron|hi"),
            ("[02/01/2020, 3:04:05 p. m.] Heron: hi", "[2, 1, 2020] 3:4:5 Pm Heron|hi"),
            ("1/2/20, 3:04 PM - Heron: hi", "[1, 2, 20] 3:4 Pm Heron|hi"),
            ("02/01/2020, 15:04 - Heron: a: b", "[2, 1, 2020] 15:4 Absent Heron|a: b"),
            ("02/01/20 3:04 a. m. - Heron: hi", "[2, 1, 20] 3:4 Am Heron|hi"),
            ("2.1.2020 klo 15.04 - Heron: hi", "[2, 1, 2020] 15:4 Absent Heron|hi"),
            ("2020. 1. 2. 오후 3:04 - Heron: hi", "[2020, 1, 2] 3:4 Pm Heron|hi"),
            ("2020年1月2日 15:04 - Heron: hi", "[2020, 1, 2] 15:4 Absent Heron|hi"),
            ("2020-01-02 15 h 04 - Heron: hi", "[2020, 1, 2] 15:4 Absent Heron|hi"),
            ("٢\u{200f}/١\u{200f}/٢٠٢٠، ٣:٠٤ م - Heron: hi", "[2, 1, 2020] 3:4 Pm Heron|hi"),
            ("2/1/20, 3:04 अपराह्न - Heron: hi", "[2, 1, 20] 3:4 Pm Heron|hi"),
            ("02.01.20, 15:04:05: Heron: hi", "[2, 1, 20] 15:4:5 Absent Heron|hi"),
            ("1/2/20, 3:04 PM - Heron added Owl", "[1, 2, 20] 3:4 Pm -|Heron added Owl"),
            ("1/2/20, 3:04 xx - Heron: hi", "[1, 2, 20] 3:4 Unknown Heron|hi"),
            (
                "1/2/20, 3:04 PM - Heron changed the subject to \"Nests: new\"",
                "[1, 2, 20] 3:4 Pm -|Heron changed the subject to \"Nests: new\"",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(told(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn lines_that_are_no_headers_are_told_apart() {
        for line in [
            "",
            "hello: you",
            "[15:04] <heron> hi",
            "[15:04:05] Heron: hi",
            "2020-01-02 15:04:05,123 - module - INFO - x",
            "2020-01-02T15:04:05Z heron: hi",
            "1/2, 3:04 PM - Heron: hi",
            "1/2/20 - Heron: hi",
            "1/2/20, 3:99 PM - Heron: hi",
            "1/2/20, 33:04 - Heron: hi",
            "12.345.678 kg - that much",
            "1.2.3 - a version",
            "192.168.0.1 10:00 - x",
            "1-2/20, 15:04 - Heron: hi",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
}
