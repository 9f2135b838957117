//! From one object to a record.

use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra, missing};
use crate::json::walk::Found;
use emma_model::{Anomaly, Clock, Record, RecordKind};

const NETWORK: &str = "burner";
const MISSING: &str = "burner.field_missing";

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A text, picture, call or voicemail.
    Message,
    Contact,
    /// A number that the user had.
    Number,
    Account,
    Other,
}

/// Tells the shape by the keys that are there.
pub(super) fn shape(object: &Object<'_>) -> Shape {
    let has = |key| object.has(key);
    match () {
        () if has("burnerId") && has("contactPhoneNumber") && has("direction") => Shape::Message,
        () if has("totalNumberBurners") => Shape::Account,
        () if has("burnerIds") && has("phoneNumber") => Shape::Contact,
        () if has("phoneNumber") && has("dateCreated") && has("id") => Shape::Number,
        () => Shape::Other,
    }
}

/// Reads an object of any shape.
pub(super) fn read<'a>(found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut object = found.object;
    let mut record = Record::new(RecordKind::Other, NETWORK);
    match shape(&object) {
        Shape::Message => message(&mut object, &mut record, anomalies),
        Shape::Contact => {
            record.kind = RecordKind::Contact;
            record.from = object.word("phoneNumber", anomalies);
        }
        Shape::Number => {
            record.kind = RecordKind::Account;
            record.from = object.word("id", anomalies);
        }
        Shape::Account => {
            record.kind = RecordKind::Account;
            record.from = object.word("phoneNumber", anomalies);
        }
        Shape::Other => {
            if !found.section.is_empty() {
                record.extra.push(("section".into(), found.section.into()));
            }
        }
    }
    if record.time.is_none() && object.has("dateCreated") {
        time(&mut object, &mut record, anomalies);
    }
    object.leave(&mut record);
    record
}

/// The user's side is known by the number's id only: `burnerId`.
fn message<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let call = object.peek("messageType").as_deref() == Some("1");
    record.kind = if call { RecordKind::Call } else { RecordKind::Message };
    record.id = object.word("id", anomalies);
    let burner = object.word("burnerId", anomalies);
    let contact = object.word("contactPhoneNumber", anomalies);
    // One number talking to one other: that is the thread.
    if let (Some(burner), Some(contact)) = (&burner, &contact) {
        record.conversation = Some(format!("{burner}/{contact}").into());
    }
    match object.peek("direction").as_deref() {
        Some("1") => {
            record.extra.push(("outgoing".into(), "false".into()));
            record.from = contact;
            record.to.extend(burner);
        }
        Some("2") => {
            record.extra.push(("outgoing".into(), "true".into()));
            record.from = burner;
            record.to.extend(contact);
        }
        _ => {
            missing(MISSING, "direction", anomalies);
            extra(record, "burnerId", burner);
            extra(record, "contactPhoneNumber", contact);
        }
    }
    record.text = object.said("message", anomalies).filter(|text| !text.is_empty());
    if object.has("voiceUrl") {
        record.extra.push(("voicemail".into(), "true".into()));
    }
    for url in [object.peek("assetUrl"), object.peek("voiceUrl")].into_iter().flatten() {
        let name = url.rsplit('/').next().unwrap_or_default().to_owned();
        record.extra.push(("file".into(), name.into()));
        record.extra.push(("file_url".into(), url));
    }
}

/// The server notes when it got or sent something.
fn time<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let Some(raw) = object.text("dateCreated", anomalies) else {
        return;
    };
    record.time = moment::since_1970(raw, Unit::Millis, Clock::Delivered);
    if record.time.is_none() {
        moment::unreadable("dateCreated", anomalies);
        object.put_back("dateCreated");
    }
}
