//! Recipients: one handle, several in one text, a JSON list, or whoever is not the sender.

use super::cells::{Cell, Cells, Shared};
use super::compile::Compiled;
use super::fields::Recipients;
use crate::json::{Elements, Kind as JsonKind, Members, decode};
use emma_model::{Anomaly, Record};
use std::borrow::Cow;

impl Compiled {
    pub(super) fn recipients<'a>(
        &'a self,
        to: &'a Recipients,
        cells: &mut Cells<'a>,
        shared: &Shared,
        anomalies: &mut Vec<Anomaly>,
        record: &mut Record<'a>,
    ) {
        match to {
            Recipients::Split(field, split) => {
                field.borrow("to", cells, shared, &mut record.borrowed);
                let Some(value) = field.value("to", cells, anomalies) else {
                    return;
                };
                match split {
                    None => record.to.push(self.handle(value)),
                    Some(separator) => {
                        for part in split_cow(value, separator) {
                            if !part.is_empty() {
                                record.to.push(self.handle(part));
                            }
                        }
                    }
                }
            }
            Recipients::List(cell, keys) => {
                let mut list = Vec::new();
                match &cells.values[usize::from(*cell)] {
                    Cell::Absent => {}
                    Cell::Text(text) => list.push(text.clone()),
                    Cell::Nested(bytes) => elements(bytes, keys, &mut list, anomalies),
                }
                record.to = list.into_iter().map(|handle| self.handle(handle)).collect();
            }
            Recipients::Others(parties) => {
                for party in parties {
                    let Some(value) = party.value("to", cells, anomalies) else {
                        continue;
                    };
                    let value = self.handle(value);
                    if record.from.as_ref() != Some(&value) && !record.to.contains(&value) {
                        party.borrow("to", cells, shared, &mut record.borrowed);
                        record.to.push(value);
                    }
                }
            }
        }
    }
}

/// The handles in a JSON list (or one object): strings and numbers, or what stands under `keys`.
fn elements<'a>(
    bytes: &'a [u8],
    keys: &[String],
    out: &mut Vec<Cow<'a, str>>,
    anomalies: &mut Vec<Anomaly>,
) {
    if bytes.first() == Some(&b'[') {
        for element in Elements::new(bytes, crate::json::scan::DEPTH_MAX).flatten() {
            match element.kind {
                JsonKind::String => {
                    out.push(decode(element.string().unwrap_or_default()).text);
                }
                JsonKind::Number => out.push(String::from_utf8_lossy(element.bytes)),
                JsonKind::Object | JsonKind::Array => {
                    elements(element.bytes, keys, out, anomalies);
                }
                JsonKind::Bool | JsonKind::Null => {}
            }
        }
        return;
    }
    let Some((key, deeper)) = keys.split_first() else {
        let note = "an object stands in the list; name one of its keys, as in to[].name";
        anomalies.push(Anomaly::field("field.shape", "to", note));
        return;
    };
    for member in Members::new(bytes, crate::json::scan::DEPTH_MAX).flatten() {
        if decode(member.key).text != key.as_str() {
            continue;
        }
        match member.value.kind {
            JsonKind::String => out.push(decode(member.value.string().unwrap_or_default()).text),
            JsonKind::Number => out.push(String::from_utf8_lossy(member.value.bytes)),
            JsonKind::Object | JsonKind::Array => {
                elements(member.value.bytes, deeper, out, anomalies);
            }
            JsonKind::Bool | JsonKind::Null => {}
        }
    }
}

fn split_cow<'a>(value: Cow<'a, str>, separator: &str) -> Vec<Cow<'a, str>> {
    match value {
        Cow::Borrowed(text) => {
            text.split(separator).map(|part| Cow::Borrowed(part.trim())).collect()
        }
        Cow::Owned(text) => {
            text.split(separator).map(|part| Cow::Owned(part.trim().to_owned())).collect()
        }
    }
}
