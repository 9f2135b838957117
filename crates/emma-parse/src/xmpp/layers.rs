//! What is put around a message: the result of an archive (XEP-0313), a carbon copy (XEP-0280).
//!
//! What a person forwards (XEP-0297, a message with a text of its own) is no layer.

use super::jid;
use crate::xml::{self, Element};
use emma_model::{Anomaly, Record};
use std::borrow::Cow;

/// A message and what is around it, outermost first.
pub(super) struct Layers<'e, 'a> {
    /// The message itself; `None` where the layers are empty.
    pub message: Option<&'e Element<'a>>,
    /// The result of an archive.
    pub result: Option<&'e Element<'a>>,
    /// When the archive or server got it.
    pub delay: Option<&'e Element<'a>>,
    /// Which way the copied message went.
    pub carbon: Option<&'static str>,
    outer: Vec<(&'e Element<'a>, &'static str)>,
}

/// Layers that make sense: a carbon copy in an archive. More are kept as they are.
const LAYERS_MAX: usize = 4;

/// Takes the layers off.
pub(super) fn unwrap<'e, 'a>(element: &'e Element<'a>) -> Layers<'e, 'a> {
    let mut layers =
        Layers { message: None, result: None, delay: None, carbon: None, outer: Vec::new() };
    let mut current = element;
    for _ in 0..LAYERS_MAX {
        let inside = match current.name {
            "result" => {
                layers.result = Some(current);
                layers.outer.push((current, "forwarded"));
                current
            }
            "forwarded" => current,
            _ => match wrapped(current) {
                Some((wrapper, inside, carbon)) => {
                    layers.outer.push((current, wrapper));
                    if wrapper == "result" {
                        current = inside;
                        continue;
                    }
                    layers.carbon = Some(carbon);
                    inside
                }
                None => {
                    layers.message = Some(current);
                    return layers;
                }
            },
        };
        let is_forwarded = inside.name == "forwarded";
        let forwarded = if is_forwarded { Some(inside) } else { inside.child("forwarded") };
        let Some(forwarded) = forwarded else { return layers };
        layers.delay = forwarded.child("delay").or(layers.delay);
        layers.outer.push((forwarded, "message"));
        let Some(message) = forwarded.child("message") else { return layers };
        current = message;
    }
    layers.message = Some(current);
    layers
}

/// The layer inside a message that is nothing but one: its name, itself, and its direction.
fn wrapped<'e, 'a>(
    message: &'e Element<'a>,
) -> Option<(&'static str, &'e Element<'a>, &'static str)> {
    message.elements().filter(|inner| inner.child("forwarded").is_some()).find_map(|inner| {
        let namespace = inner.namespace();
        let of = |known: &str| namespace.is_empty() || namespace.starts_with(known);
        match inner.name {
            "result" if of("urn:xmpp:mam:") => Some(("result", inner, "")),
            "received" if of("urn:xmpp:carbons:") => Some(("received", inner, "received")),
            "sent" if of("urn:xmpp:carbons:") => Some(("sent", inner, "sent")),
            _ => None,
        }
    })
}

impl<'a> Layers<'_, 'a> {
    /// The account that asked an archive or got a copy, where the outermost message says so.
    pub fn account(&self) -> Option<Cow<'a, str>> {
        let (outer, _) = self.outer.first().filter(|(outer, _)| outer.name == "message")?;
        outer.attribute("to").map(|to| jid::split(to).bare)
    }

    /// Keeps what the layers say, and tells a copy that does not come from the account itself:
    /// anybody may have made that up.
    pub fn keep(&self, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
        if let Some(direction) = self.carbon {
            record.extra.push(("carbon".into(), direction.into()));
        }
        for (outer, skipped) in &self.outer {
            for (key, value) in &outer.attributes {
                let name = match (outer.name, *key) {
                    (_, "xmlns") => continue,
                    ("result", "id") => continue,
                    ("result", key) => Cow::Borrowed(key),
                    (_, key) => format!("outer_{key}").into(),
                };
                record.extra.push((name, value.clone()));
            }
            let mut left = true;
            for child in outer.elements() {
                let is_delay = self.delay.is_some_and(|delay| std::ptr::eq(delay, child));
                if is_delay || child.name == *skipped && std::mem::take(&mut left) {
                    continue;
                }
                xml::flatten(child, &format!("outer.{}", child.name), &mut record.extra);
            }
            let copies = matches!(*skipped, "received" | "sent");
            let from = outer.attribute("from").map(|from| jid::split(from).bare);
            let to = outer.attribute("to").map(|to| jid::split(to).bare);
            if copies && from.is_some() && to.is_some() && from != to {
                let note = "the carbon copy does not come from the account itself";
                anomalies.push(Anomaly::field("xmpp.carbon_forged", "from", note));
            }
        }
    }
}
