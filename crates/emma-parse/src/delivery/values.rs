//! From one object of a delivery to a record.

use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra, missing, plain};
use crate::json::walk::Found;
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, RecordKind, Zone};
use std::borrow::Cow;

/// Ids of all deliveries are of one network: its own copies are copies of one message.
pub(super) const NETWORK: &str = "delivery";

/// The schemas of version 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Schema {
    Message,
    /// The second output profile.
    MessageB,
    Device,
    Account,
    Sim,
    Contact,
    Note,
    Call,
    Notice,
    Heartbeat,
    Relay,
    Ticket,
    Update,
    Key,
    Session,
    Voice,
    Manifest,
    File,
    Signature,
    Batch,
}

/// Their names in records.
const SCHEMAS: [(&str, Schema); 20] = [
    ("message/1", Schema::Message),
    ("message/1b", Schema::MessageB),
    ("device/1", Schema::Device),
    ("account/1", Schema::Account),
    ("sim/1", Schema::Sim),
    ("contact/1", Schema::Contact),
    ("note/1", Schema::Note),
    ("call/1", Schema::Call),
    ("notice/1", Schema::Notice),
    ("heartbeat/1", Schema::Heartbeat),
    ("relay/1", Schema::Relay),
    ("ticket/1", Schema::Ticket),
    ("update/1", Schema::Update),
    ("key/1", Schema::Key),
    ("session/1", Schema::Session),
    ("voice/1", Schema::Voice),
    ("manifest/1", Schema::Manifest),
    ("file/1", Schema::File),
    ("signature/1", Schema::Signature),
    ("batch/1", Schema::Batch),
];

impl Schema {
    fn named(name: &str) -> Option<Schema> {
        SCHEMAS.iter().find(|(known, _)| *known == name).map(|(_, schema)| *schema)
    }

    /// Whether a schema of that name is defined, in this or another version.
    pub fn is_known(name: &str) -> bool {
        let kind = |name: &str| name.split_once('/').map(|(kind, _)| kind.to_owned());
        let Some(wanted) = kind(name) else { return false };
        SCHEMAS.iter().any(|(known, _)| kind(known).as_ref() == Some(&wanted))
    }
}

/// Reads one record.
pub(super) fn read<'a>(found: Found<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut object = found.object;
    let mut record = Record::new(RecordKind::Other, NETWORK);
    let name = object.peek("schema").unwrap_or_default();
    match Schema::named(&name) {
        Some(schema) => fill(schema, &mut object, &mut record, anomalies),
        None => {
            let note = "the record's schema is not known; its values are kept raw";
            anomalies.push(Anomaly::field("delivery.schema_unknown", "schema", note));
        }
    }
    for (field, name) in
        [("batch_source", "source"), ("batch_sequence", "sequence"), ("batch_until", "until")]
    {
        // Records outside any batch have none of these before them.
        if let Some(head) = found.heads.get(name) {
            record.extra.push((field.into(), head.text.clone().into()));
            record.borrowed.push(Borrowed { field, origin: head.origin.clone() });
        }
    }
    object.leave(&mut record);
    record
}

fn fill<'a>(
    schema: Schema,
    object: &mut Object<'a>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.kind = match schema {
        Schema::Message | Schema::MessageB => RecordKind::Message,
        Schema::Device => RecordKind::Device,
        Schema::Account => RecordKind::Account,
        Schema::Sim => RecordKind::Sim,
        Schema::Contact => RecordKind::Contact,
        Schema::Note => RecordKind::Note,
        Schema::Call | Schema::Voice => RecordKind::Call,
        Schema::Key | Schema::Session => RecordKind::Event,
        // A relay's log tells that a message passed, not what it said: no copy of it.
        Schema::Notice | Schema::Heartbeat | Schema::Relay | Schema::Ticket | Schema::Update => {
            RecordKind::Event
        }
        Schema::Manifest | Schema::File | Schema::Signature | Schema::Batch => RecordKind::Other,
    };
    match schema {
        Schema::Message => message(object, record, anomalies),
        Schema::MessageB => message_b(object, record, anomalies),
        Schema::Account | Schema::Contact => {
            record.from = handle(object, "handle", anomalies);
            required(&record.from, "handle", anomalies);
        }
        Schema::Note => {
            record.text = object.said("text", anomalies);
            time(object, "time", Clock::Unstated, record, anomalies);
        }
        Schema::Call => call(object, record, anomalies),
        Schema::Device => time(object, "read", Clock::Captured, record, anomalies),
        Schema::Notice => time(object, "viewed", Clock::Unstated, record, anomalies),
        Schema::Key | Schema::Session => {
            record.from = handle(object, "user", anomalies);
            time(object, "time", Clock::Captured, record, anomalies);
        }
        Schema::Voice => {
            record.from = handle(object, "from", anomalies);
            record.to.extend(handle(object, "to", anomalies));
            time(object, "time", Clock::Captured, record, anomalies);
        }
        Schema::Heartbeat | Schema::Update => {
            time(object, "time", Clock::Captured, record, anomalies);
        }
        Schema::Relay => {
            record.from = handle(object, "from", anomalies);
            record.to = list(object, "recipients", anomalies);
            time(object, "time", Clock::Captured, record, anomalies);
        }
        Schema::Ticket => {
            record.from = handle(object, "user", anomalies);
            record.text = object.said("subject", anomalies);
            time(object, "opened", Clock::Captured, record, anomalies);
        }
        Schema::Sim | Schema::Manifest | Schema::File | Schema::Signature | Schema::Batch => {}
    }
}

/// The first output profile.
fn message<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    record.id = object.word("id", anomalies);
    record.conversation = object.word("conversation", anomalies);
    record.from = handle(object, "from", anomalies);
    record.to = list(object, "to", anomalies);
    record.text = object.said("text", anomalies);
    time(object, "time", Clock::Sent, record, anomalies);
    required(&record.from, "from", anomalies);
}

/// The second output profile of the same.
fn message_b<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    record.id = object.word("mid", anomalies);
    record.from = handle(object, "sender", anomalies);
    if let Some(all) = object.word("rcpt", anomalies) {
        record.to = all.split(',').map(|one| lower(one.to_owned().into())).collect();
    }
    record.text = object.said("body", anomalies);
    if let Some(raw) = object.word("ts", anomalies) {
        record.time = moment::since_1970(raw, Unit::Millis, Clock::Sent);
        if record.time.is_none() {
            object.put_back("ts");
            moment::unreadable("ts", anomalies);
        }
    } else {
        missing("delivery.value_missing", "ts", anomalies);
    }
    // The words of the first profile, so that both name their photos alike.
    let (photo, delivered) = (object.word("att", anomalies), object.word("att_ok", anomalies));
    extra(record, "photo", photo);
    extra(record, "photo_delivered", delivered);
    required(&record.from, "sender", anomalies);
}

/// A call names the other party only: the handset's own account stands in `account/1`.
fn call<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let other = handle(object, "with", anomalies);
    required(&other, "with", anomalies);
    match object.peek("direction").as_deref() {
        Some("out") => record.to.extend(other),
        Some("in") => record.from = other,
        _ => {
            extra(record, "with", other);
            let note = "neither `in` nor `out`";
            anomalies.push(Anomaly::field("delivery.direction", "direction", note));
        }
    }
    time(object, "time", Clock::Unstated, record, anomalies);
}

/// A handle, in lower case as the networks spell them.
fn handle<'a>(
    object: &mut Object<'a>,
    key: &'static str,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Cow<'a, str>> {
    object.word(key, anomalies).map(lower)
}

/// A list of handles.
fn list<'a>(
    object: &mut Object<'a>,
    key: &'static str,
    anomalies: &mut Vec<Anomaly>,
) -> Vec<Cow<'a, str>> {
    let handles: Vec<_> = object.elements(key).map(|value| lower(plain(value))).collect();
    if !handles.is_empty() {
        let _ = object.take(key, anomalies);
    }
    handles
}

fn lower(handle: Cow<'_, str>) -> Cow<'_, str> {
    match handle.chars().any(char::is_uppercase) {
        true => handle.to_lowercase().into(),
        false => handle,
    }
}

/// A time as RFC 3339; one without an offset is of an unknown zone.
fn time<'a>(
    object: &mut Object<'a>,
    key: &'static str,
    clock: Clock,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let Some(raw) = object.word(key, anomalies) else {
        return missing("delivery.value_missing", key, anomalies);
    };
    record.time = moment::iso(raw, Zone::Unknown, clock);
    if record.time.is_none() {
        object.put_back(key);
        moment::unreadable(key, anomalies);
    }
}

fn required(value: &Option<Cow<'_, str>>, key: &'static str, anomalies: &mut Vec<Anomaly>) {
    if value.is_none() {
        missing("delivery.value_missing", key, anomalies);
    }
}
