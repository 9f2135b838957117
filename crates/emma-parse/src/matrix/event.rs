//! From an event to a record.

use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra, missing};
use crate::json::walk::{Found, Heads};
use crate::text::report_controls;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;

const NETWORK: &str = "matrix";
const MISSING: &str = "matrix.field_missing";
/// Where the room may stand that an event does not name itself.
const ROOMS: [&str; 5] =
    ["room_id", "rooms/join/*", "rooms/leave/*", "rooms/invite/*", "room_name"];
/// Where a poll stands in the content of its event.
const POLLS: [&str; 3] = ["m.poll", "m.poll.start", "org.matrix.msc3381.poll.start"];
/// Where a place may stand that is no `geo_uri`.
const PLACES: [&str; 2] = ["m.location", "org.matrix.msc3488.location"];

/// Reads one event.
pub(super) fn read<'a>(
    found: Found<'a>,
    stem: &'a str,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let mut record = Record::new(RecordKind::Other, NETWORK);
    let mut event = found.object;
    // A client that could read an encrypted event writes both.
    if let Some(clear) = event.object("decrypted").filter(|clear| clear.has("type")) {
        let _ = event.take("decrypted", anomalies);
        record.extra.push(("encrypted".into(), "true".into()));
        event.leave(&mut record);
        event = clear;
    }
    record.id = event.word("event_id", anomalies);
    record.from = event.word("sender", anomalies);
    record.conversation = event.word("room_id", anomalies);
    if record.conversation.is_none() {
        room(&mut record, found.heads, stem);
    } else if let Some(name) = found.heads.get("room_name") {
        record.extra.push(("room_name".into(), name.text.as_str().into()));
        record.borrowed.push(Borrowed { field: "room_name", origin: name.origin.clone() });
    }
    time(&mut event, &mut record, anomalies);
    for (field, known) in [("event_id", record.id.is_some()), ("sender", record.from.is_some())] {
        if !known {
            missing(MISSING, field, anomalies);
        }
    }
    let kind = event.word("type", anomalies).unwrap_or_default();
    let redacted =
        event.object("unsigned").is_some_and(|unsigned| unsigned.has("redacted_because"));
    if redacted || event.has("redacted_because") {
        record.extra.push(("redacted".into(), "true".into()));
    }
    record.extra.push(("type".into(), kind.clone()));
    record.kind = kind_of(&kind, &event);
    if let Some(mut content) = event.object("content") {
        let _ = event.take("content", anomalies);
        said(&kind, &mut content, &mut record, anomalies);
        content.leave_under("content.", &mut record);
    }
    if kind == "m.room.redaction" {
        extra(&mut record, "redacts", event.word("redacts", anomalies));
    }
    event.leave(&mut record);
    record
}

/// The room, from what stands around the event, else from the file's name.
fn room<'a>(record: &mut Record<'a>, heads: &'a Heads, stem: &'a str) {
    let known = ROOMS.iter().find_map(|path| heads.get(path));
    let (room, origin) = match known {
        Some(head) => (head.text.as_str(), head.origin.clone()),
        None => (stem, Origin::Path),
    };
    if !room.is_empty() {
        record.conversation = Some(room.into());
        record.borrowed.push(Borrowed { field: "conversation", origin });
    }
}

fn time<'a>(event: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let Some(raw) = event.text("origin_server_ts", anomalies) else {
        missing(MISSING, "origin_server_ts", anomalies);
        return;
    };
    record.time = moment::since_1970(raw.clone(), Unit::Millis, Clock::Delivered);
    if record.time.is_none() {
        moment::unreadable("origin_server_ts", anomalies);
        record.extra.push(("origin_server_ts".into(), raw));
    }
}

fn kind_of(kind: &str, event: &Object<'_>) -> RecordKind {
    match kind {
        "m.room.message" | "m.room.encrypted" | "m.sticker" | "m.poll.start" => RecordKind::Message,
        "org.matrix.msc3381.poll.start" => RecordKind::Message,
        "m.reaction" | "m.poll.response" | "org.matrix.msc3381.poll.response" => RecordKind::Action,
        "m.beacon" | "org.matrix.msc3672.beacon" => RecordKind::Location,
        "m.room.redaction" => RecordKind::System,
        kind if kind.starts_with("m.call.") => RecordKind::Call,
        // State of the room: its members, name, topic, power.
        kind if event.has("state_key") || kind.starts_with("m.room.") => RecordKind::System,
        _ => RecordKind::Other,
    }
}

/// Reads an event's content by what kind of event it is.
fn said<'a>(
    kind: &str,
    content: &mut Object<'a>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    relates(content, record, anomalies);
    match kind {
        "m.room.message" | "m.sticker" => message(kind, content, record, anomalies),
        "m.room.encrypted" => {
            // What nobody could read stays as it is, with what is needed to read it one day.
            record.extra.push(("encrypted".into(), "true".into()));
        }
        "m.room.redaction" => {
            extra(record, "redacts", content.word("redacts", anomalies));
            record.text = content.said("reason", anomalies);
        }
        "m.room.member" => extra(record, "membership", content.word("membership", anomalies)),
        "m.poll.start" | "org.matrix.msc3381.poll.start" => {
            record.text = question(content);
            if let Some(text) = &record.text {
                report_controls(text, "question", anomalies);
            }
        }
        _ => {}
    }
    if record.kind == RecordKind::Location {
        place(content, record, anomalies);
    }
}

/// The question of a poll, in any of the spellings that clients have had for it.
fn question<'a>(content: &Object<'a>) -> Option<Cow<'a, str>> {
    let poll = POLLS.iter().find_map(|key| content.object(key))?;
    let question = poll.object("question")?;
    let listed = || question.objects("m.text").find_map(|text| text.peek("body"));
    let said = ["m.text", "org.matrix.msc1767.text", "body"];
    listed().or_else(|| said.iter().find_map(|key| question.peek(key)))
}

/// A place, as `geo:LATITUDE,LONGITUDE,ALTITUDE;u=METRES` (RFC 5870): its parts, as written.
fn place<'a>(content: &Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let inside = || PLACES.iter().find_map(|key| content.object(key)?.peek("uri"));
    let Some(uri) = content.peek("geo_uri").or_else(inside) else { return };
    let (at, parameters) = match uri.split_once(';') {
        Some((at, parameters)) => (at, parameters),
        None => (&*uri, ""),
    };
    let mut parts = at.strip_prefix("geo:").unwrap_or_default().split(',');
    let mut part = || parts.next().filter(|part| part.parse().is_ok_and(f64::is_finite));
    let (Some(latitude), Some(longitude)) = (part(), part()) else {
        let note = "the place cannot be read; it is kept";
        anomalies.push(Anomaly::field("geo.coordinate_unreadable", "geo_uri", note));
        return;
    };
    let mut add = |name: &'static str, value: &str| {
        record.extra.push((name.into(), value.to_owned().into()));
    };
    add("latitude", latitude);
    add("longitude", longitude);
    if let Some(elevation) = part() {
        add("elevation", elevation);
    }
    if let Some(metres) = parameters.split(';').find_map(|part| part.strip_prefix("u=")) {
        add("accuracy_m", metres);
    }
}

fn message<'a>(
    kind: &str,
    content: &mut Object<'a>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.text = content.said("body", anomalies);
    let Some(msgtype) = content.word("msgtype", anomalies) else {
        if kind == "m.room.message" && !record.extra.iter().any(|(name, _)| name == "redacted") {
            missing(MISSING, "msgtype", anomalies);
        }
        return;
    };
    record.kind = match msgtype.as_ref() {
        "m.notice" | "m.server_notice" => RecordKind::Notice,
        "m.emote" => RecordKind::Action,
        "m.location" => RecordKind::Location,
        "m.key.verification.request" => RecordKind::System,
        _ => RecordKind::Message,
    };
    if msgtype == "m.bad.encrypted" {
        record.extra.push(("undecryptable".into(), "true".into()));
    }
    record.extra.push(("msgtype".into(), msgtype));
    // An edit says what the message says now; its own body is for clients that know no edits.
    if let Some(mut new) = content.object("m.new_content")
        && record.extra.iter().any(|(name, _)| name == "edits")
        && let Some(now) = new.said("body", anomalies)
    {
        let fallback = record.text.replace(now);
        extra(record, "content.body", fallback);
    }
    media(content, record);
}

/// A file: its name is the body, or `filename` where the body is a caption.
fn media<'a>(content: &Object<'a>, record: &mut Record<'a>) {
    let encrypted = content.object("file");
    let url = content.peek("url").or_else(|| encrypted.as_ref()?.peek("url"));
    if url.is_none() {
        return;
    }
    let name = content.peek("filename").or_else(|| content.peek("body"));
    extra(record, "file", name);
    extra(record, "file_url", url);
    if let Some(info) = content.object("info") {
        extra(record, "file_type", info.peek("mimetype"));
        extra(record, "file_bytes", info.peek("size"));
    }
    if let Some(file) = encrypted {
        extra(record, "file_key", file.object("key").and_then(|key| key.peek("k")));
        extra(record, "file_iv", file.peek("iv"));
        extra(record, "file_sha256", file.object("hashes").and_then(|h| h.peek("sha256")));
    }
}

/// What the event answers, edits, reacts to or which thread it is in.
fn relates<'a>(content: &Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let Some(relation) = content.object("m.relates_to") else {
        return;
    };
    let target = relation.peek("event_id");
    let reply = relation.object("m.in_reply_to").and_then(|reply| reply.peek("event_id"));
    let name: Cow<'a, str> = relation.peek("rel_type").unwrap_or_default();
    match name.as_ref() {
        "m.replace" => extra(record, "edits", target),
        "m.annotation" => {
            record.reply_to = target;
            extra(record, "reaction", relation.peek("key"));
        }
        "m.thread" => {
            // A reply within a thread that no client meant is there for old clients only.
            let meant = reply.clone().filter(|_| !relation.is_true("is_falling_back"));
            record.reply_to = meant.or_else(|| target.clone());
            extra(record, "thread", target);
            return;
        }
        "" | "m.reference" => record.reply_to = target,
        _ => {
            let note = "the relation is not known; it is kept";
            anomalies.push(Anomaly::field("matrix.relation_unknown", "rel_type", note));
        }
    }
    record.reply_to = reply.or(record.reply_to.take());
}
