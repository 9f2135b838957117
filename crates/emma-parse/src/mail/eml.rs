//! A single mail, the member from its first byte to its last.

use super::recognise::is_message;
use super::values::{self, Envelope};
use super::{cut, too_long};
use crate::emit::Emitter;
use crate::format::{Format, Head, Read, ReadResult};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::Anomaly;

/// Single mails.
pub(crate) const FORMAT: Format = Format {
    name: "eml",
    version: 1,
    title: "Mail (RFC 5322 and MIME)",
    tested: "invented specimens; 35 messages of Python's own tests, compared with Python's email",
    recognises: |head: &Head<'_>| is_message(without_mark(head.bytes)),
    read: Read::Once(read),
};

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> ReadResult {
    let limit = limits.record_bytes_max;
    let more = window.fill(limit + 1)?;
    let bytes = &window.bytes()[..window.bytes().len().min(limit)];
    // What is cut is cut behind a line.
    let length = match more.then(|| memchr::memrchr(b'\n', bytes)).flatten() {
        Some(feed) => feed + 1,
        None => bytes.len(),
    };
    let raw = &bytes[..length];
    match values::record(without_mark(raw), Envelope { from_line: None, cut: more }) {
        Some((record, mut anomalies)) => {
            anomalies.extend(more.then(cut));
            emitter.record(raw, window.line(), record, anomalies)?;
        }
        None => {
            let anomaly = Anomaly::new("mail.header_missing", "the member has no header of a mail");
            emitter.anomaly(raw, window.line(), anomaly)?;
        }
    }
    window.consume(length);
    loop {
        window.fill(limit)?;
        let length = window.bytes().len().min(limit);
        if length == 0 {
            return Ok(Vec::new());
        }
        emitter.anomaly(&window.bytes()[..length], window.line(), too_long())?;
        window.consume(length);
    }
}
