//! From a message, an archive result or a forwarded message to a record.

use super::{NETWORK, payload};
use crate::xml::{Element, clock};
use emma_model::{Anomaly, Clock, Record, RecordKind, Time};
use std::borrow::Cow;

/// Wrappings around a stanza that are taken off.
const WRAPPINGS_MAX: usize = 8;

/// Reads a stanza in whatever it is wrapped.
pub(super) fn read<'a>(element: &Element<'a>, anomalies: &mut Vec<Anomaly>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Message, NETWORK);
    let mut archive_id = None;
    let mut delay = None;
    let mut stanza = element;
    for _ in 0..WRAPPINGS_MAX {
        let inner = match stanza.name {
            "message" => {
                let wrapping = stanza.elements().find(|inner| is_wrapping(inner));
                if wrapping.is_some() {
                    let owner = stanza.attribute("to").map(|jid| split(jid).0);
                    record.extra.extend(owner.map(|owner| ("archive_of".into(), owner)));
                }
                wrapping
            }
            "result" => {
                archive_id = stanza.attribute("id").cloned();
                stanza.child("forwarded")
            }
            "sent" | "received" => {
                record.extra.push(("carbon".into(), Cow::Borrowed(stanza.name)));
                stanza.child("forwarded")
            }
            "forwarded" => {
                delay = stanza.child("delay").and_then(|delay| delay.attribute("stamp")).or(delay);
                stanza.child("message")
            }
            _ => None,
        };
        match inner {
            Some(inner) => stanza = inner,
            None => break,
        }
    }
    if stanza.name != "message" {
        let note = "what is wrapped is no message; its values are kept";
        anomalies.push(Anomaly::new("xmpp.no_message", note));
        record.kind = RecordKind::Other;
        crate::xml::flatten(stanza, stanza.name, &mut record.extra);
        return record;
    }
    parties(stanza, &mut record);
    ids(stanza, archive_id, &mut record);
    record.time = time(stanza, delay, &mut record.extra, anomalies);
    payload::read(stanza, &mut record);
    record
}

/// True for what holds a stanza of somebody's archive, not one that a person forwarded.
fn is_wrapping(element: &Element<'_>) -> bool {
    let namespace = element.namespace();
    match element.name {
        "result" => namespace.starts_with("urn:xmpp:mam:"),
        "sent" | "received" => namespace.starts_with("urn:xmpp:carbons:"),
        _ => false,
    }
}

/// A handle without its resource, and the resource.
fn split<'a>(jid: &Cow<'a, str>) -> (Cow<'a, str>, Option<Cow<'a, str>>) {
    let Some(slash) = jid.find('/') else { return (jid.clone(), None) };
    match jid {
        Cow::Borrowed(jid) => {
            (Cow::Borrowed(&jid[..slash]), Some(Cow::Borrowed(&jid[slash + 1..])))
        }
        Cow::Owned(jid) => {
            (Cow::Owned(jid[..slash].to_owned()), Some(Cow::Owned(jid[slash + 1..].to_owned())))
        }
    }
}

/// In a room the sender is the room's name with a nick; elsewhere an account without its device.
/// A conversation of two is named by both, whoever's archive it is.
fn parties<'a>(stanza: &Element<'a>, record: &mut Record<'a>) {
    let (from, to) = (stanza.attribute("from"), stanza.attribute("to"));
    let kind = stanza.attribute("type").map_or("", |kind| kind);
    if kind == "groupchat" {
        record.from = from.cloned();
        let room = from.filter(|from| from.contains('/')).or(to).or(from);
        record.conversation = room.map(|room| split(room).0);
        record.to.extend(to.map(|to| split(to).0));
        return;
    }
    let (from, to) = (from.map(split), to.map(split));
    if let (Some((from, _)), Some((to, _))) = (&from, &to) {
        let (one, two) = if from <= to { (from, to) } else { (to, from) };
        record.conversation = Some(format!("{one} {two}").into());
    }
    for (name, side) in [("from_resource", &from), ("to_resource", &to)] {
        let resource = side.as_ref().and_then(|(_, resource)| resource.clone());
        record.extra.extend(resource.map(|resource| (name.into(), resource)));
    }
    record.from = from.map(|(jid, _)| jid);
    record.to.extend(to.map(|(jid, _)| jid));
}

/// The id a server gave counts; the sender's own ids, which later stanzas name, are kept.
fn ids<'a>(stanza: &Element<'a>, archive_id: Option<Cow<'a, str>>, record: &mut Record<'a>) {
    let own = stanza.attribute("id").cloned();
    let given = stanza.child("stanza-id").and_then(|given| given.attribute("id")).cloned();
    let by = stanza.child("stanza-id").and_then(|given| given.attribute("by"));
    record.extra.extend(by.map(|by| ("stanza_id_by".into(), by.clone())));
    if given.is_some() && archive_id.is_some() && given != archive_id {
        record.extra.extend(archive_id.clone().map(|id| ("archive_id".into(), id)));
    }
    let origin = stanza.child("origin-id").and_then(|origin| origin.attribute("id"));
    record.extra.extend(origin.map(|id| ("origin_id".into(), id.clone())));
    record.extra.extend(own.clone().map(|id| ("message_id".into(), id)));
    record.id = given.or(archive_id).or(own);
    record.id_per_conversation = true;
}

fn time<'a>(
    stanza: &Element<'a>,
    wrapped: Option<&Cow<'a, str>>,
    extra: &mut crate::xml::Values<'a>,
    anomalies: &mut Vec<Anomaly>,
) -> Option<Time<'a>> {
    let own = stanza.child("delay").and_then(|delay| delay.attribute("stamp"));
    let old = stanza.elements().find(|x| x.name == "x" && x.namespace() == "jabber:x:delay");
    let old = old.and_then(|x| x.attribute("stamp"));
    if wrapped.is_some() {
        extra.extend(own.map(|own| ("delay".into(), own.clone())));
    }
    let raw = wrapped.or(own).or(old)?;
    let mut time = clock::written(raw, Clock::Delivered);
    if time.as_ref().is_some_and(|time| time.zone == emma_model::Zone::Unknown) && old.is_some() {
        // XEP-0091 writes no zone and means UTC.
        time = clock::written(&Cow::Owned(format!("{}Z", raw.trim())), Clock::Delivered);
        if let Some(time) = &mut time {
            time.raw = Some(raw.clone());
        }
    }
    if time.is_none() {
        anomalies.push(Anomaly::field("time.unreadable", "stamp", "the time cannot be read"));
        extra.push(("stamp".into(), raw.clone()));
    }
    time
}
