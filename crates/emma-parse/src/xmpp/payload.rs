//! What a message says or does: text, corrections, retractions, reactions, sealed content.

use crate::xml::{self, Element, base64};
use emma_model::{Record, RecordKind};
use std::borrow::Cow;

/// Reads the elements inside a message.
pub(super) fn read<'a>(stanza: &Element<'a>, record: &mut Record<'a>) {
    for (key, value) in &stanza.attributes {
        if !matches!(*key, "from" | "to" | "id" | "xmlns") {
            record.extra.push((Cow::Borrowed(key), value.clone()));
        }
    }
    let mut acts = false;
    let mut sealed = false;
    for inner in stanza.elements() {
        match (inner.name, inner.namespace()) {
            ("body", "" | "jabber:client" | "jabber:server") if record.text.is_none() => {
                record.text = Some(inner.text());
            }
            ("stanza-id" | "origin-id", _) => {}
            ("delay", "urn:xmpp:delay") => {}
            ("replace", namespace) if namespace.starts_with("urn:xmpp:message-correct:") => {
                record.extra.extend(id(inner).map(|id| ("replaces".into(), id)));
            }
            ("reply", namespace) if namespace.starts_with("urn:xmpp:reply:") => {
                record.reply_to = id(inner);
                let to = inner.attribute("to").cloned();
                record.extra.extend(to.map(|to| ("reply_to_party".into(), to)));
            }
            ("apply-to", namespace) if namespace.starts_with("urn:xmpp:fasten:") => {
                acts = true;
                let retracts = inner.child("retract").is_some();
                let name = if retracts { "retracts" } else { "applies_to" };
                record.extra.extend(id(inner).map(|id| (name.into(), id)));
                xml::flatten(inner, "apply-to", &mut record.extra);
            }
            ("retract", namespace) if namespace.starts_with("urn:xmpp:message-retract:") => {
                acts = true;
                record.extra.extend(id(inner).map(|id| ("retracts".into(), id)));
            }
            ("retracted" | "moderated", _) => {
                record.extra.push(("retracted".into(), "true".into()));
                xml::flatten(inner, inner.name, &mut record.extra);
            }
            ("reactions", namespace) if namespace.starts_with("urn:xmpp:reactions:") => {
                acts = true;
                record.extra.extend(id(inner).map(|id| ("reacts_to".into(), id)));
                let reactions = inner.elements().filter(|one| one.name == "reaction");
                record.extra.extend(reactions.map(|one| ("reaction".into(), one.text())));
            }
            ("x", "jabber:x:oob") => {
                let url = inner.child("url").map(Element::text);
                record.extra.extend(url.map(|url| ("file".into(), url)));
            }
            (_, namespace) => match cipher(inner.name, namespace) {
                Some(cipher) => {
                    sealed = true;
                    seal(inner, cipher, record);
                }
                None => xml::flatten(inner, inner.name, &mut record.extra),
            },
        }
    }
    if sealed {
        // The body says only that the message cannot be read.
        record.extra.extend(record.text.take().map(|text| ("fallback_body".into(), text)));
    }
    record.kind = kind(stanza, record, acts, sealed);
}

/// What a message is: by what it does, what its type says, and whether it says anything.
fn kind(stanza: &Element<'_>, record: &Record<'_>, acts: bool, sealed: bool) -> RecordKind {
    let kind = stanza.attribute("type").map_or("", |kind| kind);
    let subject = stanza.child("subject").is_some();
    match kind {
        _ if acts => RecordKind::Other,
        "error" => RecordKind::System,
        "headline" => RecordKind::Notice,
        _ if sealed => RecordKind::Message,
        "groupchat" if record.text.is_none() && subject => RecordKind::System,
        _ => match &record.text {
            Some(text) if text.starts_with("/me ") => RecordKind::Action,
            Some(_) => RecordKind::Message,
            None if subject || record.extra.iter().any(|(name, _)| name == "file") => {
                RecordKind::Message
            }
            None => RecordKind::Event,
        },
    }
}

fn id<'a>(element: &Element<'a>) -> Option<Cow<'a, str>> {
    element.attribute("id").cloned()
}

/// What sealed content is sealed with.
fn cipher(name: &str, namespace: &str) -> Option<&'static str> {
    Some(match (name, namespace) {
        ("encrypted", "eu.siacs.conversations.axolotl") => "omemo",
        ("encrypted", namespace) if namespace.starts_with("urn:xmpp:omemo:") => "omemo",
        ("openpgp", namespace) if namespace.starts_with("urn:xmpp:openpgp:") => "openpgp",
        ("x", "jabber:x:encrypted") => "pgp",
        _ => return None,
    })
}

/// Sealed content is kept as its length and digest; who it was sealed by stays.
fn seal<'a>(element: &Element<'a>, cipher: &'static str, record: &mut Record<'a>) {
    record.extra.push(("encrypted".into(), cipher.into()));
    let header = element.child("header");
    let device = header.and_then(|header| header.attribute("sid"));
    record.extra.extend(device.map(|sid| ("encrypted_sid".into(), sid.clone())));
    let payload = match element.child("payload") {
        Some(payload) => payload.text(),
        None => element.text(),
    };
    match base64::measure(&payload) {
        Some((bytes, digest)) if bytes > 0 => {
            record.extra.push(("encrypted_bytes".into(), bytes.to_string().into()));
            record.extra.push(("encrypted_sha256".into(), digest.into()));
        }
        Some(_) => {}
        None => record.extra.push(("encrypted_payload".into(), payload)),
    }
}
