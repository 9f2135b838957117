//! Apple property lists, binary and XML (`docs/formats/inputs/plist.md`).
//!
//! A list is one record: [`binary`] and [`xml`] give objects that refer to each other by number,
//! [`flatten`] walks them and keeps each value under the path of its keys. Objects may refer to
//! the same one often, so the walk, not the list, is what limits bound.

mod archive;
mod binary;
mod flatten;
mod object;
mod xml;

use crate::emit::Emitter;
use crate::format::{Format, Head, Read, ReadResult};
use crate::limits::Limits;
use crate::member::Member;
use crate::text;
use crate::window::Window;
use emma_model::{Anomaly, Record, RecordKind};
use std::borrow::Cow;

/// Property lists.
pub(crate) const FORMAT: Format = Format {
    name: "plist",
    version: 1,
    title: "Apple property list (binary or XML)",
    tested: "invented specimens compared with Python's plistlib; 2 public preference files of apps",
    recognises,
    read: Read::Once(read),
};

const NETWORK: &str = "plist";

fn recognises(head: &Head<'_>) -> bool {
    head.bytes.starts_with(binary::MAGIC) || is_xml(head.bytes)
}

/// `<plist` or its DOCTYPE, behind a declaration and comments.
fn is_xml(bytes: &[u8]) -> bool {
    /// A declaration and a comment fit into these.
    const PROLOG_BYTES_MAX: usize = 4 << 10;
    let detected = text::detect(bytes, false);
    let length = bytes.len().min(PROLOG_BYTES_MAX) & !1;
    let decoded = detected.encoding.decode(&bytes[detected.mark_bytes.min(length)..length]).text;
    let mut rest = decoded.trim_start();
    loop {
        let behind = |mark: &str| rest.find(mark).map(|at| rest[at + mark.len()..].trim_start());
        let next = match rest {
            _ if rest.starts_with("<?") => behind("?>"),
            _ if rest.starts_with("<!--") => behind("-->"),
            _ => return rest.starts_with("<plist") || rest.starts_with("<!DOCTYPE plist"),
        };
        let Some(next) = next else { return false };
        rest = next;
    }
}

fn read(
    _member: &Member<'_>,
    window: &mut Window<'_>,
    emitter: &mut Emitter<'_>,
    limits: &Limits,
) -> ReadResult {
    let limit = limits.record_bytes_max;
    if window.fill(limit + 1)? {
        let anomaly = Anomaly::new("plist.too_long", "the list is longer than a record may be");
        while window.fill(1)? {
            window.fill(limit)?;
            let length = window.bytes().len().min(limit);
            emitter.anomaly(&window.bytes()[..length], window.line(), anomaly.clone())?;
            window.consume(length);
        }
        return Ok(Vec::new());
    }
    let length = window.bytes().len();
    if length == 0 {
        return Ok(Vec::new());
    }
    let raw = window.bytes();
    match values(raw, limits) {
        Ok((extra, anomalies)) => {
            let mut record = Record::new(RecordKind::Other, NETWORK);
            let owned = |(name, value)| (Cow::Owned(name), Cow::Owned(value));
            record.extra = extra.into_iter().map(owned).collect();
            emitter.record(raw, 0, record, anomalies)?;
        }
        Err(anomaly) => emitter.anomaly(raw, 0, anomaly)?,
    }
    window.consume(length);
    Ok(Vec::new())
}

type Values = (Vec<(String, String)>, Vec<Anomaly>);

/// All values of a list, each with the path of its keys.
fn values(raw: &[u8], limits: &Limits) -> Result<Values, Anomaly> {
    if raw.starts_with(binary::MAGIC) {
        let list = binary::Binary::open(raw).ok_or_else(|| {
            Anomaly::new("plist.syntax", "the list has no trailer that leads to its objects")
        })?;
        return Ok(flatten::flatten(&list, limits));
    }
    let detected = text::detect(raw, true);
    let decoded = detected.encoding.decode(&raw[detected.mark_bytes..]);
    let (list, damaged) = xml::Xml::parse(&decoded.text, limits.json_depth_max)
        .ok_or_else(|| Anomaly::new("plist.syntax", "the list holds no value"))?;
    let (extra, mut anomalies) = flatten::flatten(&list, limits);
    if damaged {
        anomalies.push(Anomaly::new("plist.damaged", "the list is read up to where it breaks"));
    }
    if decoded.replaced {
        let note = "bytes that do not decode are replaced by U+FFFD";
        anomalies.push(Anomaly::new("text.not_utf8", note));
    }
    Ok((extra, anomalies))
}
