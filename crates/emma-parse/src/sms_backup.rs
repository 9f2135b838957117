//! SMS Backup & Restore: `<smses>` and `<calls>` (`docs/formats/inputs/sms-backup.md`).
//!
//! Each `sms`, `mms` and `call` is a record. The backup does not say whose phone it is of: what
//! the phone sent has no sender, and the extra value `direction` says which way it went.

use crate::base64;
use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take, clock};
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;

/// Backups of Android's SMS Backup & Restore.
pub(crate) const FORMAT: Format = Format {
    name: "sms-backup",
    version: 2,
    title: "SMS Backup & Restore (Android) XML: SMS, MMS and calls",
    tested: "invented specimens only",
    recognises,
    read: Read::Once(|_, window, emitter, limits| xml::read(&mut Backup, window, emitter, limits)),
};

/// Telephone numbers mean the same in messages and calls.
const NETWORK: &str = "phone";
/// What stands for one's own number among the addresses of an MMS.
const OWN: &str = "insert-address-token";

fn recognises(head: &Head<'_>) -> bool {
    let Some(root) = head.text.then(|| xml::root(head.bytes, head.whole)).flatten() else {
        return false;
    };
    let root = root.element();
    let known = |names: &[&str]| root.elements().any(|element| names.contains(&element.name));
    let says_so = root.attribute("count").is_some() || root.attribute("backup_set").is_some();
    match root.name {
        "smses" => says_so || known(&["sms", "mms"]),
        "calls" => {
            root.attribute("backup_set").is_some() || {
                known(&["call"])
                    && root.child("call").is_some_and(|call| {
                        call.attribute("number").is_some() && call.attribute("date").is_some()
                    })
            }
        }
        _ => false,
    }
}

struct Backup;

impl Reader for Backup {
    const ALONE: &'static [&'static str] = &["sms", "mms", "call"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        match tag.name {
            "smses" | "calls" if path.is_empty() => Take::Walk,
            _ => Take::Record,
        }
    }

    fn record<'a>(
        &mut self,
        _path: &[Open],
        element: Element<'a>,
        _place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        match element.name {
            "sms" => sms(&element, anomalies),
            "mms" => mms(&element, anomalies),
            "call" => call(&element, anomalies),
            _ => {
                let note = "the element is not known; its values are kept";
                anomalies.push(Anomaly::new("sms-backup.element_unknown", note));
                xml::other(&element, NETWORK)
            }
        }
    }
}

/// A value, unless it is missing or written as none.
fn value<'a>(element: &Element<'a>, name: &str) -> Option<Cow<'a, str>> {
    let value = element.attribute(name)?;
    (!value.is_empty() && value != "null").then(|| value.clone())
}

/// All attributes that are not fields, as written. Those that say `null` say nothing.
fn keep<'a>(element: &Element<'a>, fields: &[&str], record: &mut Record<'a>) {
    for (key, value) in &element.attributes {
        if !fields.contains(key) && value != "null" {
            record.extra.push((Cow::Borrowed(key), value.clone()));
        }
    }
}

/// Which way a message went, by its box.
fn direction(code: Option<&str>) -> &'static str {
    match code {
        Some("1") => "in",
        Some("2") => "out",
        Some("3") => "draft",
        Some("4") => "outbox",
        Some("5") => "failed",
        Some("6") => "queued",
        _ => "unknown",
    }
}

fn time<'a>(
    element: &Element<'a>,
    clock: Clock,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let Some(raw) = value(element, "date") else {
        let note = "the value is missing";
        anomalies.push(Anomaly::field("sms-backup.field_missing", "date", note));
        return;
    };
    record.time = clock::epoch_ms(&raw, clock);
    if record.time.is_none() {
        anomalies.push(Anomaly::field("time.unreadable", "date", "the time cannot be read"));
        record.extra.push(("date".into(), raw));
    }
}

fn directed<'a>(
    element: &Element<'a>,
    field: &'static str,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) -> &'static str {
    let direction = direction(element.attribute(field).map(|code| &**code));
    if direction == "unknown" {
        let note = "the box of the message is not known";
        anomalies.push(Anomaly::field("sms-backup.box_unknown", field, note));
    }
    record.extra.push(("direction".into(), direction.into()));
    direction
}

fn clock_of(direction: &str) -> Clock {
    match direction {
        "in" => Clock::Received,
        "unknown" => Clock::Unstated,
        _ => Clock::Sent,
    }
}

fn sms<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Message, NETWORK);
    let direction = directed(element, "type", &mut record, anomalies);
    record.conversation = value(element, "address");
    match (direction, value(element, "address")) {
        ("in", address) => record.from = address,
        ("unknown", Some(address)) => record.extra.push(("address".into(), address)),
        (_, address) => record.to.extend(address),
    }
    // The program writes "null" where there is no body.
    record.text = element.attribute("body").filter(|body| *body != "null").cloned();
    time(element, clock_of(direction), &mut record, anomalies);
    keep(element, &["address", "body", "date"], &mut record);
    record
}

fn mms<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Message, NETWORK);
    let direction = directed(element, "msg_box", &mut record, anomalies);
    record.conversation = value(element, "address");
    record.id = value(element, "m_id");
    addresses(element, direction, &mut record);
    time(element, clock_of(direction), &mut record, anomalies);
    keep(element, &["date", "m_id"], &mut record);
    let mut texts = Vec::new();
    let groups = element.elements().filter(|group| group.name == "parts");
    for part in groups.flat_map(Element::elements) {
        match value(part, "ct").as_deref() {
            Some("text/plain") => texts.extend(value(part, "text")),
            // How the phone lays out the other parts: no file that anybody sent.
            Some("application/smil") if element_data(part).is_none() => {
                record.extra.extend(value(part, "text").map(|text| ("smil".into(), text)));
            }
            _ => file(part, &mut record, anomalies),
        }
    }
    record.text = match texts.len() {
        0 => None,
        1 => texts.pop(),
        _ => Some(texts.join("\n").into()),
    };
    for inner in element.elements().filter(|e| !matches!(e.name, "parts" | "addrs")) {
        xml::flatten(inner, inner.name, &mut record.extra);
    }
    record
}

/// Who an MMS is from (137), to (151), and copied to (130, 129).
fn addresses<'a>(element: &Element<'a>, direction: &str, record: &mut Record<'a>) {
    let groups = element.elements().filter(|group| group.name == "addrs");
    for one in groups.flat_map(Element::elements) {
        let Some(address) = value(one, "address").filter(|address| address != OWN) else {
            continue;
        };
        let code = value(one, "type");
        match code.as_deref() {
            Some("137") if record.from.is_none() => record.from = Some(address),
            Some("151" | "130" | "129") => record.to.push(address),
            _ => {
                let name = format!("address[{}]", code.unwrap_or_default());
                record.extra.push((name.into(), address));
            }
        }
    }
    if record.from.is_none() && record.to.is_empty() {
        match (direction, value(element, "address")) {
            ("in", address) => record.from = address,
            ("unknown", _) => {}
            (_, Some(address)) => {
                record.to.extend(address.split('~').map(|one| Cow::Owned(one.to_owned())));
            }
            (_, None) => {}
        }
    }
}

/// A part that is no text: its name and type, and of its bytes the length and digest.
fn file<'a>(part: &Element<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let name = ["cl", "name", "fn", "cid"].into_iter().find_map(|key| value(part, key));
    record.extra.push(("file".into(), name.unwrap_or_default()));
    record.extra.extend(value(part, "ct").map(|kind| ("file_type".into(), kind)));
    match element_data(part) {
        Some(data) => match base64::measure(data) {
            Some((bytes, digest)) => {
                record.extra.push(("file_bytes".into(), bytes.to_string().into()));
                record.extra.push(("file_sha256".into(), digest.into()));
            }
            None => {
                let note = "the bytes of a part are not base64";
                anomalies.push(Anomaly::field("sms-backup.base64", "data", note));
            }
        },
        None if value(part, "text").is_none() => {
            record.extra.push(("file_missing".into(), "true".into()));
        }
        None => {}
    }
    record.extra.extend(value(part, "text").map(|text| ("file_text".into(), text)));
}

fn element_data<'e>(part: &'e Element<'_>) -> Option<&'e str> {
    part.attribute("data").map(|data| &**data).filter(|data| *data != "null" && !data.is_empty())
}

fn call<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Call, NETWORK);
    let (direction, answered) = match element.attribute("type").map(|code| &**code) {
        Some("1") => ("in", Some("yes")),
        Some("2") => ("out", None),
        Some("3") => ("in", Some("missed")),
        Some("4") => ("in", Some("voicemail")),
        Some("5") => ("in", Some("rejected")),
        Some("6") => ("in", Some("refused")),
        Some("7") => ("in", Some("elsewhere")),
        _ => {
            let note = "the type of the call is not known";
            anomalies.push(Anomaly::field("sms-backup.type_unknown", "type", note));
            ("unknown", None)
        }
    };
    record.extra.push(("direction".into(), direction.into()));
    record.extra.extend(answered.map(|word| ("answered".into(), word.into())));
    let number = value(element, "number");
    record.conversation = number.clone();
    match (direction, number) {
        ("in", number) => record.from = number,
        ("out", number) => record.to.extend(number),
        (_, number) => record.extra.extend(number.map(|number| ("number".into(), number))),
    }
    time(element, Clock::Unstated, &mut record, anomalies);
    keep(element, &["number", "date"], &mut record);
    record
}
