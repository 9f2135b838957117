//! Whether a document holds stanzas, from its first bytes.

use super::STANZAS;
use crate::format::Head;
use crate::xml::{self, Element};

/// Levels between the root and the first stanza that are looked through.
const LEVELS_MAX: usize = 6;

/// True for a dump of a server, a stream, or a document in which something is a stanza beyond
/// doubt: by its namespace, by that of something in it, or by its addresses and type.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    let Some(root) = head.text.then(|| xml::root(head.bytes, head.whole)).flatten() else {
        return false;
    };
    let root = root.element();
    let namespace = root.namespace();
    match root.name {
        "server-data" => namespace.starts_with("urn:xmpp:pie:"),
        "stream" if namespace == "http://etherx.jabber.org/streams" => true,
        "html" | "svg" | "plist" | "smses" | "gpx" | "kml" => false,
        _ => holds(&root, false, LEVELS_MAX),
    }
}

fn is_stanza_space(namespace: &str) -> bool {
    let known = ["jabber:client", "jabber:server", "jabber:component:accept"];
    known.contains(&namespace)
        || namespace.starts_with("urn:xmpp:mam:")
        || namespace.starts_with("urn:xmpp:forward:")
}

fn is_known(namespace: &str) -> bool {
    ["urn:xmpp:", "jabber:", "http://jabber.org/protocol/"]
        .iter()
        .any(|known| namespace.starts_with(known))
}

/// True where `element` is a stanza or holds one. `inherited`: a namespace of stanzas is the
/// default here.
fn holds(element: &Element<'_>, inherited: bool, levels: usize) -> bool {
    let namespace = element.namespace();
    let stanzas = is_stanza_space(namespace)
        || (inherited && namespace.is_empty())
        || element.attributes.iter().any(|(key, value)| *key == "xmlns" && is_stanza_space(value));
    let is_stanza = STANZAS.contains(&element.name) && (stanzas || is_known_inside(element));
    is_stanza
        || addressed(element)
        || levels > 0 && element.elements().any(|inner| holds(inner, stanzas, levels - 1))
}

fn is_known_inside(element: &Element<'_>) -> bool {
    let parties = matches!(element.name, "result" | "forwarded")
        || element.attribute("from").is_some()
        || element.attribute("to").is_some();
    parties && element.elements().any(|child| is_known(child.namespace()))
}

/// A message without any namespace: both addresses, a type of messages, and a text.
fn addressed(element: &Element<'_>) -> bool {
    let is_address = |key: &str| element.attribute(key).is_some_and(|jid| jid.contains('@'));
    let types = ["chat", "groupchat", "normal", "headline", "error"];
    element.name == "message"
        && is_address("from")
        && is_address("to")
        && element.attribute("type").is_some_and(|kind| types.contains(&&**kind))
        && element.child("body").is_some()
}
