//! From the shape of a line to a record's values.

use super::line::{Event, Shape};
use emma_model::{Record, RecordKind};
use std::borrow::Cow;

const NETWORK: &str = "irc";

/// The record of a line; `None` for lines that are none.
pub(super) fn record<'a>(shape: &Shape<'a>) -> Option<Record<'a>> {
    let filled = |kind, from: Option<&'a str>, text: Option<&'a str>, channel: Option<&'a str>| {
        let mut record = Record::new(kind, NETWORK);
        record.from = from.map(Cow::Borrowed);
        record.text = text.map(Cow::Borrowed);
        record.conversation = channel.map(|channel| Cow::Owned(fold_channel(channel)));
        record
    };
    Some(match *shape {
        Shape::Said { from, prefix, channel, text } => {
            let mut record = filled(RecordKind::Message, Some(from), Some(text), channel);
            if let Some(prefix) = prefix {
                record.extra.push(("prefix".into(), prefix.into()));
            }
            record
        }
        Shape::Action { from, text } => filled(RecordKind::Action, Some(from), Some(text), None),
        Shape::Notice { from, channel, text } => {
            filled(RecordKind::Notice, Some(from), Some(text), channel)
        }
        Shape::System(event) => {
            let (from, text, channel, extra) = told(event);
            let mut record = filled(RecordKind::System, from, text, channel);
            let stated = extra.into_iter().filter_map(|(name, value)| Some((name, value?)));
            record.extra.extend(stated.map(|(name, value)| (name.into(), value.into())));
            record
        }
        Shape::Blank | Shape::Unknown => return None,
    })
}

type Told<'a> =
    (Option<&'a str>, Option<&'a str>, Option<&'a str>, [(&'static str, Option<&'a str>); 3]);

/// Who did it, what was said, in which channel, and the rest. An event's words are no text; a
/// reason somebody gave is.
fn told<'a>(event: Event<'a>) -> Told<'a> {
    const NONE: (&str, Option<&str>) = ("", None);
    let said = |reason: &'a str| Some(reason).filter(|reason| !reason.is_empty());
    let kind = |name| ("event", Some(name));
    match event {
        Event::Join { nick, host, channel } => {
            (Some(nick), None, Some(channel), [kind("join"), ("host", host), NONE])
        }
        Event::Part { nick, host, channel, reason } => {
            (Some(nick), said(reason), Some(channel), [kind("part"), ("host", host), NONE])
        }
        Event::Quit { nick, host, reason } => {
            (Some(nick), said(reason), None, [kind("quit"), ("host", host), NONE])
        }
        Event::Nick { nick, new } => {
            (Some(nick), None, None, [kind("nick"), ("new_nick", Some(new)), NONE])
        }
        Event::Mode { nick, channel, change } => {
            (Some(nick), None, Some(channel), [kind("mode"), ("change", Some(change)), NONE])
        }
        Event::Kick { nick, channel, by, reason } => {
            (Some(by), said(reason), Some(channel), [kind("kick"), ("kicked", Some(nick)), NONE])
        }
        Event::Other(text) => (None, Some(text), None, [NONE, NONE, NONE]),
    }
}

/// The channel that only somebody who is in it sees named so: a join, a part, a notice to it.
pub(super) fn room<'a>(shape: &Shape<'a>) -> Option<&'a str> {
    match *shape {
        Shape::System(
            Event::Join { channel, .. }
            | Event::Part { channel, .. }
            | Event::Mode { channel, .. }
            | Event::Kick { channel, .. },
        ) => Some(channel),
        Shape::Notice { channel, .. } => channel,
        _ => None,
    }
}

/// A channel's name in the one spelling used here: servers ignore case.
pub(super) fn fold_channel(channel: &str) -> String {
    channel.to_lowercase()
}

/// True where `named` is the folded channel `folded`.
pub(super) fn is_channel(folded: &str, named: &str) -> bool {
    folded == named || folded == fold_channel(named)
}

/// Midnight of the first date `YYYY-MM-DD` (or with `_`, `.` or nothing between) in the last
/// component of a name that has one, in seconds since 1970.
pub(super) fn date_in_name(name: &str) -> Option<i64> {
    name.rsplit(['/', '\\']).find_map(|component| {
        let bytes = component.as_bytes();
        (0..bytes.len()).find_map(|at| date_at(bytes, at))
    })
}

fn date_at(bytes: &[u8], at: usize) -> Option<i64> {
    let number = |at: usize, length: usize| -> Option<i16> {
        let digits = bytes.get(at..at + length)?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |value, digit| value * 10 + i16::from(digit - b'0')))
    };
    if at > 0 && bytes[at - 1].is_ascii_digit() {
        return None;
    }
    let year = number(at, 4)?;
    let separator = bytes.get(at + 4).filter(|byte| b"-_.".contains(byte));
    let gap = usize::from(separator.is_some());
    if separator.is_some() && bytes.get(at + 7) != separator {
        return None;
    }
    let (month, day) = (number(at + 4 + gap, 2)?, number(at + 6 + 2 * gap, 2)?);
    if bytes.get(at + 8 + 2 * gap).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let date = jiff::civil::Date::new(year, month as i8, day as i8).ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_in_names() {
        let day = |name| date_in_name(name).map(|seconds| seconds / 86_400);
        assert_eq!(day("train/1970-01-03.train-c.raw.txt"), Some(2));
        assert_eq!(day("x_19700103.log"), Some(2));
        assert_eq!(day("1970_01_03/birds.log"), Some(2));
        assert_eq!(day("1970-01-03_17.txt"), Some(2));
        for none in ["1970-13-03", "11970-01-03", "1970-01_03", "birds.log", "1970-01-034"] {
            assert_eq!(day(none), None, "{none}");
        }
    }
}
