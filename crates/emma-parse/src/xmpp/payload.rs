//! What a message carries beside its text, by extension.

use super::message::of;
use super::secret;
use crate::xml::{self, Element};
use emma_model::{Anomaly, Record};
use std::borrow::Cow;

pub(super) const MUC: &str = "http://jabber.org/protocol/muc";
pub(super) const MUC_USER: &str = "http://jabber.org/protocol/muc#user";

/// What was found in a message.
#[derive(Clone, Copy, Default)]
pub(super) struct Found {
    pub body: bool,
    pub subject: bool,
    /// Something is encrypted.
    pub encrypted: bool,
    /// Something encrypted was said, not only keys handed over.
    pub payload: bool,
    pub file: bool,
    pub retracts: bool,
    pub reacts: bool,
    pub deleted: bool,
    pub call: bool,
    pub event: bool,
    /// A receipt, a marker, somebody typing, an invitation.
    pub signal: bool,
}

const RECEIPTS: &str = "urn:xmpp:receipts";
const MARKERS: &str = "urn:xmpp:chat-markers:";
const STATES: &str = "http://jabber.org/protocol/chatstates";
const CALLS: &str = "urn:xmpp:jingle-message:";

/// Reads one extension.
pub(super) fn read<'a>(
    child: &Element<'a>,
    found: &mut Found,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let namespace = child.namespace();
    let id = child.attribute("id").cloned();
    match child.name {
        "thread" if !child.is_parent() => {
            record.extra.push(("thread".into(), child.text()));
            let parent = child.attribute("parent").cloned();
            record.extra.extend(parent.map(|parent| ("thread_parent".into(), parent)));
        }
        "origin-id" | "stanza-id" | "occupant-id" => ids(child, record),
        "replace" if of(child, "urn:xmpp:message-correct:") => refer("replaces", id, record),
        "reply" if of(child, "urn:xmpp:reply:") => {
            record.reply_to = id;
            let to = child.attribute("to").cloned();
            record.extra.extend(to.map(|to| ("reply_to_sender".into(), to)));
        }
        name if namespace.starts_with(CALLS) => {
            found.call = true;
            record.extra.push(("call".into(), Cow::Borrowed(name)));
            refer("call_id", id, record);
            inside(child, record);
        }
        "retract" if of(child, "urn:xmpp:message-retract:") => {
            found.retracts = true;
            refer("retracts", id, record);
            inside(child, record);
        }
        "apply-to" if fastened(child) => {
            found.retracts = true;
            refer("retracts", id, record);
            inside(child, record);
        }
        "retracted" if of(child, "urn:xmpp:message-retract:") => {
            found.deleted = true;
            record.extra.push(("deleted".into(), "true".into()));
            xml::flatten(child, "retracted", &mut record.extra);
        }
        "reactions" if of(child, "urn:xmpp:reactions:") => {
            found.reacts = true;
            reactions(child, id, record);
        }
        "received" | "request" if of(child, RECEIPTS) => signal("receipt", child, found, record),
        "received" | "displayed" | "acknowledged" | "markable" if of(child, MARKERS) => {
            signal("marker", child, found, record);
        }
        "active" | "composing" | "paused" | "inactive" | "gone" if of(child, STATES) => {
            signal("chat_state", child, found, record);
        }
        _ if secret::read(child, found, record, anomalies) => {}
        _ => others(child, found, record, anomalies),
    }
}

/// What is told apart by namespace alone, files, and everything else.
fn others<'a>(
    child: &Element<'a>,
    found: &mut Found,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    match (child.name, child.namespace()) {
        ("x", "jabber:x:oob") => {
            found.file = true;
            let url = child.child("url").map(|url| url.text());
            record.extra.push(("file".into(), url.as_ref().map(last).unwrap_or_default()));
            record.extra.extend(url.map(|url| ("file_url".into(), url)));
            let said = child.child("desc").map(|desc| desc.text());
            record.extra.extend(said.map(|desc| ("file_description".into(), desc)));
            return;
        }
        ("x", "jabber:x:conference") => found.signal = true,
        ("x", MUC_USER) => {
            let invites = ["invite", "decline", "status", "destroy"];
            found.signal |= invites.iter().any(|name| child.child(name).is_some());
        }
        ("event", _) => found.event = true,
        ("data", "urn:xmpp:bob") => return bits(child, found, record, anomalies),
        ("file-sharing" | "reference", _) => shared(child, found, record),
        _ => {}
    }
    xml::flatten(child, child.name, &mut record.extra);
}

fn refer<'a>(name: &'static str, id: Option<Cow<'a, str>>, record: &mut Record<'a>) {
    record.extra.push((name.into(), id.unwrap_or_default()));
}

fn ids<'a>(child: &Element<'a>, record: &mut Record<'a>) {
    let name = child.name.replace('-', "_");
    for (key, value) in &child.attributes {
        match *key {
            "id" => record.extra.push((name.clone().into(), value.clone())),
            "by" => record.extra.push((format!("{name}_by").into(), value.clone())),
            _ => {}
        }
    }
    inside(child, record);
}

/// Keeps the elements of an extension, under its name.
fn inside<'a>(child: &Element<'a>, record: &mut Record<'a>) {
    for inner in child.elements() {
        xml::flatten(inner, &format!("{}.{}", child.name, inner.name), &mut record.extra);
    }
}

/// The first way to retract, and that of moderators.
fn fastened(child: &Element<'_>) -> bool {
    let retracts = |element: &Element<'_>| element.child("retract").is_some();
    of(child, "urn:xmpp:fasten:")
        && (retracts(child) || child.child("moderated").is_some_and(retracts))
}

/// All reactions of a person to one message; none takes back the earlier ones.
fn reactions<'a>(child: &Element<'a>, id: Option<Cow<'a, str>>, record: &mut Record<'a>) {
    refer("reacts_to", id, record);
    let mut none = true;
    for inner in child.elements() {
        match inner.name {
            "reaction" if !inner.is_parent() => {
                none = false;
                record.extra.push(("reaction".into(), inner.text()));
            }
            _ => xml::flatten(inner, &format!("reactions.{}", inner.name), &mut record.extra),
        }
    }
    if none {
        record.extra.push(("reaction_removed".into(), "true".into()));
    }
}

/// Requests stand beside texts; answers stand alone and name what they answer.
fn signal<'a>(name: &'static str, child: &Element<'a>, found: &mut Found, record: &mut Record<'a>) {
    found.signal = true;
    record.extra.push((name.into(), Cow::Borrowed(child.name)));
    let id = child.attribute("id").cloned();
    record.extra.extend(id.map(|id| (format!("{name}_of").into(), id)));
    inside(child, record);
}

/// A file described and linked (XEP-0447, XEP-0385). All it says is kept beside, too.
fn shared<'a>(child: &Element<'a>, found: &mut Found, record: &mut Record<'a>) {
    let Some(file) = descendant(child, "file", 4) else { return };
    found.file = true;
    let value = |name: &str| file.child(name).map(|value| value.text());
    record.extra.push(("file".into(), value("name").unwrap_or_default()));
    record.extra.extend(value("media-type").map(|kind| ("file_type".into(), kind)));
    record.extra.extend(value("size").map(|bytes| ("file_bytes".into(), bytes)));
    let sources = descendant(child, "sources", 4);
    let linked = sources.and_then(|sources| {
        let one = sources.elements().next()?;
        one.attribute("target").or_else(|| one.attribute("uri"))
    });
    record.extra.extend(linked.map(|url| ("file_url".into(), url.clone())));
}

fn descendant<'e, 'a>(
    element: &'e Element<'a>,
    name: &str,
    levels: usize,
) -> Option<&'e Element<'a>> {
    element.child(name).or_else(|| {
        let levels = levels.checked_sub(1)?;
        element.elements().find_map(|inner| descendant(inner, name, levels))
    })
}

/// A small file inside the message (XEP-0231): its length and digest.
fn bits<'a>(
    child: &Element<'a>,
    found: &mut Found,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    found.file = true;
    record.extra.push(("file".into(), child.attribute("cid").cloned().unwrap_or_default()));
    let kind = child.attribute("type").cloned();
    record.extra.extend(kind.map(|kind| ("file_type".into(), kind)));
    secret::measured("file", &child.text(), record, anomalies);
}

/// The last part of the path of a link.
fn last<'a>(url: &Cow<'a, str>) -> Cow<'a, str> {
    let path = url.split(['?', '#']).next().unwrap_or("");
    Cow::Owned(path.rsplit('/').next().unwrap_or("").to_owned())
}
