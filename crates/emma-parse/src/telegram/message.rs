//! From a message object to a record.

use super::Chat;
use super::ids::{Ids, Seen};
use super::keys;
use crate::json::{Elements, Kind, Members, Value, decode};
use crate::text::report_controls;
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Micros, Record, RecordKind, Time, Zone};
use std::borrow::Cow;

pub(super) const NETWORK: &str = "telegram";
/// The section of an account that lists contacts.
const CONTACTS: &str = "contacts";
/// Longest key named in an anomaly, in characters.
const KEY_CHARACTERS_MAX: usize = 64;
/// Zones reach from UTC-12 to UTC+14.
const ZONE_EARLIER: Micros = 14 * 3_600 * 1_000_000;
const ZONE_LATER: Micros = 12 * 3_600 * 1_000_000;
/// A written second lasts until just before the next.
const SECOND_LESS_ONE: Micros = 999_999;

/// The members that mean something here, by their last value.
#[derive(Default)]
struct Fields<'a> {
    id: Option<Value<'a>>,
    kind: Option<Value<'a>>,
    date: Option<Value<'a>>,
    date_unixtime: Option<Value<'a>>,
    from_id: Option<Value<'a>>,
    actor_id: Option<Value<'a>>,
    action: Option<Value<'a>>,
    text: Option<Value<'a>>,
    text_entities: Option<Value<'a>>,
    media_type: Option<Value<'a>>,
    reply_to: Option<Value<'a>>,
    reply_to_peer: bool,
    message_only: Option<&'static str>,
}

/// Reads one element of `messages`: an object that is known to be well formed.
pub(super) fn read<'a>(
    object: &'a [u8],
    depth_max: usize,
    chat: &'a Chat,
    ids: &mut Ids,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let mut record = Record::new(RecordKind::Message, NETWORK);
    let fields = sort(object, depth_max, &mut record, anomalies);
    let service = kind(&fields, &mut record, anomalies);
    record.conversation = Some(Cow::Borrowed(&chat.conversation));
    let origin = chat.origin.clone();
    record.borrowed.push(Borrowed { field: "conversation", origin: origin.clone() });
    if let Some(name) = &chat.name {
        record.extra.push(("chat".into(), Cow::Borrowed(name)));
        record.borrowed.push(Borrowed { field: "chat", origin });
    }
    record.id_per_conversation = true;
    record.id = id(&fields, ids, anomalies);
    record.from = sender(&fields, service, &mut record.extra, anomalies);
    record.text = text(&fields, depth_max, service, &mut record.extra, anomalies);
    record.time = time(&fields, &mut record.extra, anomalies);
    media(&fields, anomalies);
    match fields.reply_to {
        Some(value) if value.kind == Kind::Number && !fields.reply_to_peer => {
            record.reply_to = Some(String::from_utf8_lossy(value.bytes));
        }
        Some(value) => record.extra.push(("reply_to_message_id".into(), plain(value))),
        None => {}
    }
    record
}

/// Reads any other object that is an item of its own (a contact, a session): its values, raw,
/// and of a contact when it was added.
pub(super) fn other<'a>(
    object: &'a [u8],
    depth_max: usize,
    section: &str,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let contact = section == CONTACTS;
    let kind = if contact { RecordKind::Contact } else { RecordKind::Other };
    let mut record = Record::new(kind, NETWORK);
    let mut fields = Fields::default();
    if !section.is_empty() {
        record.extra.push(("section".into(), section.to_owned().into()));
    }
    for member in Members::new(object, depth_max).flatten() {
        let key = decode(member.key);
        key.report("", anomalies);
        match member.key {
            b"date" if contact => fields.date = Some(member.value),
            b"date_unixtime" if contact => fields.date_unixtime = Some(member.value),
            _ => record.extra.push((key.text, plain(member.value))),
        }
    }
    if fields.date.is_some() || fields.date_unixtime.is_some() {
        record.time = time(&fields, &mut record.extra, anomalies);
    }
    record
}

/// Sorts an object's members into fields and extra values.
fn sort<'a>(
    object: &'a [u8],
    depth_max: usize,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) -> Fields<'a> {
    let mut fields = Fields::default();
    for member in Members::new(object, depth_max).flatten() {
        let slot = match member.key {
            b"id" => &mut fields.id,
            b"type" => &mut fields.kind,
            b"date" => &mut fields.date,
            b"date_unixtime" => &mut fields.date_unixtime,
            b"from_id" => &mut fields.from_id,
            b"actor_id" => &mut fields.actor_id,
            b"text" => &mut fields.text,
            b"text_entities" => &mut fields.text_entities,
            b"reply_to_message_id" => &mut fields.reply_to,
            b"media_type" => &mut fields.media_type,
            b"action" => &mut fields.action,
            key => {
                fields.reply_to_peer |= key == b"reply_to_peer_id";
                keep(member.key, member.value, record, anomalies);
                note_message_only(key, &mut fields);
                continue;
            }
        };
        if slot.replace(member.value).is_some() {
            let note = "the key stands twice; the last value counts";
            anomalies.push(Anomaly::field("json.key_repeated", name(member.key), note));
        }
        note_message_only(member.key, &mut fields);
        if matches!(member.key, b"media_type" | b"action") {
            keep(member.key, member.value, record, anomalies);
        }
    }
    fields
}

fn note_message_only(key: &[u8], fields: &mut Fields<'_>) {
    let known = keys::MESSAGE_ONLY.iter().find(|only| only.as_bytes() == key);
    fields.message_only = fields.message_only.or(known.copied());
}

/// Keeps a value as an extra one, raw, and tells an unknown key.
fn keep<'a>(
    key: &'a [u8],
    value: Value<'a>,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let key = decode(key);
    if keys::MESSAGE.binary_search(&key.text.as_ref()).is_err() {
        let note = "the key is not known; its value is kept";
        anomalies.push(Anomaly::field("telegram.key_unknown", name(key.text.as_bytes()), note));
    }
    if value.kind != Kind::Null {
        record.extra.push((key.text, plain(value)));
    }
}

/// Sets the record's kind; true for a service message.
fn kind(fields: &Fields<'_>, record: &mut Record<'_>, anomalies: &mut Vec<Anomaly>) -> bool {
    let Some(value) = fields.kind else {
        missing("type", anomalies);
        return fields.action.is_some();
    };
    match value.string() {
        Some(b"message") => false,
        Some(b"service") => {
            let action = fields.action.and_then(|action| action.string());
            record.kind = match action {
                Some(b"phone_call") => RecordKind::Call,
                _ => RecordKind::System,
            };
            if fields.action.is_none() {
                missing("action", anomalies);
            }
            if let Some(key) = fields.message_only {
                let note = "a service message with the values of a sent one";
                anomalies.push(Anomaly::field("telegram.service_with_message_data", key, note));
            }
            true
        }
        Some(other) => {
            record.kind = RecordKind::Other;
            record.extra.push(("type".into(), decode(other).text.into_owned().into()));
            let note = "the type of the message is not known";
            anomalies.push(Anomaly::field("telegram.type_unknown", "type", note));
            false
        }
        None => {
            record.kind = RecordKind::Other;
            wrong_type("type", anomalies);
            false
        }
    }
}

/// The message's id, unless it is missing, no integer, or was already used in the chat.
fn id<'a>(
    fields: &Fields<'a>,
    ids: &mut Ids,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Cow<'a, str>> {
    let Some(value) = fields.id else {
        missing("id", anomalies);
        return None;
    };
    let Some(number) = value.integer() else {
        wrong_type("id", anomalies);
        return None;
    };
    let (kind, note) = match ids.add(number) {
        Seen::New => return Some(Cow::Owned(number.to_string())),
        Seen::Again => (
            "telegram.id_repeated",
            "an earlier message of the chat has the same id; this one has none",
        ),
        Seen::Unknown => {
            ("telegram.ids_many", "too many ids to tell whether this one repeats; it has none")
        }
    };
    anomalies.push(Anomaly::field(kind, "id", note));
    None
}

/// The sender's account: a number in old exports, `user123` or `channel123` in new ones.
fn sender<'a>(
    fields: &Fields<'a>,
    service: bool,
    extra: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Cow<'a, str>> {
    let (first, second) = match service {
        true => (("actor_id", fields.actor_id), ("from_id", fields.from_id)),
        false => (("from_id", fields.from_id), ("actor_id", fields.actor_id)),
    };
    let (field, value) = match (first, second) {
        ((field, Some(value)), (other, unused)) => {
            extra.extend(unused.map(|value| (Cow::from(other), plain(value))));
            (field, value)
        }
        (_, (field, Some(value))) => (field, value),
        ((field, None), _) => {
            // Service messages of old exports may name nobody.
            if !service {
                missing(field, anomalies);
            }
            return None;
        }
    };
    let account = match value.kind {
        Kind::Number => value.integer().is_some().then(|| plain(value)),
        Kind::String => Some(plain(value)).filter(|account| is_account(account)),
        Kind::Null => return None,
        _ => None,
    };
    if account.is_none() {
        wrong_type(field, anomalies);
        extra.push((field.into(), plain(value)));
    }
    account
}

fn is_account(text: &str) -> bool {
    let digits = ["user", "channel", "chat"].iter().find_map(|kind| text.strip_prefix(kind));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The text, put together from its pieces.
fn text<'a>(
    fields: &Fields<'a>,
    depth_max: usize,
    service: bool,
    extra: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Cow<'a, str>> {
    let value = match (fields.text, fields.text_entities) {
        (Some(text), _) => text,
        (None, Some(entities)) => entities,
        (None, None) => {
            if !service {
                missing("text", anomalies);
            }
            return None;
        }
    };
    let text = match value.kind {
        Kind::String => {
            let decoded = decode(value.string().unwrap_or_default());
            decoded.report("text", anomalies);
            decoded.text
        }
        Kind::Array => Cow::Owned(pieces(value.bytes, depth_max, extra, anomalies)),
        _ => {
            wrong_type("text", anomalies);
            extra.push(("text".into(), plain(value)));
            return None;
        }
    };
    report_controls(&text, "text", anomalies);
    // Every service message says `"text": ""`.
    (!service || !text.is_empty()).then_some(text)
}

/// Strings and objects with a `text`, in order. Links that the text does not show are kept.
fn pieces<'a>(
    array: &'a [u8],
    depth_max: usize,
    extra: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    anomalies: &mut Vec<Anomaly>,
) -> String {
    let mut out = String::new();
    let mut wrong = false;
    for piece in Elements::new(array, depth_max).flatten() {
        let mut said = piece.string();
        if piece.kind == Kind::Object {
            for member in Members::new(piece.bytes, depth_max).flatten() {
                match member.key {
                    b"text" => said = member.value.string(),
                    b"href" => extra.push(("href".into(), plain(member.value))),
                    _ => {}
                }
            }
        }
        match said {
            Some(said) => {
                let decoded = decode(said);
                decoded.report("text", anomalies);
                out.push_str(&decoded.text);
            }
            None => wrong = true,
        }
    }
    if wrong {
        wrong_type("text", anomalies);
    }
    out
}

/// The time: seconds since 1970 in new exports, else local time in a zone nobody wrote down.
fn time<'a>(
    fields: &Fields<'a>,
    extra: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Time<'a>> {
    let at = |raw, lo: Micros, hi: Micros, zone| {
        Some(Time { raw: Some(raw), lo, hi, zone, clock: Clock::Delivered, inferred: false })
    };
    if let Some(value) = fields.date_unixtime {
        let raw = plain(value);
        if let Some(micros) = raw.parse::<i64>().ok().and_then(|s| s.checked_mul(1_000_000)) {
            extra.extend(fields.date.map(|date| ("date".into(), plain(date))));
            return at(raw, micros, micros.saturating_add(SECOND_LESS_ONE), Zone::Declared);
        }
        unreadable("date_unixtime", anomalies);
        extra.push(("date_unixtime".into(), raw));
    }
    let Some(value) = fields.date else {
        missing("date", anomalies);
        return None;
    };
    let raw = plain(value);
    match raw.parse::<jiff::civil::DateTime>() {
        Ok(local) => {
            let utc = local.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond();
            let hi = utc.saturating_add(SECOND_LESS_ONE + ZONE_LATER);
            at(raw, utc.saturating_sub(ZONE_EARLIER), hi, Zone::Unknown)
        }
        Err(_) => {
            unreadable("date", anomalies);
            extra.push(("date".into(), raw));
            None
        }
    }
}

fn media(fields: &Fields<'_>, anomalies: &mut Vec<Anomaly>) {
    let Some(value) = fields.media_type else {
        return;
    };
    let known = |word: &[u8]| keys::MEDIA_TYPES.iter().any(|known| known.as_bytes() == word);
    match value.string() {
        Some(word) if known(word) => {}
        Some(_) => {
            let note = "the type of the media is not known";
            anomalies.push(Anomaly::field("telegram.media_type_unknown", "media_type", note));
        }
        None => wrong_type("media_type", anomalies),
    }
}

/// A string's text; anything else as it stands.
pub(super) fn plain<'a>(value: Value<'a>) -> Cow<'a, str> {
    match value.string() {
        Some(inside) => decode(inside).text,
        None => String::from_utf8_lossy(value.bytes),
    }
}

/// A key as an anomaly's field, cut.
fn name(key: &[u8]) -> String {
    String::from_utf8_lossy(key).chars().take(KEY_CHARACTERS_MAX).collect()
}

fn missing(field: &'static str, anomalies: &mut Vec<Anomaly>) {
    anomalies.push(Anomaly::field("telegram.field_missing", field, "the value is missing"));
}

fn wrong_type(field: &'static str, anomalies: &mut Vec<Anomaly>) {
    let note = "the value is not of the type it should be";
    anomalies.push(Anomaly::field("telegram.wrong_type", field, note));
}

fn unreadable(field: &'static str, anomalies: &mut Vec<Anomaly>) {
    anomalies.push(Anomaly::field("time.unreadable", field, "the time cannot be read"));
}
