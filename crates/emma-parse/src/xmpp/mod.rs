//! XMPP: archive results, dumps of servers, bare messages (`docs/formats/inputs/xmpp.md`).
//!
//! A stanza is a record: a message with the layers around it (archive result, carbon copy), a
//! presence, a query. Whatever is around stanzas is walked; a dump of a server (XEP-0227) says
//! there whose archive it is, which is borrowed where a stanza leaves out an address.

mod jid;
mod layers;
mod message;
mod payload;
mod recognise;
mod secret;

use crate::format::{Format, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Record, RecordKind};

/// Stanzas of XMPP.
pub(crate) const FORMAT: Format = Format {
    name: "xmpp",
    version: 1,
    title: "XMPP: message archives (XEP-0313), server dumps (XEP-0227), bare stanzas",
    tested: "invented specimens only",
    recognises: recognise::recognises,
    read: Read::Once(|_, window, emitter, limits| xml::read(&mut Xmpp, window, emitter, limits)),
};

const NETWORK: &str = "xmpp";
const ROSTER: &str = "jabber:iq:roster";
const STANZAS: [&str; 5] = ["message", "result", "forwarded", "presence", "iq"];
/// What dumps put around stanzas, below the root, which may be called anything.
const WRAPPERS: [&str; 18] = [
    "archive",
    "archives",
    "collection",
    "conversation",
    "conversations",
    "day",
    "dump",
    "history",
    "host",
    "log",
    "logs",
    "messages",
    "offline-messages",
    "results",
    "room",
    "rooms",
    "server-data",
    "stream",
];

struct Xmpp;

/// Whose account is read, as the elements around a stanza say.
struct Owner {
    jid: String,
    place: Place,
}

impl Reader for Xmpp {
    const ALONE: &'static [&'static str] = &["server-data", "offline-messages"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        let parent = path.last().map_or("", |open| open.local.as_str());
        match tag.name {
            name if STANZAS.contains(&name) => Take::Record,
            "user" if parent == "host" => Take::Part,
            "query" if tag.namespace() == ROSTER => Take::Walk,
            _ if path.is_empty() => Take::Walk,
            name if WRAPPERS.contains(&name) => Take::Walk,
            _ => Take::Record,
        }
    }

    fn ends_part(&self, _tag: &Element<'_>) -> bool {
        // An account is a record by its start tag; what it holds is walked.
        true
    }

    fn record<'a>(
        &mut self,
        path: &[Open],
        element: Element<'a>,
        _place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        let parent = path.last().map_or("", |open| open.local.as_str());
        let owner = owner(path);
        match element.name {
            "message" | "result" | "forwarded" => {
                message::read(&element, owner.as_ref(), anomalies)
            }
            "presence" | "iq" => stanza(&element),
            "user" if parent == "host" => account(&element, path),
            "item" if parent == "query" => contact(&element, owner),
            _ => xml::other(&element, NETWORK),
        }
    }
}

/// The account a stanza was kept for: `name` of the `user` and `jid` of the `host` around it.
fn owner(path: &[Open]) -> Option<Owner> {
    let at = path.iter().rposition(|open| open.local == "user")?;
    let host = path[..at].last().filter(|open| open.local == "host")?.attribute("jid")?;
    let name = path[at].attribute("name")?;
    let jid = format!("{name}@{host}").to_lowercase();
    Some(Owner { jid, place: path[at].place })
}

fn account<'a>(element: &Element<'a>, path: &[Open]) -> Record<'a> {
    let mut record = Record::new(RecordKind::Account, NETWORK);
    let host = path.last().and_then(|open| Some((open.attribute("jid")?, open.place)));
    if let (Some(name), Some((host, place))) = (element.attribute("name"), host) {
        record.from = Some(format!("{name}@{host}").to_lowercase().into());
        record.borrowed.push(Borrowed { field: "from", origin: place.origin() });
    }
    xml::flatten(element, "", &mut record.extra);
    record
}

/// An entry of a roster: whose it is, and whom it names.
fn contact<'a>(element: &Element<'a>, owner: Option<Owner>) -> Record<'a> {
    let mut record = Record::new(RecordKind::Contact, NETWORK);
    if let Some(Owner { jid, place }) = owner {
        record.from = Some(jid.into());
        record.borrowed.push(Borrowed { field: "from", origin: place.origin() });
    }
    record.to.extend(element.attribute("jid").map(|jid| jid::split(jid).bare));
    xml::flatten(element, "", &mut record.extra);
    record
}

/// A presence or a query: its addresses, and everything it holds as it is.
fn stanza<'a>(element: &Element<'a>) -> Record<'a> {
    let presence = element.name == "presence";
    let kind = if presence { RecordKind::System } else { RecordKind::Other };
    let mut record = Record::new(kind, NETWORK);
    let rooms = element.elements().any(|child| child.namespace().starts_with(payload::MUC));
    let from = element.attribute("from").map(jid::split);
    let to = element.attribute("to").map(jid::split);
    if presence && rooms {
        // Presence in a room goes from an occupant to somebody, or from somebody to an occupant.
        let received = element.elements().any(|child| child.namespace() == payload::MUC_USER);
        let room = if received { &from } else { &to };
        record.conversation = room.as_ref().map(|jid| jid.bare.clone());
    }
    record.extra.push(("stanza".into(), element.name.into()));
    jid::resource("from_resource", from.as_ref(), &mut record);
    jid::resource("to_resource", to.as_ref(), &mut record);
    record.from = from.map(|jid| jid.bare);
    record.to.extend(to.map(|jid| jid.bare));
    for (key, value) in &element.attributes {
        if !matches!(*key, "from" | "to") {
            record.extra.push(((*key).into(), value.clone()));
        }
    }
    for child in element.elements() {
        match child.name {
            "status" if presence && record.text.is_none() && !child.is_parent() => {
                record.text = Some(child.text());
            }
            _ => xml::flatten(child, child.name, &mut record.extra),
        }
    }
    record
}
