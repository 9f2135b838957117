//! Mailboxes in one file: messages, each behind a `From ` line.

use super::recognise::{FROM_LINE_BYTES_MAX, field_name, is_from_line, is_message};
use super::values::{self, Envelope};
use super::{cut, too_long};
use crate::emit::Emitter;
use crate::format::{Format, Head, Read, ReadResult};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::Anomaly;
use std::io;

/// Mailboxes.
pub(crate) const FORMAT: Format = Format {
    name: "mbox",
    version: 1,
    title: "Mailbox (mbox)",
    tested: "invented specimens; compared with Python's mailbox and email",
    recognises,
    read: Read::Once(read),
};

/// A `From ` line with a header of a mail below it.
fn recognises(head: &Head<'_>) -> bool {
    let bytes = head.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.bytes);
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let Some(end) = memchr::memchr(b'\n', &bytes[start..]) else { return false };
    let header = &bytes[start + end + 1..];
    let header = header.strip_prefix(b">From ").map_or(header, |quoted| {
        let end = memchr::memchr(b'\n', quoted).map_or(quoted.len(), |at| at + 1);
        &quoted[end..]
    });
    let first = header.split(|byte| *byte == b'\n').next().unwrap_or_default();
    // A mailbox of one program's own notes has few fields; its `From ` line says enough.
    is_from_line(&bytes[start..start + end]) && (is_message(header) || field_name(first).is_some())
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> ReadResult {
    let limit = limits.record_bytes_max;
    let mut previous = Previous::Nothing;
    loop {
        let extent = extent(window, limit, &previous)?;
        if extent.length == 0 {
            return Ok(Vec::new());
        }
        let raw = &window.bytes()[..extent.length];
        let line = window.line();
        if is_from_line(first_line(raw)) && !matches!(previous, Previous::InLine) {
            let (from_line, message) = raw.split_at(first_line(raw).len());
            let envelope = Envelope { from_line: Some(from_line), cut: !extent.whole };
            match values::record(message, envelope) {
                Some((record, mut anomalies)) => {
                    anomalies.extend((!extent.whole).then(cut));
                    emitter.record(raw, line, record, anomalies)?;
                }
                None => {
                    let note = "there is no message behind the line that starts one";
                    emitter.anomaly(raw, line, Anomaly::new("mail.header_missing", note))?;
                }
            }
        } else if raw.iter().all(u8::is_ascii_whitespace) || raw == b"\xef\xbb\xbf" {
            emitter.framing(raw, line)?;
        } else if matches!(previous, Previous::Nothing) {
            let note = "bytes before the first message of a mailbox";
            emitter.anomaly(raw, line, Anomaly::new("mail.outside", note))?;
        } else {
            emitter.anomaly(raw, line, too_long())?;
        }
        previous = match (extent.whole, extent.in_line) {
            (_, true) => Previous::InLine,
            (false, false) => Previous::Cut,
            (true, false) => Previous::Nothing,
        };
        let length = extent.length;
        window.consume(length);
    }
}

/// What stands before the window.
#[derive(Clone, Copy)]
enum Previous {
    /// Nothing, or a message that has ended.
    Nothing,
    /// The start of a longer message.
    Cut,
    /// The start of a longer line.
    InLine,
}

/// How far a message, or what is left of one, goes.
struct Extent {
    /// Bytes up to the next line that starts a message, or as many lines as fit.
    length: usize,
    /// The next message or the end follows.
    whole: bool,
    /// The last line goes on.
    in_line: bool,
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    &bytes[..end]
}

fn extent(window: &mut Window<'_>, limit: usize, previous: &Previous) -> io::Result<Extent> {
    // As much as any decision needs, so that none depends on how much was read.
    let look = limit + FROM_LINE_BYTES_MAX + 1;
    let more = window.fill(look)?;
    let bytes = &window.bytes()[..window.bytes().len().min(look)];
    let mut length = 0;
    loop {
        let feed = memchr::memchr(b'\n', &bytes[length..]).map(|feed| length + feed + 1);
        let end = feed.unwrap_or(bytes.len());
        let known = feed.is_some() || !more;
        if length > 0 && known && is_from_line(&bytes[length..end]) {
            return Ok(Extent { length, whole: true, in_line: false });
        }
        if end > limit {
            return Ok(over(length, limit));
        }
        if feed.is_none() {
            return Ok(Extent { length: end, whole: true, in_line: false });
        }
        length = end;
        if matches!(previous, Previous::InLine) {
            // The rest of a line is told on its own: the next line may start a message.
            return Ok(Extent { length, whole: false, in_line: false });
        }
    }
}

/// `length` bytes of whole lines, of which the next one does not fit any more.
fn over(length: usize, limit: usize) -> Extent {
    match length {
        0 => Extent { length: limit, whole: false, in_line: true },
        length => Extent { length, whole: false, in_line: false },
    }
}
