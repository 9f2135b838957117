//! XMPP messages: archives, server dumps, bare stanzas (`docs/formats/inputs/xmpp.md`).
//!
//! Whatever wraps them is walked; each stanza, archive result or contact is a record. A stanza
//! may be wrapped in an archive result and that in another stanza: [`stanza`] unwraps it and says
//! so in the extra values.

mod payload;
mod stanza;

use crate::format::{Format, Head, Read};
use crate::xml::{self, Element, Open, Place, Reader, Take};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Record, RecordKind};

/// XMPP messages.
pub(crate) const FORMAT: Format = Format {
    name: "xmpp",
    version: 1,
    title: "XMPP messages: XEP-0313 archives, XEP-0227 server dumps, stanzas",
    tested: "invented specimens only",
    recognises,
    read: Read::Once(|_, window, emitter, limits| xml::read(&mut Stanzas, window, emitter, limits)),
};

const NETWORK: &str = "xmpp";
/// How deep below the root of a dump something of XMPP is looked for.
const RECOGNISE_DEPTH: usize = 4;

fn recognises(head: &Head<'_>) -> bool {
    let root = head.text.then(|| xml::root(head.bytes, head.whole)).flatten();
    root.is_some_and(|root| is_xmpp(&root.element(), RECOGNISE_DEPTH))
}

/// True for elements of XMPP's own namespaces, and for messages without any that have parties
/// and something to say.
fn is_xmpp(element: &Element<'_>, depth: usize) -> bool {
    let namespace = element.namespace();
    let party = |name: &str| element.attribute(name).is_some_and(|jid| jid.contains('@'));
    match element.name {
        "message" | "presence" | "iq" if namespace.starts_with("jabber:") => true,
        "message" if party("from") || party("to") => {
            ["body", "result", "delay", "stanza-id", "encrypted"]
                .iter()
                .any(|name| element.child(name).is_some())
        }
        "result" => namespace.starts_with("urn:xmpp:mam:"),
        "forwarded" => namespace.starts_with("urn:xmpp:forward:"),
        "server-data" => namespace.starts_with("urn:xmpp:pie:"),
        "stream" => namespace == "http://etherx.jabber.org/streams",
        // A page or a feed may quote a stanza; a dump holds nothing else.
        "html" | "rss" | "feed" | "svg" => false,
        _ => depth > 0 && element.elements().take(2).any(|inner| is_xmpp(inner, depth - 1)),
    }
}

struct Stanzas;

impl Reader for Stanzas {
    const ALONE: &'static [&'static str] = &["server-data", "archive", "offline-messages"];

    fn take(&mut self, path: &[Open], tag: &Element<'_>) -> Take {
        match tag.name {
            "message" | "result" | "forwarded" | "iq" | "presence" | "item" | "vCard" => {
                Take::Record
            }
            "server-data" | "host" | "user" | "archive" | "offline-messages" | "stream"
            | "messages" => Take::Walk,
            "query" if tag.namespace() == "jabber:iq:roster" => Take::Walk,
            _ if path.is_empty() => Take::Walk,
            _ => Take::Record,
        }
    }

    fn record<'a>(
        &mut self,
        path: &[Open],
        element: Element<'a>,
        _place: Place,
        anomalies: &mut Vec<Anomaly>,
    ) -> Record<'a> {
        let in_roster = path.last().is_some_and(|open| open.local == "query");
        let mut record = match element.name {
            "message" | "result" | "forwarded" => stanza::read(&element, anomalies),
            "item" if in_roster => contact(&element),
            "vCard" => contact(&element),
            "presence" => {
                let mut record = xml::other(&element, NETWORK);
                record.kind = RecordKind::Event;
                record
            }
            _ => xml::other(&element, NETWORK),
        };
        owner(path, &mut record);
        record
    }
}

fn contact<'a>(element: &Element<'a>) -> Record<'a> {
    let mut record = xml::other(element, NETWORK);
    record.kind = RecordKind::Contact;
    record
}

/// Whose archive it is, where a server dump says so around it.
fn owner(path: &[Open], record: &mut Record<'_>) {
    let named = |name: &str| path.iter().rfind(|open| open.local == name);
    let Some(user) = named("user") else { return };
    let Some(name) = user.attribute("name") else { return };
    let host = named("host").and_then(|host| host.attribute("jid"));
    let jid = host.map_or_else(|| name.to_owned(), |host| format!("{name}@{host}"));
    record.extra.push(("archive_of".into(), jid.into()));
    record.borrowed.push(Borrowed { field: "archive_of", origin: user.place.origin() });
}
