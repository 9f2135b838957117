//! Values kept raw: an element flattened into names and values.

use super::tree::{Element, Node};
use emma_model::{Record, RecordKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Extra values as a record holds them.
pub(crate) type Values<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// A record of kind other that holds the whole element.
pub(crate) fn other<'a>(element: &Element<'a>, network: &'static str) -> Record<'a> {
    let mut record = Record::new(RecordKind::Other, network);
    record.extra.push(("element".into(), Cow::Borrowed(element.name)));
    flatten(element, "", &mut record.extra);
    record
}

/// Adds an element's attributes as `prefix@name`, its elements under `prefix.name` (numbered
/// from the second on, `name[1]`), and its text as `prefix`.
pub(crate) fn flatten<'a>(element: &Element<'a>, prefix: &str, out: &mut Values<'a>) {
    for (key, value) in &element.attributes {
        let name = match prefix {
            "" => Cow::Borrowed(*key),
            prefix => Cow::Owned(format!("{prefix}@{key}")),
        };
        out.push((name, value.clone()));
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for node in &element.nodes {
        match node {
            Node::Text(text) if text.trim().is_empty() => {}
            Node::Text(text) => {
                let name = if prefix.is_empty() { "text" } else { prefix };
                out.push((name.to_owned().into(), text.clone()));
            }
            Node::Element(inner) => {
                let count = seen.entry(inner.name).or_default();
                let dot = if prefix.is_empty() { "" } else { "." };
                let name = match *count {
                    0 => format!("{prefix}{dot}{}", inner.name),
                    n => format!("{prefix}{dot}{}[{n}]", inner.name),
                };
                *count += 1;
                flatten(inner, &cut(name), out);
            }
        }
    }
}

/// Longest name of a value, in bytes: names of names must not outgrow the record.
const NAME_BYTES_MAX: usize = 200;

fn cut(mut name: String) -> String {
    if name.len() > NAME_BYTES_MAX {
        let end = (0..=NAME_BYTES_MAX).rev().find(|end| name.is_char_boundary(*end));
        name.truncate(end.unwrap_or(0));
    }
    name
}
