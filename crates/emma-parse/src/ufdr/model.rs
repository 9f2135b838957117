//! From a model to a record.

use super::{Chat, NETWORK, fields};
use crate::xml::{Element, Values, clock};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a type of model becomes, and the field of its time.
fn kind(model: &str) -> RecordKind {
    match model {
        "InstantMessage" | "SMS" | "MMS" | "Email" | "Voicemail" => RecordKind::Message,
        "Call" => RecordKind::Call,
        "Contact" => RecordKind::Contact,
        "UserAccount" | "User" => RecordKind::Account,
        "Location" => RecordKind::Location,
        "SIMData" => RecordKind::Sim,
        "DeviceInfo" | "DeviceInfoEntry" | "RecognizedDevice" => RecordKind::Device,
        "Note" | "Notes" => RecordKind::Note,
        "DeviceEvent" | "PoweringEvent" | "LogEntry" | "Notification" => RecordKind::Event,
        _ => RecordKind::Other,
    }
}

/// Fields that say when, the first that is there counts.
const TIMES: [&str; 7] =
    ["TimeStamp", "Timestamp", "StartTime", "StartDate", "TimeCreated", "CreationTime", "Creation"];

/// Reads a model that is no part of another, or a message of `chat`.
pub(super) fn read<'a>(
    model: &Element<'a>,
    chat: Option<&Chat>,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let word = model.attribute("type").map_or("", |word| word);
    let mut values = Values::new();
    fields::flatten(model, "", &mut values);
    let mut record = Record::new(kind(word), NETWORK);
    for (key, name) in [("type", "type"), ("id", "model_id"), ("extractionId", "extraction")] {
        let value = model.attribute(key);
        record.extra.extend(value.map(|value| (name.into(), value.clone())));
    }
    record.extra.extend(fields::deleted(model).map(|state| ("deleted".into(), state)));
    network(word, chat, &values, &mut record);
    time(&mut values, &mut record, anomalies);
    match record.kind {
        RecordKind::Message => message(&mut values, &mut record),
        RecordKind::Call => call(&mut values, &mut record),
        RecordKind::Note => record.text = take(&mut values, "Body"),
        RecordKind::Location => {
            rename(&mut values, "Position.Latitude", "latitude");
            rename(&mut values, "Position.Longitude", "longitude");
            rename(&mut values, "Position.Elevation", "elevation");
        }
        _ if word == "Chat" => {
            record.conversation = take(&mut values, "Id");
            if record.conversation.is_none() {
                record.conversation = model.attribute("id").cloned();
                let note = "the chat's id does not stand before its messages; its model's is used";
                anomalies.push(Anomaly::field("ufdr.chat_id_missing", "Id", note));
            }
        }
        _ => {}
    }
    in_chat(chat, &mut record);
    record.extra.append(&mut values);
    record
}

/// What a record borrows from the chat that it is in.
pub(super) fn in_chat(chat: Option<&Chat>, record: &mut Record<'_>) {
    let Some(chat) = chat else { return };
    let origin = chat.place.origin();
    if let Some(conversation) = &chat.conversation {
        record.conversation = Some(Cow::Owned(conversation.clone()));
        record.borrowed.push(Borrowed { field: "conversation", origin: origin.clone() });
    }
    if let Some(name) = &chat.name {
        record.extra.push(("chat".into(), Cow::Owned(name.clone())));
        record.borrowed.push(Borrowed { field: "chat", origin });
    }
}

fn network<'a>(word: &str, chat: Option<&Chat>, values: &Values<'a>, record: &mut Record<'a>) {
    let source = values.iter().find(|(name, _)| name == "Source");
    let own = source.and_then(|(_, source)| fields::network(source));
    let chats = chat.and_then(|chat| chat.network.clone().map(|network| (chat, network)));
    record.network = match (own, chats, word) {
        (Some(own), ..) => own.into(),
        (None, Some((chat, network)), _) => {
            let origin = chat.place.origin();
            record.borrowed.push(Borrowed { field: "network", origin });
            network.into()
        }
        (_, _, "SMS" | "MMS" | "Call") => "phone".into(),
        (_, _, "Email") => "email".into(),
        _ => NETWORK.into(),
    };
}

fn time<'a>(values: &mut Values<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let found = TIMES.iter().find(|time| values.iter().any(|(name, _)| name == **time));
    let Some(name) = found else { return };
    let Some(raw) = take(values, name) else { return };
    record.time = clock::written(&raw, Clock::Unstated);
    if record.time.is_none() {
        anomalies.push(Anomaly::field("time.unreadable", *name, "the time cannot be read"));
        values.push(((*name).into(), raw));
    }
}

fn message<'a>(values: &mut Values<'a>, record: &mut Record<'a>) {
    record.from = take(values, "From.Identifier");
    for field in ["To[", "Cc[", "Bcc["] {
        record.to.append(&mut take_all(values, field, "].Identifier"));
    }
    if record.from.is_none() && record.to.is_empty() {
        parties(values, record);
    }
    record.text = take(values, "Body");
    record.id = take(values, "Identifier");
    record.id_per_conversation = record.id.is_some();
    record.conversation = take(values, "ChatId");
    let reply = values.iter().find(|(name, _)| {
        name.starts_with("ReplyMessageData") && name.ends_with("InstantMessage.Identifier")
            || name == "ReplyMessageData.Identifier"
            || name == "ReplyMessageData[0].Identifier"
    });
    record.reply_to = reply.map(|(_, id)| id.clone());
}

fn call<'a>(values: &mut Values<'a>, record: &mut Record<'a>) {
    parties(values, record);
    record.id = take(values, "Identifier");
}

/// Parties with a role are sender or recipients; without one, the direction tells.
fn parties<'a>(values: &mut Values<'a>, record: &mut Record<'a>) {
    let mut incoming = false;
    let mut roles: BTreeMap<String, bool> = BTreeMap::new();
    for (name, value) in values.iter() {
        if name == "Direction" {
            incoming = value == "Incoming";
        } else if let Some(party) = party(name, "].Role") {
            roles.insert(party.to_owned(), value == "From");
        }
    }
    values.retain(|(name, value)| {
        let Some(party) = party(name, "].Identifier") else { return true };
        let from = roles.get(party).copied().unwrap_or(incoming);
        match from {
            true if record.from.is_some() => return true,
            true => record.from = Some(value.clone()),
            false => record.to.push(value.clone()),
        }
        false
    });
}

/// `Parties[3` of `Parties[3].Role`, and the like.
fn party<'n>(name: &'n str, end: &str) -> Option<&'n str> {
    name.strip_suffix(end).filter(|party| party.starts_with("Part") && !party.contains('.'))
}

fn take<'a>(values: &mut Values<'a>, name: &str) -> Option<Cow<'a, str>> {
    let at = values.iter().position(|(key, _)| key == name)?;
    Some(values.remove(at).1)
}

fn take_all<'a>(values: &mut Values<'a>, start: &str, end: &str) -> Vec<Cow<'a, str>> {
    let index = |name: &str| {
        let inside = name.strip_prefix(start)?.strip_suffix(end)?;
        inside.bytes().all(|byte| byte.is_ascii_digit()).then_some(())
    };
    let mut taken = Vec::new();
    values.retain(|(name, value)| {
        let is = index(name).is_some();
        if is {
            taken.push(value.clone());
        }
        !is
    });
    taken
}

fn rename(values: &mut Values<'_>, from: &str, to: &'static str) {
    if let Some(found) = values.iter_mut().find(|(name, _)| name == from) {
        found.0 = to.into();
    }
}
