//! A message: who, where, when, what it is called, and what kind of thing it is.

use super::jid::{self, Jid};
use super::layers::{self, Layers};
use super::payload::{self, Found, MUC_USER};
use super::{NETWORK, Owner};
use crate::xml::{self, Element, Node, clock};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, RecordKind, Time, Zone};
use std::borrow::Cow;

/// Reads a message with the layers around it.
pub(super) fn read<'a>(
    element: &Element<'a>,
    owner: Option<&Owner>,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let layers = layers::unwrap(element);
    let Some(message) = layers.message else {
        let note = "the layers hold no message; their values are kept";
        anomalies.push(Anomaly::new("xmpp.message_missing", note));
        return xml::other(element, NETWORK);
    };
    let mut record = Record::new(RecordKind::Message, NETWORK);
    let kind = message.attribute("type").map_or("normal", |kind| &**kind);
    let service = match kind {
        "groupchat" => room(message, &layers, owner, &mut record),
        _ => {
            pair(message, owner, &mut record);
            false
        }
    };
    identify(message, &layers, kind, &mut record);
    for (key, value) in &message.attributes {
        if !matches!(*key, "from" | "to" | "id" | "xmlns") {
            let name = if *key == "xml:lang" { "lang" } else { key };
            record.extra.push((name.into(), value.clone()));
        }
    }
    if let Some(Owner { jid, place }) = owner {
        record.extra.push(("archive_of".into(), jid.clone().into()));
        record.borrowed.push(Borrowed { field: "archive_of", origin: place.origin() });
    }
    layers.keep(&mut record, anomalies);
    if let Some(delay) = layers.delay {
        delayed(delay, &mut record, anomalies);
    }
    let mut found = Found::default();
    texts(message, "body", &mut record);
    texts(message, "subject", &mut record);
    for node in &message.nodes {
        match node {
            Node::Element(child) if matches!(child.name, "body" | "subject") => {
                found.body |= child.name == "body";
                found.subject |= child.name == "subject";
            }
            Node::Element(child) if is_delay(child) && record.time.is_none() => {
                delayed(child, &mut record, anomalies);
            }
            Node::Element(child) => payload::read(child, &mut found, &mut record, anomalies),
            Node::Text(text) if text.trim().is_empty() => {}
            Node::Text(text) => record.extra.push(("stray".into(), text.clone())),
        }
    }
    conclude(kind, service, &found, &mut record);
    record
}

/// Between two: either side may be left out where it is the account's own.
fn pair<'a>(message: &Element<'a>, owner: Option<&Owner>, record: &mut Record<'a>) {
    let from = message.attribute("from").map(jid::split);
    let to = message.attribute("to").map(jid::split);
    // What an occupant of a room says to one other: nobody is known by the room alone.
    let private =
        in_rooms(message).any(|x| ["invite", "decline"].iter().all(|name| x.child(name).is_none()));
    jid::resource("from_resource", from.as_ref(), record);
    jid::resource("to_resource", to.as_ref(), record);
    let occupant = |jid: Jid<'a>, has: bool| if has { jid.full() } else { jid.bare };
    record.from = from.map(|jid| occupant(jid, private));
    record.to.extend(to.map(|jid| jid.bare));
    if let Some(Owner { jid, place }) = owner {
        let mut borrow = |field| record.borrowed.push(Borrowed { field, origin: place.origin() });
        match (&record.from, record.to.first()) {
            (None, Some(to)) if *to != jid.as_str() => {
                record.from = Some(jid.clone().into());
                borrow("from");
            }
            (Some(from), None) if *from != jid.as_str() => {
                record.to.push(jid.clone().into());
                borrow("to");
            }
            _ => {}
        }
    }
    record.conversation = match (&record.from, record.to.first()) {
        (Some(from), Some(to)) => Some(jid::pair(from, to)),
        (Some(one), None) => Some(one.clone()),
        (None, to) => to.cloned(),
    };
}

/// In a room: true where the room itself speaks.
fn room<'a>(
    message: &Element<'a>,
    layers: &Layers<'_, 'a>,
    owner: Option<&Owner>,
    record: &mut Record<'a>,
) -> bool {
    let from = message.attribute("from").map(jid::split);
    let to = message.attribute("to").map(jid::split);
    jid::resource("from_resource", from.as_ref(), record);
    jid::resource("to_resource", to.as_ref(), record);
    let account = owner.map(|owner| Cow::Owned(owner.jid.clone())).or_else(|| layers.account());
    let own = account.is_some() && from.as_ref().map(|from| &from.bare) == account.as_ref();
    if let Some(to) = to.as_ref().filter(|_| own || from.is_none()) {
        // Sent to the room by the account itself, not yet by the room to its occupants.
        record.from = from.map(|from| from.bare);
        record.to.push(to.bare.clone());
        record.conversation = Some(to.bare.clone());
        return false;
    }
    let Some(from) = from else { return false };
    record.conversation = Some(from.bare.clone());
    if let Some(to) = to.filter(|to| to.bare != from.bare) {
        record.extra.push(("delivered_to".into(), to.bare));
    }
    let item = in_rooms(message).find_map(|x| x.child("item"));
    let real = item.and_then(|item| item.attribute("jid")).map(|jid| jid::split(jid).bare);
    let service = from.resource.is_none();
    if real.is_some() {
        record.extra.push(("occupant".into(), from.full()));
    }
    record.from = Some(real.unwrap_or_else(|| from.full()));
    service
}

/// What a room says of a message and its sender.
fn in_rooms<'e, 'a>(message: &'e Element<'a>) -> impl Iterator<Item = &'e Element<'a>> {
    message.elements().filter(|child| child.name == "x" && child.namespace() == MUC_USER)
}

/// Namespaces that are declared further out are not looked up: a name without one of its own
/// counts.
pub(super) fn of(element: &Element<'_>, known: &str) -> bool {
    let namespace = element.namespace();
    namespace.is_empty() || namespace.starts_with(known)
}

/// The id: in a room the room's own, else the archive's, else the sender's. All are kept.
fn identify<'a>(
    message: &Element<'a>,
    layers: &Layers<'_, 'a>,
    kind: &str,
    record: &mut Record<'a>,
) {
    let archive = layers.result.and_then(|result| result.attribute("id"));
    let own = message.attribute("id");
    let stanza_ids = || message.elements().filter(|child| child.name == "stanza-id");
    let by_room = stanza_ids().find(|child| {
        let by = child.attribute("by").map(|by| jid::split(by).bare);
        by.is_some() && by == record.conversation
    });
    let by_room = by_room.filter(|_| kind == "groupchat").and_then(|child| child.attribute("id"));
    let any = || stanza_ids().find_map(|child| child.attribute("id"));
    let (source, id) = match by_room.map(|id| ("stanza-id", id)) {
        Some(found) => ("room", Some(found.1)),
        None => match (archive, any()) {
            (Some(id), _) => ("archive", Some(id)),
            (None, Some(id)) => ("stanza-id", Some(id)),
            (None, None) => ("message", own),
        },
    };
    record.id = id.filter(|id| !id.is_empty()).cloned();
    record.id_per_conversation = record.id.is_some();
    if record.id.is_some() {
        record.extra.push(("id_from".into(), source.into()));
    }
    let others = [("message_id", own, "message"), ("archive_id", archive, "archive")];
    for (name, value, used) in others {
        if let Some(value) = value.filter(|_| source != used) {
            record.extra.push((name.into(), value.clone()));
        }
    }
}

fn is_delay(element: &Element<'_>) -> bool {
    match element.name {
        "delay" => of(element, "urn:xmpp:delay"),
        "x" => element.namespace() == "jabber:x:delay",
        _ => false,
    }
}

/// When a server got it. The older way of saying so has no zone and means UTC.
fn delayed<'a>(delay: &Element<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    let Some(stamp) = delay.attribute("stamp") else {
        anomalies.push(Anomaly::field("xmpp.stamp_missing", "stamp", "the delay has no time"));
        xml::flatten(delay, "delay", &mut record.extra);
        return;
    };
    let old = delay.name == "x" && !stamp.ends_with(['Z', 'z']);
    record.time = match old {
        true => clock::written(&Cow::Owned(format!("{stamp}Z")), Clock::Delivered)
            .map(|time| Time { raw: Some(stamp.clone()), zone: Zone::Assumed, ..time }),
        false => clock::written(stamp, Clock::Delivered),
    };
    if record.time.is_none() {
        anomalies.push(Anomaly::field("time.unreadable", "stamp", "the time cannot be read"));
        record.extra.push(("stamp".into(), stamp.clone()));
    }
    let from = delay.attribute("from").cloned();
    record.extra.extend(from.map(|from| ("delay_from".into(), from)));
    let reason = Some(delay.text()).filter(|reason| !reason.trim().is_empty());
    record.extra.extend(reason.map(|reason| ("delay_reason".into(), reason)));
}

/// A text in one or several languages. The first without one, else the first, is the text.
fn texts<'a>(message: &Element<'a>, name: &'static str, record: &mut Record<'a>) {
    let all = || message.elements().filter(move |child| child.name == name);
    let first = all().position(|text| text.attribute("xml:lang").is_none()).unwrap_or(0);
    for (place, text) in all().enumerate() {
        let lang = text.attribute("xml:lang");
        // What else an element of text holds is formatting of some program.
        for inner in text.elements() {
            xml::flatten(inner, &format!("{name}.{}", inner.name), &mut record.extra);
        }
        let value = text.text();
        if place != first {
            let lang = lang.map_or("", |lang| &**lang);
            record.extra.push((format!("{name}[{lang}]").into(), value));
            continue;
        }
        let said = lang.map(|lang| (format!("{name}_lang").into(), lang.clone()));
        record.extra.extend(said);
        match name {
            "body" => record.text = Some(value),
            _ => record.extra.push((name.into(), value)),
        }
    }
}

/// What the message is, all told.
fn conclude(kind: &str, service: bool, found: &Found, record: &mut Record<'_>) {
    let stands_in = found.encrypted || found.retracts || found.reacts;
    if stands_in && let Some(text) = record.text.take() {
        // For programs that do not know better; nobody said it.
        record.extra.push(("fallback".into(), text));
    }
    let secret = record.text.take_if(|text| text.starts_with("?OTR"));
    if let Some(text) = secret {
        record.extra.push(("encrypted".into(), "otr".into()));
        record.extra.push(("encrypted_text".into(), text));
    }
    let mut action = false;
    if let Some(text) = record.text.as_deref()
        && let Some(rest) = text.strip_prefix("/me ")
    {
        record.text = Some(rest.to_owned().into());
        action = true;
    }
    record.kind = match () {
        () if kind == "error" || found.retracts => RecordKind::System,
        () if found.reacts => RecordKind::Other,
        () if found.call => RecordKind::Call,
        () if found.deleted => RecordKind::Message,
        () if kind == "headline" => RecordKind::Notice,
        () if service => RecordKind::System,
        () if action => RecordKind::Action,
        () if found.body || found.payload || found.file => RecordKind::Message,
        () if found.event => RecordKind::Event,
        () if found.signal || found.subject || found.encrypted => RecordKind::System,
        () => RecordKind::Other,
    };
}
