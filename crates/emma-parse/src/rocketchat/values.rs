//! From one object to a record.

use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra, missing, plain};
use crate::json::{Kind, decode};
use crate::member::Member;
use crate::text::report_controls;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock, Record, RecordKind, Time, Zone};
use std::borrow::Cow;

const NETWORK: &str = "rocketchat";
/// Kinds of rooms: channel, private group, direct, livechat, voip.
pub(super) const ROOM_TYPES: [&str; 5] = ["c", "p", "d", "l", "v"];
/// Shortest user id that a direct room's id is taken apart by.
const USER_ID_BYTES_MIN: usize = 6;
const MISSING: &str = "rocketchat.field_missing";

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Message,
    /// A line of a room export: a message without ids.
    Line,
    /// Somebody's entry in a room.
    Subscription,
    Upload,
    Room,
    User,
    Other,
}

/// Tells the shape by the keys that are there.
pub(super) fn shape(object: &Object<'_>) -> Shape {
    let has = |key| object.has(key);
    match (has("_id"), has("rid")) {
        (true, true) if has("open") && has("u") && !has("msg") => Shape::Subscription,
        (true, true) if has("uploadedAt") || (has("store") && has("size")) => Shape::Upload,
        (true, true) if has("ts") || has("msg") || has("u") => Shape::Message,
        (true, false) if object.peek("t").is_some_and(|t| ROOM_TYPES.contains(&t.as_ref())) => {
            Shape::Room
        }
        (true, false) if has("username") => Shape::User,
        (false, _) if has("msg") && has("username") && has("ts") => Shape::Line,
        _ => Shape::Other,
    }
}

/// Reads an object of any shape.
pub(super) fn read<'a>(
    mut object: Object<'a>,
    section: &'a str,
    member: Member<'_>,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let shape = shape(&object);
    let kind = match shape {
        Shape::Message | Shape::Line => RecordKind::Message,
        Shape::User => RecordKind::Contact,
        _ => RecordKind::Other,
    };
    let mut record = Record::new(kind, NETWORK);
    match shape {
        Shape::Message => message(&mut object, &mut record, anomalies),
        Shape::Line => line(&mut object, member, &mut record, anomalies),
        Shape::Room => room(&mut object, &mut record, anomalies),
        Shape::Subscription => subscription(&mut object, &mut record, anomalies),
        Shape::Upload => upload(&mut object, &mut record, anomalies),
        Shape::User => record.from = id_of(&mut object, "_id", anomalies),
        Shape::Other => {
            if !section.is_empty() {
                record.extra.push(("section".into(), section.into()));
            }
        }
    }
    object.leave(&mut record);
    record
}

fn message<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    record.id = id_of(object, "_id", anomalies);
    record.conversation = object.word("rid", anomalies);
    if let Some(mut sender) = object.object("u") {
        let id = sender.word("_id", anomalies);
        let username = sender.word("username", anomalies);
        if id.is_some() {
            extra(record, "username", username.clone());
        }
        record.from = id.or(username);
        let _ = object.take("u", anomalies);
        sender.leave_under("u.", record);
    } else {
        missing(MISSING, "u", anomalies);
    }
    record.to = other_party(record.conversation.as_deref(), record.from.as_deref());
    record.time = time(object, "ts", anomalies);
    if record.time.is_none() && !object.has("ts") {
        missing(MISSING, "ts", anomalies);
    }
    record.text = said(object, anomalies);
    kind(object, record);
    record.reply_to = object.word("tmid", anomalies).or_else(|| quoted(object));
    attachments(object, record);
    if object.has("editedAt") {
        record.extra.push(("edited".into(), "true".into()));
    }
    if object.has("_deletedAt") || object.peek("t").as_deref() == Some("rm") {
        record.extra.push(("deleted".into(), "true".into()));
    }
}

/// What was said: an upload says it in the captions of its files.
fn said<'a>(object: &mut Object<'a>, anomalies: &mut Vec<Anomaly>) -> Option<Cow<'a, str>> {
    let text = object.said("msg", anomalies);
    if text.as_deref().is_some_and(|text| !text.is_empty()) {
        return text;
    }
    let captions = object.objects("attachments").filter_map(|file| file.peek("description"));
    let captions = captions.reduce(|all, next| Cow::Owned(format!("{all}\n{next}")));
    if let Some(captions) = &captions {
        report_controls(captions, "attachments", anomalies);
    }
    captions.or(text)
}

/// A type makes it a message of the system, a call or one that only the parties can read.
fn kind<'a>(object: &Object<'a>, record: &mut Record<'a>) {
    match object.peek("t").as_deref() {
        None => {}
        Some("e2e") => {
            record.extra.push(("encrypted".into(), "true".into()));
            // A client that could read it keeps the clear text in its place.
            if object.peek("e2e").as_deref() != Some("done") {
                let ciphertext = record.text.take();
                extra(record, "ciphertext", ciphertext);
            }
        }
        Some("videoconf" | "jitsi_call_started") => record.kind = RecordKind::Call,
        Some(_) => record.kind = RecordKind::System,
    }
}

/// A direct room's id is made of its two parties' ids: the one that is not the sender.
fn other_party<'a>(room: Option<&str>, sender: Option<&str>) -> Vec<Cow<'a, str>> {
    let (Some(room), Some(sender)) = (room, sender) else {
        return Vec::new();
    };
    let rest = room.strip_prefix(sender).or_else(|| room.strip_suffix(sender));
    let long = |id: &&str| id.len() >= USER_ID_BYTES_MIN;
    match rest.filter(long) {
        Some(other) if long(&sender) => vec![Cow::Owned(other.to_owned())],
        _ => Vec::new(),
    }
}

/// The message that a quote links to: `.../channel/birds?msg=ID`.
fn quoted<'a>(object: &Object<'a>) -> Option<Cow<'a, str>> {
    object.objects("attachments").find_map(|attachment| {
        let link = attachment.peek("message_link")?;
        let id = link.split_once("?msg=")?.1.split('&').next()?;
        (!id.is_empty()).then(|| Cow::Owned(id.to_owned()))
    })
}

/// Files, by name, type and size. What else is said of each stays in extra values of its own.
fn attachments<'a>(object: &mut Object<'a>, record: &mut Record<'a>) {
    let mut files: Vec<Object<'a>> = object.objects("files").collect();
    if files.is_empty() {
        files.extend(object.object("file"));
    }
    for file in &files {
        extra(record, "file", file.peek("name"));
        extra(record, "file_id", file.peek("_id"));
        extra(record, "file_type", file.peek("type"));
        extra(record, "file_bytes", file.peek("size"));
    }
    for attachment in object.objects("attachments") {
        let beside = attachment.peek("url").filter(|url| url.starts_with("./"));
        if let Some(beside) = beside.filter(|_| files.is_empty()) {
            record.extra.push(("file".into(), beside[2..].to_owned().into()));
            extra(record, "file_name", attachment.peek("title"));
        } else if files.is_empty() && attachment.has("title_link") {
            extra(record, "file", attachment.peek("title"));
        }
        let urls = ["title_link", "image_url", "audio_url", "video_url"];
        extra(record, "file_url", urls.iter().find_map(|key| attachment.peek(key)));
    }
    object.leave_file(record);
}

/// A line of a room export: no ids, the room only in the path.
fn line<'a>(
    object: &mut Object<'a>,
    member: Member<'_>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.from = object.word("username", anomalies);
    record.text = said(object, anomalies);
    record.time = time(object, "ts", anomalies);
    if object.has("type") {
        record.kind = RecordKind::System;
    }
    attachments(object, record);
    // Exports are called after nothing; the folder they lie in is the best name there is.
    let folder = member.name.rsplit(['/', '\\']).nth(1).filter(|name| !name.is_empty());
    let room = folder.unwrap_or(member.file_stem());
    if !room.is_empty() {
        record.conversation = Some(Cow::Owned(room.to_owned()));
        record.borrowed.push(Borrowed { field: "conversation", origin: Origin::Path });
    }
}

fn room<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    record.conversation = id_of(object, "_id", anomalies);
    if object.peek("t").as_deref() == Some("d") {
        let parties = object.elements("uids").filter(|value| value.kind == Kind::String);
        record.to = parties.map(plain).collect();
    }
    record.time = time(object, "ts", anomalies);
}

fn subscription<'a>(
    object: &mut Object<'a>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.conversation = object.word("rid", anomalies);
    record.from = object.object("u").and_then(|user| user.peek("_id"));
    record.to = other_party(record.conversation.as_deref(), record.from.as_deref());
    record.time = time(object, "ts", anomalies);
}

fn upload<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    record.conversation = object.word("rid", anomalies);
    record.from = object.peek("userId").or_else(|| object.object("user")?.peek("_id"));
    extra(record, "file", object.word("name", anomalies));
    extra(record, "file_id", object.word("_id", anomalies));
    extra(record, "file_type", object.word("type", anomalies));
    extra(record, "file_bytes", object.word("size", anomalies));
    record.time = time(object, "uploadedAt", anomalies);
}

/// An id: a string, or `{"$oid": "..."}`.
fn id_of<'a>(
    object: &mut Object<'a>,
    key: &'static str,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Cow<'a, str>> {
    if let Some(id) = object.object(key).and_then(|id| id.peek("$oid")) {
        let _ = object.take(key, anomalies);
        return Some(id);
    }
    object.word(key, anomalies)
}

/// A time of the server: ISO 8601, milliseconds, or either of them as `{"$date": ...}`.
fn time<'a>(
    object: &mut Object<'a>,
    key: &'static str,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Time<'a>> {
    let value = object.take(key, anomalies)?;
    let found = match value.kind {
        Kind::Object => object.object(key).and_then(|date| {
            let long = || date.object("$date")?.peek("$numberLong");
            let raw = date.peek("$date").or_else(long)?;
            read_time(raw)
        }),
        Kind::String => read_time(decode(value.string()?).text),
        Kind::Number => read_time(plain(value)),
        _ => None,
    };
    if found.is_none() {
        moment::unreadable(key, anomalies);
        object.put_back(key);
    }
    found
}

fn read_time(raw: Cow<'_, str>) -> Option<Time<'_>> {
    match moment::since_1970(raw.clone(), Unit::Millis, Clock::Delivered) {
        Some(time) => Some(time),
        None => moment::iso(raw, Zone::Unknown, Clock::Delivered),
    }
}
