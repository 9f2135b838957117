//! Address book cards, vCard 2.1, 3.0 and 4.0 (`docs/formats/inputs/vcard.md`).
//!
//! 1. [`extent`] finds where a card ends.
//! 2. [`property`] unfolds its lines and takes them apart.
//! 3. [`values`] makes one record of them.

mod decode;
mod property;
mod values;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read, ReadResult};
use crate::limits::Limits;
use crate::member::Member;
use crate::window::Window;
use emma_model::Anomaly;
use std::io;

/// Address book cards.
pub(crate) const FORMAT: Format = Format {
    name: "vcard",
    version: 1,
    title: "Address book cards (vCard 2.1, 3.0, 4.0)",
    tested: "invented specimens only; compared with the Python package vobject",
    recognises,
    read: Read::Once(read),
};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Longest line that can start or end a card, in bytes.
const BORDER_BYTES_MAX: usize = 64;

fn recognises(head: &Head<'_>) -> bool {
    let bytes = head.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head.bytes);
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    head.text && is_border(first_line(&bytes[start..]), b"BEGIN")
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> ReadResult {
    window.fill(BYTE_ORDER_MARK.len())?;
    if window.bytes().starts_with(BYTE_ORDER_MARK) {
        emitter.framing(BYTE_ORDER_MARK, 0)?;
        window.consume(BYTE_ORDER_MARK.len());
    }
    let mut previous = Previous::Nothing;
    loop {
        let Extent { length, end } = extent(window, limits.record_bytes_max, previous)?;
        if length == 0 {
            return Ok(Vec::new());
        }
        let raw = &window.bytes()[..length];
        let line = window.line();
        let starts = previous != Previous::InLine && is_border(first_line(raw), b"BEGIN");
        if starts {
            let (record, mut anomalies) = values::record(raw);
            anomalies.extend(match end {
                End::Card => None,
                End::Open => Some(Anomaly::new("vcard.end_missing", "the card has no end")),
                End::Over | End::InLine => {
                    let note = "the card is longer than a record may be; it is read in part";
                    Some(Anomaly::new("vcard.cut", note))
                }
            });
            emitter.record(raw, line, record, anomalies)?;
        } else if raw.iter().all(u8::is_ascii_whitespace) {
            emitter.framing(raw, line)?;
        } else if previous == Previous::Nothing {
            let anomaly = Anomaly::new("vcard.outside", "the bytes are of no card");
            emitter.anomaly(raw, line, anomaly)?;
        } else {
            let note = "the rest of a card longer than a record may be";
            emitter.anomaly(raw, line, Anomaly::new("vcard.too_long", note))?;
        }
        previous = match end {
            End::InLine => Previous::InLine,
            End::Over if starts || previous != Previous::Nothing => Previous::Cut,
            _ => Previous::Nothing,
        };
        window.consume(length);
    }
}

/// What stands before the window.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// Nothing, or a card that has ended.
    Nothing,
    /// The start of a longer card.
    Cut,
    /// The start of a longer line.
    InLine,
}

/// Why an extent ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the card.
    Card,
    /// With the file or where another card begins.
    Open,
    /// Behind the last line that fits.
    Over,
    /// In a line that does not fit.
    InLine,
}

struct Extent {
    length: usize,
    end: End,
}

/// How far a card goes, or what stands between cards. A card within a card (`AGENT`) is its.
fn extent(window: &mut Window<'_>, limit: usize, previous: Previous) -> io::Result<Extent> {
    // As much as any decision needs, so that none depends on how much was read.
    let look = limit + BORDER_BYTES_MAX + 1;
    let more = window.fill(look)?;
    let bytes = &window.bytes()[..window.bytes().len().min(look)];
    let (mut length, mut depth, mut agent) = (0, 0usize, false);
    let mut open = previous != Previous::Nothing;
    loop {
        let feed = memchr::memchr(b'\n', &bytes[length..]).map(|feed| length + feed + 1);
        let end = feed.unwrap_or(bytes.len());
        let line = &bytes[length..end];
        let known = (feed.is_some() || !more) && !(length == 0 && previous == Previous::InLine);
        let begins = known && is_border(line, b"BEGIN");
        if begins && length > 0 && !agent {
            return Ok(Extent { length, end: End::Open });
        }
        if end > limit {
            return Ok(match length {
                0 => Extent { length: limit, end: End::InLine },
                length => Extent { length, end: End::Over },
            });
        }
        length = end;
        open |= begins;
        depth += usize::from(begins);
        if known && open && is_border(line, b"END") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Ok(Extent { length, end: End::Card });
            }
        }
        if feed.is_none() {
            return Ok(Extent { length, end: End::Open });
        }
        agent = agent_line(line) || agent && line.iter().all(u8::is_ascii_whitespace);
    }
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    &bytes[..end]
}

/// `BEGIN:VCARD` or `END:VCARD`, in any case.
fn is_border(line: &[u8], word: &[u8]) -> bool {
    if line.len() > BORDER_BYTES_MAX {
        return false;
    }
    let mut parts = line.splitn(2, |byte| *byte == b':').map(<[u8]>::trim_ascii);
    let fits = |part: Option<&[u8]>, wanted: &[u8]| {
        part.is_some_and(|part| part.eq_ignore_ascii_case(wanted))
    };
    fits(parts.next(), word) && fits(parts.next(), b"VCARD")
}

/// A line behind which a card of another person stands.
fn agent_line(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.len() <= BORDER_BYTES_MAX
        && line.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"AGENT"))
        && line.ends_with(b":")
}
