//! Fields of models, sections of metadata and tagged files, as names and values.

use super::NETWORK;
use crate::xml::{self, Element, Node, Values, clock};
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;

/// Longest name of a value, in bytes: names of nested values must not outgrow the record.
const NAME_BYTES_MAX: usize = 200;

/// The value of a field: its `value`, else its text. `<empty/>` is none.
pub(super) fn value<'a>(field: &Element<'a>) -> Option<Cow<'a, str>> {
    let text = match field.child("value") {
        Some(value) => value.text(),
        None => trimmed(field.text()),
    };
    (!text.is_empty()).then_some(text)
}

/// Text between tags is laid out with white space around it.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// All values inside a model, nested models too: `Body`, `From.Identifier`, `To[0].Name`.
pub(super) fn flatten<'a>(model: &Element<'a>, prefix: &str, out: &mut Values<'a>) {
    for field in model.elements() {
        let name = field.attribute("name").map_or(field.name, |name| name);
        let name = cut(format!("{prefix}{name}"));
        match field.name {
            "field" => out.extend(value(field).map(|value| (name.into(), value))),
            "multiField" => {
                for (index, one) in field.elements().enumerate() {
                    let text = one.child("value").map_or_else(|| one.text(), Element::text);
                    if !text.is_empty() {
                        out.push((format!("{name}[{index}]").into(), text));
                    }
                }
                if !field.is_parent() {
                    out.extend(value(field).map(|value| (name.into(), value)));
                }
            }
            "modelField" => {
                for inner in field.elements() {
                    nested(field, inner, &name, out);
                }
            }
            "multiModelField" => {
                for (index, inner) in field.elements().enumerate() {
                    nested(field, inner, &cut(format!("{name}[{index}]")), out);
                }
            }
            _ => xml::flatten(field, &name, out),
        }
    }
}

fn nested<'a>(field: &Element<'a>, inner: &Element<'a>, name: &str, out: &mut Values<'a>) {
    if inner.name == "empty" {
        return;
    }
    if inner.name != "model" {
        return xml::flatten(inner, name, out);
    }
    out.extend(inner.attribute("id").map(|id| (format!("{name}@id").into(), id.clone())));
    // A field of contact entries holds models of phone numbers, of addresses and so on.
    if let (Some(declared), Some(own)) = (field.attribute("type"), inner.attribute("type"))
        && declared != own
    {
        out.push((format!("{name}@type").into(), own.clone()));
    }
    if let Some(state) = deleted(inner) {
        out.push((format!("{name}@deleted").into(), state));
    }
    flatten(inner, &format!("{name}."), out);
}

/// The state of an element that is not intact.
pub(super) fn deleted<'a>(element: &Element<'a>) -> Option<Cow<'a, str>> {
    let state = element.attribute("deleted_state").or(element.attribute("deleted"))?;
    (!state.is_empty() && state != "Intact").then(|| state.clone())
}

/// The network that a source's name means.
pub(super) fn network(source: &str) -> Option<String> {
    let name = source.trim().to_lowercase();
    match name.as_str() {
        "" => None,
        native if native.starts_with("native") => Some("phone".to_owned()),
        _ => Some(name.split_whitespace().collect::<Vec<_>>().join("-")),
    }
}

/// A section of metadata: `Device Info` is a device, any other kept.
pub(super) fn section<'a>(element: &Element<'a>) -> Record<'a> {
    let section = element.attribute("section");
    let device = section.is_some_and(|section| section.contains("Device"));
    let kind = if device { RecordKind::Device } else { RecordKind::Other };
    let mut record = Record::new(kind, NETWORK);
    record.extra.push(("element".into(), Cow::Borrowed(element.name)));
    record.extra.extend(section.map(|section| ("section".into(), section.clone())));
    named(element, &mut record.extra);
    record
}

/// Everything inside that has a name, with its text; whatever else holds text, by its element.
fn named<'a>(element: &Element<'a>, out: &mut Values<'a>) {
    for inner in element.elements() {
        let name = match inner.attribute("name") {
            Some(name) => name.clone(),
            None => Cow::Borrowed(inner.name),
        };
        let text = trimmed(inner.text());
        if !text.is_empty() {
            out.push((name, text));
        }
        for node in &inner.nodes {
            if let Node::Element(_) = node {
                named(inner, out);
                break;
            }
        }
    }
}

/// A tagged file: where it was, how large, its times, and where it lies in the report.
pub(super) fn file<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Other, NETWORK);
    record.extra.push(("element".into(), "file".into()));
    for (key, value) in &element.attributes {
        match *key {
            "deleted" if value == "Intact" => {}
            "path" => record.extra.push(("file".into(), value.clone())),
            "size" => record.extra.push(("file_bytes".into(), value.clone())),
            key => record.extra.push((key.into(), value.clone())),
        }
    }
    let before = record.extra.len();
    named(element, &mut record.extra);
    let created = record.extra[before..].iter().find(|(name, _)| name == "CreationTime");
    if let Some((_, raw)) = created.cloned() {
        record.time = clock::written(&raw, Clock::Unstated);
        if record.time.is_none() {
            let note = "the time cannot be read";
            anomalies.push(Anomaly::field("time.unreadable", "CreationTime", note));
        }
    }
    record
}

fn cut(mut name: String) -> String {
    if name.len() > NAME_BYTES_MAX {
        let end = (0..=NAME_BYTES_MAX).rev().find(|end| name.is_char_boundary(*end));
        name.truncate(end.unwrap_or(0));
    }
    name
}
