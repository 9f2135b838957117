//! WhatsApp chat exports (`docs/formats/inputs/whatsapp-text.md`).
//!
//! 1. [`survey`](survey::survey) goes through the file once: in which order its dates are
//!    written, and under whose name the app itself speaks.
//! 2. [`read`] goes through it again: a header line starts a message, the lines up to the next
//!    header belong to it.
//!
//! The export says no zone and writes dates as the phone's language does: where the order
//! cannot be told, times span both readings.

mod digits;
mod header;
mod order;
mod survey;
mod values;
mod words;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read, ReadResult};
use crate::limits::Limits;
use crate::text;
use crate::window::Window;
use emma_model::Anomaly;
use header::Header;
use std::io;
use survey::Survey;

/// WhatsApp chat exports.
pub(crate) const FORMAT: Format = Format {
    name: "whatsapp-text",
    version: 2,
    title: "WhatsApp chat export (text)",
    tested: "invented specimens only; times and names compared with an independent reader",
    recognises,
    read: Read::Twice(|member, first, second, emitter, limits| {
        let survey = survey::survey(first, member, limits)?;
        read(&survey, second, emitter, limits)
    }),
};

/// Lines looked at to recognise an export.
const RECOGNISE_LINES_MAX: usize = 60;

/// True where the first lines are headers of an export and nothing says that they are a
/// program's log.
fn recognises(head: &Head<'_>) -> bool {
    let detected = text::detect(head.bytes, head.whole);
    if !head.text || detected.encoding != text::Encoding::Utf8 {
        return false;
    }
    let text = String::from_utf8_lossy(head.bytes);
    let names = [head.member.name, head.member.delivered];
    let named = names.iter().any(|name| words::is_export_name(name));
    let marked = text.contains(header::LEFT_TO_RIGHT);
    let (mut lines, mut headers, mut loose) = (0, 0, 0);
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(RECOGNISE_LINES_MAX) {
        lines += 1;
        let Some(header) = header::parse(line) else {
            // Nothing stands before the first message.
            if headers == 0 {
                return false;
            }
            continue;
        };
        headers += 1;
        loose += usize::from(header.is_loose());
        let (sender, said) = header.said();
        if sender.is_some_and(words::is_log_level)
            || (sender.is_none() && said.starts_with('<'))
            || header.rest.starts_with('<')
        {
            return false;
        }
    }
    // Others write `[2020-01-02 03:04:05] name: text`, too.
    let program = loose > 0 && !marked && !named;
    headers * 15 >= lines && headers > 0 && !program
}

/// Reads the file for good.
fn read(
    survey: &Survey,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> ReadResult {
    let limit = limits.record_bytes_max;
    window.fill(survey.mark_bytes)?;
    emitter.framing(&window.bytes()[..survey.mark_bytes], 0)?;
    window.consume(survey.mark_bytes);
    let mut previous = Previous::Nothing;
    while let Some((first, cut)) = line_at(window, 0, limit)? {
        let length = match header_of(&window.bytes()[..first], cut) {
            true => {
                let (length, whole) = message(window, first, limit)?;
                one_message(survey, window, emitter, length, whole)?;
                previous = if whole { Previous::Nothing } else { Previous::Cut };
                length
            }
            false => {
                outside(&previous, window, emitter, first)?;
                if cut {
                    previous = Previous::Cut;
                }
                first
            }
        };
        window.consume(length);
    }
    Ok(survey.anomalies())
}

/// Hands over a message of `length` bytes, `whole` unless it goes on beyond them.
fn one_message(
    survey: &Survey,
    window: &Window<'_>,
    emitter: &mut Emitter<'_>,
    length: usize,
    whole: bool,
) -> io::Result<()> {
    let raw = &window.bytes()[..length];
    let text = text::Encoding::Utf8.decode(raw);
    let Some((record, mut anomalies)) = values::record(survey, &text.text) else {
        return outside(&Previous::Nothing, window, emitter, length);
    };
    if text.replaced {
        let note = "bytes that are not UTF-8 are replaced by U+FFFD";
        anomalies.push(Anomaly::field("text.not_utf8", "text", note));
    }
    if !whole {
        let note = "the message is longer than a record may be; the rest follows";
        anomalies.push(Anomaly::field("whatsapp.cut", "text", note));
    }
    emitter.record(raw, window.line(), record, anomalies)
}

/// What a line without a header follows.
enum Previous {
    /// No message, or one that has ended.
    Nothing,
    /// A message or line longer than the limit.
    Cut,
}

/// Accounts for a line that belongs to no message.
fn outside(
    previous: &Previous,
    window: &Window<'_>,
    emitter: &mut Emitter<'_>,
    length: usize,
) -> io::Result<()> {
    let raw = &window.bytes()[..length];
    if raw.iter().all(u8::is_ascii_whitespace) {
        return emitter.framing(raw, window.line());
    }
    let anomaly = match previous {
        Previous::Cut => {
            Anomaly::new("whatsapp.too_long", "the rest of a message longer than a record may be")
        }
        Previous::Nothing => {
            Anomaly::new("whatsapp.line_unknown", "the line has no header and follows no message")
        }
    };
    emitter.anomaly(raw, window.line(), anomaly)
}

/// True where a whole line starts a message.
fn header_of(line: &[u8], cut: bool) -> bool {
    !cut && parsed(line).is_some()
}

/// The header at the start of `line`; a look at its first bytes is enough.
fn parsed(line: &[u8]) -> Option<Header<'_>> {
    let head = &line[..line.len().min(header::HEADER_BYTES_MAX)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => {
            let valid = &head[..error.valid_up_to()];
            std::str::from_utf8(valid).expect("valid up to there")
        }
    };
    header::parse(text)
}

/// Length of the message that starts the window and whether it ends there: all lines before
/// the next header, or as many as fit into `limit`.
fn message(window: &mut Window<'_>, first: usize, limit: usize) -> io::Result<(usize, bool)> {
    let mut length = first;
    loop {
        match line_at(window, length, limit)? {
            None => return Ok((length, true)),
            Some((next, cut)) => {
                if header_of(&window.bytes()[length..length + next], cut) {
                    return Ok((length, true));
                }
                if cut || length + next > limit {
                    return Ok((length, false));
                }
                length += next;
            }
        }
    }
}

/// Length of the line `start` bytes into the window, with its line feed, and whether it is
/// longer than `limit`, where it is cut. `None` at the end.
fn line_at(
    window: &mut Window<'_>,
    start: usize,
    limit: usize,
) -> io::Result<Option<(usize, bool)>> {
    let mut seen = start;
    loop {
        let bytes = window.bytes();
        if let Some(at) = memchr::memchr(b'\n', &bytes[seen..]) {
            let length = seen + at + 1 - start;
            return Ok(Some(if length > limit { (limit, true) } else { (length, false) }));
        }
        if bytes.len() - start > limit {
            return Ok(Some((limit, true)));
        }
        seen = bytes.len();
        if !window.more()? {
            let length = window.bytes().len() - start;
            return Ok((length > 0).then_some((length, false)));
        }
    }
}
