//! From one object to a record.

use crate::json::Kind;
use crate::json::moment;
use crate::json::object::{Object, extra, missing, plain};
use crate::json::walk::Found;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock, Micros, Record, RecordKind, Zone};
use std::borrow::Cow;

const NETWORK: &str = "discord";
const MISSING: &str = "discord.field_missing";
/// 2015-01-01T00:00:00Z in milliseconds since 1970: ids count from it.
const EPOCH_MILLIS: u64 = 1_420_070_400_000;
/// How far a message's time may be from the time in its id.
const ID_TIME_APART_MAX: Micros = 2_000_000;

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// A message as the API writes it.
    Message,
    /// As DiscordChatExporter writes it.
    Exported,
    /// As the data package writes it.
    Packed,
    Channel,
    /// A friend, a blocked user, a request.
    Relationship,
    Other,
}

/// A number of 64 bits that was given out after 2015.
pub(super) fn is_snowflake(text: &str) -> bool {
    (15..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Tells the shape by the keys that are there.
pub(super) fn shape(object: &Object<'_>) -> Shape {
    let has = |key| object.has(key);
    match () {
        () if has("id") && has("channel_id") && (has("author") || has("timestamp")) => {
            Shape::Message
        }
        () if has("id") && has("timestamp") && has("author") => Shape::Exported,
        () if has("ID") && has("Timestamp") => Shape::Packed,
        () if has("id") && has("type") && object.object("user").is_some() => Shape::Relationship,
        () if has("id") && (has("recipients") || has("guild_id") || has("guild")) => Shape::Channel,
        () => Shape::Other,
    }
}

/// Reads an object of any shape.
pub(super) fn read<'a>(
    found: Found<'a>,
    folder: &'a str,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let mut object = found.object;
    let mut record = Record::new(RecordKind::Other, NETWORK);
    match shape(&object) {
        Shape::Message => {
            record.conversation = object.word("channel_id", anomalies);
            message(&mut object, &mut record, anomalies);
        }
        Shape::Exported => {
            for (path, field) in
                [("channel/name", "channel"), ("guild/name", "guild"), ("guild/id", "guild_id")]
            {
                if let Some(head) = found.heads.get(path) {
                    record.extra.push((field.into(), head.text.as_str().into()));
                    record.borrowed.push(Borrowed { field, origin: head.origin.clone() });
                }
            }
            if let Some(head) = found.heads.get("channel/id") {
                record.conversation = Some(head.text.as_str().into());
                let origin = head.origin.clone();
                record.borrowed.push(Borrowed { field: "conversation", origin });
            }
            message(&mut object, &mut record, anomalies);
        }
        Shape::Packed => packed(&mut object, folder, &mut record, anomalies),
        Shape::Channel => {
            record.conversation = object.word("id", anomalies);
            // The API writes the parties out, the data package only their ids.
            let ids = object.elements("recipients").filter(|party| party.kind == Kind::String);
            record.to = ids.map(plain).collect();
            record.to.extend(object.objects("recipients").filter_map(|party| party.peek("id")));
        }
        Shape::Relationship => {
            record.kind = RecordKind::Contact;
            if let Some(user) = object.object("user") {
                record.from = user.peek("id");
                extra(&mut record, "username", user.peek("username"));
                extra(&mut record, "name", user.peek("global_name"));
            }
        }
        Shape::Other => {
            if !found.section.is_empty() {
                record.extra.push(("section".into(), found.section.into()));
            }
        }
    }
    object.leave(&mut record);
    record
}

/// A message of the API or of DiscordChatExporter: keys differ by their spelling only.
fn message<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    record.id = object.word("id", anomalies);
    record.kind = kind(object.peek("type").as_deref());
    match object.object("author") {
        Some(mut author) => {
            let _ = object.take("author", anomalies);
            record.from = author.word("id", anomalies);
            extra(record, "username", author.word("username", anomalies));
            let name = author.word("global_name", anomalies);
            extra(record, "name", name.or_else(|| author.word("name", anomalies)));
            extra(record, "nickname", author.word("nickname", anomalies));
            author.leave_under("author.", record);
        }
        None => missing(MISSING, "author", anomalies),
    }
    record.text = object.said("content", anomalies);
    match object.text("timestamp", anomalies) {
        Some(raw) => {
            record.time = moment::iso(raw.clone(), Zone::Unknown, Clock::Delivered);
            if record.time.is_none() {
                moment::unreadable("timestamp", anomalies);
                record.extra.push(("timestamp".into(), raw));
            }
        }
        None => missing(MISSING, "timestamp", anomalies),
    }
    compare_id(record, anomalies);
    if object.has("edited_timestamp") || object.has("timestampEdited") {
        record.extra.push(("edited".into(), "true".into()));
    }
    reference(object, record);
    for file in object.objects("attachments") {
        extra(record, "file", file.peek("filename").or_else(|| file.peek("fileName")));
        extra(record, "file_id", file.peek("id"));
        extra(record, "file_type", file.peek("content_type"));
        extra(record, "file_bytes", file.peek("size").or_else(|| file.peek("fileSizeBytes")));
        extra(record, "file_url", file.peek("url"));
    }
}

/// Types that are said by somebody; the others tell of joins, pins, renames.
fn kind(name: Option<&str>) -> RecordKind {
    match name {
        None | Some("0" | "19" | "20" | "21" | "23" | "Default" | "Reply") => RecordKind::Message,
        Some("ChatInputCommand" | "ThreadStarterMessage" | "ContextMenuCommand") => {
            RecordKind::Message
        }
        Some("3" | "Call") => RecordKind::Call,
        Some(_) => RecordKind::System,
    }
}

/// The message that is answered, forwarded or pinned.
fn reference<'a>(object: &Object<'a>, record: &mut Record<'a>) {
    let api = object.object("message_reference");
    let Some(reference) = api.or_else(|| object.object("reference")) else {
        return;
    };
    let target = reference.peek("message_id").or_else(|| reference.peek("messageId"));
    let forward = reference.peek("type").is_some_and(|kind| kind == "1" || kind == "Forward");
    match (forward, record.kind) {
        (true, _) => extra(record, "forwarded_from", target),
        (_, RecordKind::Message) => record.reply_to = target,
        _ => extra(record, "about", target),
    }
}

/// An id holds the millisecond in which the server gave it out.
fn compare_id(record: &Record<'_>, anomalies: &mut Vec<Anomaly>) {
    let (Some(id), Some(time)) = (&record.id, &record.time) else {
        return;
    };
    let Some(given) = id_micros(id).filter(|_| time.zone == Zone::Declared) else {
        return;
    };
    if time.lo - given > ID_TIME_APART_MAX || given - time.hi > ID_TIME_APART_MAX {
        let note = "the message's time is not the time in its id";
        anomalies.push(Anomaly::field("discord.id_time_differs", "timestamp", note));
    }
}

fn id_micros(id: &str) -> Option<Micros> {
    let millis = (id.parse::<u64>().ok()? >> 22) + EPOCH_MILLIS;
    Micros::try_from(millis).ok()?.checked_mul(1_000)
}

/// A message of the data package in JSON.
fn packed<'a>(
    object: &mut Object<'a>,
    folder: &'a str,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.id = object.word("ID", anomalies);
    record.text = object.said("Contents", anomalies);
    let timestamp = object.text("Timestamp", anomalies);
    let attachments = object.peek("Attachments");
    pack(record, timestamp, attachments, folder, anomalies);
}

/// What messages of the data package have in common: all are the owner's, whom nothing names.
pub(super) fn pack<'a>(
    record: &mut Record<'a>,
    timestamp: Option<Cow<'a, str>>,
    attachments: Option<Cow<'a, str>>,
    folder: &'a str,
    anomalies: &mut Vec<Anomaly>,
) {
    record.kind = RecordKind::Message;
    if let Some(raw) = timestamp {
        record.time = moment::iso(raw.clone(), Zone::Assumed, Clock::Delivered);
        if record.time.is_none() {
            moment::unreadable("Timestamp", anomalies);
            record.extra.push(("Timestamp".into(), raw));
        }
    }
    if !folder.is_empty() {
        record.conversation = Some(folder.into());
        record.borrowed.push(Borrowed { field: "conversation", origin: Origin::Path });
    }
    for url in attachments.unwrap_or_default().split_whitespace() {
        let name = url.rsplit('/').next().and_then(|name| name.split('?').next());
        let name = name.unwrap_or_default().to_owned();
        record.extra.push(("file".into(), name.into()));
        record.extra.push(("file_url".into(), Cow::Owned(url.to_owned())));
    }
}
