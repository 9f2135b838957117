//! What is encrypted: marked, measured, and never opened.

use super::message::of;
use super::payload::Found;
use crate::base64;
use crate::xml::{self, Element};
use emma_model::{Anomaly, Record};

/// Reads an extension that says that something is encrypted; true if it is one.
pub(super) fn read<'a>(
    child: &Element<'a>,
    found: &mut Found,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) -> bool {
    let namespace = child.namespace();
    let omemo = ["eu.siacs.conversations.axolotl", "urn:xmpp:omemo:"];
    match child.name {
        "encrypted" if omemo.iter().any(|known| of(child, known)) => {
            self::omemo(child, found, record, anomalies);
        }
        "openpgp" if of(child, "urn:xmpp:openpgp:") => {
            opaque("openpgp", child, found, record, anomalies);
        }
        "x" if namespace == "jabber:x:encrypted" => {
            opaque("pgp", child, found, record, anomalies);
        }
        // Says how the rest is encrypted, for those who cannot read it.
        "encryption" if of(child, "urn:xmpp:eme:") => {
            found.encrypted = true;
            xml::flatten(child, "encryption", &mut record.extra);
        }
        _ => return false,
    }
    true
}

/// OMEMO, either version: the sender's device, for how many devices, and the measure of what
/// was said. Without that only keys were handed over.
fn omemo<'a>(
    child: &Element<'a>,
    found: &mut Found,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    found.encrypted = true;
    record.extra.push(("encrypted".into(), "omemo".into()));
    record.extra.push(("encrypted_xmlns".into(), child.namespace().to_owned().into()));
    if let Some(header) = child.child("header") {
        let device = header.attribute("sid").cloned();
        record.extra.extend(device.map(|device| ("sender_device".into(), device)));
        let keys = |element: &Element<'_>| element.elements().filter(|e| e.name == "key").count();
        let nested: usize = header.elements().filter(|e| e.name == "keys").map(keys).sum();
        let all = (keys(header) + nested).to_string();
        record.extra.push(("encrypted_keys".into(), all.into()));
    }
    match child.child("payload") {
        Some(payload) => {
            found.payload = true;
            measured("encrypted", &payload.text(), record, anomalies);
        }
        None => record.extra.push(("key_transport".into(), "true".into())),
    }
}

fn opaque<'a>(
    how: &'static str,
    child: &Element<'a>,
    found: &mut Found,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    found.encrypted = true;
    found.payload = true;
    record.extra.push(("encrypted".into(), how.into()));
    let text = child.text();
    // A signature's check, on a line of its own, is not part of the base64.
    let body = text.rsplit_once("\n=").filter(|(_, check)| check.trim().len() == 4);
    measured("encrypted", body.map_or(&*text, |(body, _)| body), record, anomalies);
}

/// Adds the length and digest of bytes in base64.
pub(super) fn measured(
    name: &'static str,
    text: &str,
    record: &mut Record<'_>,
    anomalies: &mut Vec<Anomaly>,
) {
    match base64::measure(text) {
        Some((bytes, digest)) => {
            record.extra.push((format!("{name}_bytes").into(), bytes.to_string().into()));
            record.extra.push((format!("{name}_sha256").into(), digest.into()));
        }
        None => {
            anomalies.push(Anomaly::field("xmpp.base64", name, "the bytes are not base64"));
        }
    }
}
