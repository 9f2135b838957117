//! From one object to a record.

use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra, missing, plain};
use crate::json::walk::Found;
use crate::text::report_controls;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;

const NETWORK: &str = "slack";
const MISSING: &str = "slack.field_missing";

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Message,
    User,
    /// A channel, group or direct conversation, with its members.
    Channel,
    /// An entry of `integration_logs.json`.
    Log,
    Other,
}

/// Seconds and six digits, as in `1355517523.000005`.
pub(super) fn is_ts(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(s, rest)| digits(s) && digits(rest) && rest.len() == 6)
}

/// A letter for the kind and then capital letters and digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() >= 6 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// Tells the shape by the keys that are there.
pub(super) fn shape(object: &Object<'_>) -> Shape {
    let id = object.peek("id").filter(|id| is_id(id)).unwrap_or_default();
    let first = id.bytes().next();
    let ts = object.peek("ts").is_some_and(|ts| is_ts(&ts));
    let speaks = ["user", "text", "subtype", "bot_id"].iter().any(|key| object.has(key));
    match first {
        _ if ts && speaks => Shape::Message,
        Some(b'U' | b'W') if object.has("team_id") || object.has("profile") => Shape::User,
        Some(b'C' | b'G' | b'D') if object.has("created") => Shape::Channel,
        _ if object.has("change_type") && object.has("user_id") => Shape::Log,
        _ => Shape::Other,
    }
}

/// Reads an object of any shape.
pub(super) fn read<'a>(
    found: Found<'a>,
    channel: &'a str,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let mut object = found.object;
    let mut record = Record::new(RecordKind::Other, NETWORK);
    match shape(&object) {
        Shape::Message => {
            conversation(&mut object, &mut record, found.heads.get("channel"), channel, anomalies);
            message(&mut object, &mut record, anomalies);
        }
        Shape::User => {
            record.kind = RecordKind::Contact;
            record.from = object.word("id", anomalies);
            if let Some(profile) = object.object("profile") {
                for key in ["real_name", "display_name", "email", "phone"] {
                    extra(&mut record, key, profile.peek(key));
                }
            }
        }
        Shape::Channel => {
            record.conversation = object.word("id", anomalies);
            record.from = object.word("creator", anomalies);
            record.to = object.elements("members").map(plain).collect();
            let created = object.text("created", anomalies);
            record.time =
                created.and_then(|raw| moment::since_1970(raw, Unit::Seconds, Clock::Delivered));
        }
        Shape::Log => {
            record.kind = RecordKind::Event;
            record.from = object.word("user_id", anomalies);
            let date = object.text("date", anomalies);
            record.time = date
                .clone()
                .and_then(|raw| moment::since_1970(raw, Unit::Seconds, Clock::Delivered));
            if record.time.is_none() {
                extra(&mut record, "date", date);
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

/// The channel an object names, else that of its reply, else the folder it lies in.
fn conversation<'a>(
    object: &mut Object<'a>,
    record: &mut Record<'a>,
    head: Option<&'a crate::json::walk::Head>,
    folder: &'a str,
    anomalies: &mut Vec<Anomaly>,
) {
    let own = object.object("channel").and_then(|channel| channel.peek("id"));
    record.conversation = own.or_else(|| {
        let plain = object.peek("channel")?;
        let _ = object.take("channel", anomalies);
        Some(plain)
    });
    if record.conversation.is_some() {
        return;
    }
    let (name, origin) = match head {
        Some(head) => (head.text.as_str(), head.origin.clone()),
        None => (folder, Origin::Path),
    };
    if !name.is_empty() {
        record.conversation = Some(name.into());
        record.borrowed.push(Borrowed { field: "conversation", origin });
    }
}

fn message<'a>(object: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let subtype = object.peek("subtype");
    record.kind = kind(subtype.as_deref());
    record.id = object.word("ts", anomalies);
    record.id_per_conversation = true;
    record.time =
        record.id.clone().and_then(|raw| moment::since_1970(raw, Unit::Seconds, Clock::Delivered));
    let user = object.word("user", anomalies);
    record.from = user.or_else(|| {
        let bot = object.word("bot_id", anomalies);
        bot.or_else(|| object.word("username", anomalies))
    });
    if record.from.is_none() && record.kind == RecordKind::Message {
        missing(MISSING, "user", anomalies);
    }
    if let Some(profile) = object.object("user_profile") {
        extra(record, "real_name", profile.peek("real_name"));
        extra(record, "display_name", profile.peek("display_name"));
    }
    record.text = said(object, anomalies);
    let thread = object.word("thread_ts", anomalies);
    match thread == record.id {
        // The first message of a thread names itself.
        true => extra(record, "thread_ts", thread),
        false => record.reply_to = thread,
    }
    if object.has("edited") {
        record.extra.push(("edited_by_sender".into(), "true".into()));
    }
    if matches!(subtype.as_deref(), Some("tombstone" | "message_deleted")) {
        record.extra.push(("deleted".into(), "true".into()));
    }
    files(object, record);
}

/// What was said: applications often say it in attachments only.
fn said<'a>(object: &mut Object<'a>, anomalies: &mut Vec<Anomaly>) -> Option<Cow<'a, str>> {
    let text = object.said("text", anomalies);
    if text.as_deref().is_some_and(|text| !text.is_empty()) {
        return text;
    }
    let attached = object.objects("attachments");
    let attached = attached.filter_map(|one| one.peek("text").or_else(|| one.peek("fallback")));
    let attached = attached.reduce(|all, next| Cow::Owned(format!("{all}\n{next}")));
    if let Some(attached) = &attached {
        report_controls(attached, "attachments", anomalies);
    }
    attached.or(text)
}

fn kind(subtype: Option<&str>) -> RecordKind {
    match subtype {
        None => RecordKind::Message,
        Some("me_message") => RecordKind::Action,
        Some("huddle_thread" | "sh_room_created" | "sh_room_shared") => RecordKind::Call,
        Some(
            "bot_message"
            | "file_share"
            | "file_comment"
            | "file_mention"
            | "thread_broadcast"
            | "reply_broadcast"
            | "tombstone"
            | "message_changed"
            | "message_deleted"
            | "message_replied"
            | "assistant_app_thread"
            | "document_mention",
        ) => RecordKind::Message,
        Some(_) => RecordKind::System,
    }
}

/// Files by name, type and size; those that are gone say so.
fn files<'a>(object: &mut Object<'a>, record: &mut Record<'a>) {
    let mut files: Vec<Object<'a>> = object.objects("files").collect();
    if files.is_empty() {
        files.extend(object.object("file"));
    }
    for file in files {
        extra(record, "file", file.peek("name").or_else(|| file.peek("title")));
        extra(record, "file_id", file.peek("id"));
        extra(record, "file_type", file.peek("mimetype").or_else(|| file.peek("filetype")));
        extra(record, "file_bytes", file.peek("size"));
        extra(record, "file_url", file.peek("url_private_download").or(file.peek("url_private")));
        let gone: Option<Cow<'a, str>> = file.peek("mode").filter(|mode| {
            matches!(mode.as_ref(), "tombstone" | "hidden_by_limit" | "access_denied")
        });
        extra(record, "file_missing", gone);
    }
    object.leave_file(record);
}
