//! NDJSON: one object a line.

use super::keys::Keys;
use super::reader::Reader;
use crate::emit::Emitter;
use crate::json::skip_white;
use crate::text::Encoding;
use crate::window::Window;
use emma_model::Anomaly;
use std::io;

/// Reads a member to its end. A line that is no object is an anomaly of its own; the next line
/// is read as if nothing had happened.
pub(super) fn read<'m>(
    reader: &mut Reader<'m>,
    keys: &'m Keys,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
) -> io::Result<()> {
    let length_max = reader.limits.record_bytes_max;
    let mut inside_long = false;
    while let Some((length, cut)) = window.next_line(length_max)? {
        let raw = &window.bytes()[..length];
        let number = window.line();
        let fed = !cut && ends_line(raw, reader.encoding);
        if cut || inside_long {
            let note = "the line is longer than a record may be";
            emitter.anomaly(raw, number, Anomaly::new("line.too_long", note))?;
        } else {
            line(reader, keys, raw, number, emitter)?;
        }
        inside_long = cut;
        window.consume_lines(length, u64::from(fed));
    }
    Ok(())
}

/// True where the line has its line feed.
pub(super) fn ends_line(raw: &[u8], encoding: Encoding) -> bool {
    match encoding {
        Encoding::Utf16Le => raw.ends_with(b"\n\0"),
        Encoding::Utf16Be => raw.ends_with(b"\0\n"),
        _ => raw.last() == Some(&b'\n'),
    }
}

fn line<'m>(
    reader: &mut Reader<'m>,
    keys: &'m Keys,
    raw: &[u8],
    number: u64,
    emitter: &mut Emitter<'_>,
) -> io::Result<()> {
    let single = reader.encoding.unit_bytes() == 1;
    let first = raw.get(skip_white(raw, 0)).copied();
    if single && first != Some(b'{') {
        return odd_line(raw, number, emitter);
    }
    if !single {
        let decoded = reader.encoding.decode(raw);
        let trimmed = decoded.text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if !trimmed.starts_with('{') {
            return odd_text(trimmed, raw, number, emitter);
        }
    }
    match reader.json_record(keys, raw, number, emitter)? {
        Ok(()) => Ok(()),
        Err(fault) => emitter.anomaly(raw, number, Anomaly::new("json.syntax", fault.what)),
    }
}

fn odd_line(raw: &[u8], number: u64, emitter: &mut Emitter<'_>) -> io::Result<()> {
    odd_text(&String::from_utf8_lossy(raw), raw, number, emitter)
}

/// A line that starts no object: blank, the bracket of a list around the lines, or content.
fn odd_text(text: &str, raw: &[u8], number: u64, emitter: &mut Emitter<'_>) -> io::Result<()> {
    if text.trim().chars().all(|c| matches!(c, '[' | ']' | ',')) {
        return emitter.framing(raw, number);
    }
    let note = "the line is not a JSON object";
    emitter.anomaly(raw, number, Anomaly::new("json.not_an_object", note))
}
