//! `messages.csv` of older data packages: `ID,Timestamp,Contents,Attachments`, a row a message.

use super::values::pack;
use crate::emit::Emitter;
use crate::limits::Limits;
use crate::mapping::delimited::{Dialect, fields};
use crate::mapping::delimited_rows::{RowEnd, Rows};
use crate::text::{Encoding, report_controls};
use crate::window::Window;
use emma_model::{Anomaly, Record, RecordKind};
use std::borrow::Cow;
use std::io;

/// How the first row starts.
const HEADER: &[u8] = b"ID,Timestamp,Contents";
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether the bytes start with the header of `messages.csv`.
pub(super) fn recognises(head: &[u8]) -> bool {
    let head = head.strip_prefix(MARK).unwrap_or(head);
    let after = head.strip_prefix(HEADER).and_then(|rest| rest.first());
    matches!(after, Some(b',' | b'\r' | b'\n'))
}

/// Reads a table to its end.
pub(super) fn read(
    channel: &str,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> io::Result<Vec<Anomaly>> {
    let dialect = Dialect { separator: ',', quote: Some('"'), backslash: false };
    let mut rows = Rows { encoding: Encoding::Utf8, dialect, inside_long: false };
    let mut names: Option<Vec<String>> = None;
    while let Some(row) = rows.next(window, limits.record_bytes_max)? {
        let (line, raw) = (window.line(), &window.bytes()[..row.length]);
        let odd = match row.end {
            RowEnd::TooLong => Some(("line.too_long", "the line is longer than a record may be")),
            RowEnd::OpenQuote => Some(("csv.quote_open", "a quote opens here and does not close")),
            RowEnd::Whole => None,
        };
        let text = Encoding::Utf8.decode(raw);
        let cells = text.text.trim_end_matches(['\r', '\n']);
        if let Some((kind, note)) = odd {
            emitter.anomaly(raw, line, Anomaly::new(kind, note))?;
        } else if cells.is_empty() {
            emitter.framing(raw, line)?;
        } else if let Some(names) = &names {
            let mut anomalies = Vec::new();
            if text.replaced {
                let note = "bytes that do not decode were replaced";
                anomalies.push(Anomaly::new("text.replaced", note));
            }
            let record = message(cells, &dialect, names, channel, &mut anomalies);
            emitter.record(raw, line, record, anomalies)?;
        } else {
            let cells = cells.strip_prefix('\u{feff}').unwrap_or(cells);
            names = Some(fields(cells, &dialect).map(|field| field.text.into_owned()).collect());
            emitter.framing(raw, line)?;
        }
        window.consume(row.length);
    }
    Ok(Vec::new())
}

fn message<'a>(
    row: &'a str,
    dialect: &Dialect,
    names: &'a [String],
    channel: &'a str,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let mut record = Record::new(RecordKind::Message, "discord");
    let (mut timestamp, mut attachments) = (None, None);
    for (at, field) in fields(row, dialect).enumerate() {
        if field.odd {
            let note = "something follows a closing quote";
            anomalies.push(Anomaly::new("csv.quote_odd", note));
        }
        match names.get(at).map(String::as_str) {
            Some("ID") => record.id = Some(field.text).filter(|id| !id.is_empty()),
            Some("Timestamp") => timestamp = Some(field.text),
            Some("Contents") => record.text = Some(field.text),
            Some("Attachments") => attachments = Some(field.text),
            Some(name) => record.extra.push((name.into(), field.text)),
            None => {
                let note = "the row has more fields than the header";
                anomalies.push(Anomaly::new("csv.field_extra", note));
                record.extra.push((Cow::Owned(format!("field {}", at + 1)), field.text));
            }
        }
    }
    if let Some(text) = &record.text {
        report_controls(text, "Contents", anomalies);
    }
    if record.id.is_none() {
        let note = "the value is missing";
        anomalies.push(Anomaly::field("discord.field_missing", "ID", note));
    }
    pack(&mut record, timestamp, attachments, channel, anomalies);
    record
}
