//! From a frame to a record: accounts, people, groups, chats. Messages are read in `item`.

use super::item;
use super::people::{Party, People, Role, number, uuid};
use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra};
use crate::json::walk::Found;
use emma_model::record::{Borrowed, Origin};
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;

const NETWORK: &str = "signal";
/// Stands for the owner where nothing in the export names the account.
const OWNER: &str = "owner";

/// Reads one line.
pub(super) fn read<'a>(
    found: Found<'a>,
    people: &mut People,
    anomalies: &mut Vec<Anomaly>,
) -> Record<'a> {
    let origin = Origin::Leaf { offset: found.offset, length: found.length };
    let mut frame = found.object;
    let mut record = Record::new(RecordKind::Other, NETWORK);
    let key = super::FRAMES.iter().find(|key| frame.object(key).is_some());
    if let Some(key) = key {
        let inner = frame.object(key).expect("it was just found");
        let _ = frame.take(key, anomalies);
        record.extra.push(("frame".into(), (*key).into()));
        match *key {
            "account" => account(inner, people, origin, &mut record, anomalies),
            "recipient" => recipient(inner, people, origin, &mut record, anomalies),
            "chat" => chat(inner, people, &mut record, anomalies),
            "chatItem" => item::read(inner, people, &mut record, anomalies),
            "adHocCall" => call(inner, people, &mut record, anomalies),
            _ => inner.leave(&mut record),
        }
    }
    frame.leave(&mut record);
    record
}

fn account<'a>(
    mut account: Object<'a>,
    people: &mut People,
    origin: Origin,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.kind = RecordKind::Account;
    let username = account.word("username", anomalies);
    // The export does not hold the owner's account id; the profile's key is the account's own.
    let by_key = account.peek("profileKey").map(|key| Cow::Owned(format!("profile:{key}")));
    let handle = username.or(by_key).unwrap_or(OWNER.into());
    let name = joined(&account, "givenName", "familyName");
    record.from = Some(handle.clone());
    extra(record, "name", name.clone().map(Cow::Owned));
    let handle = handle.into_owned();
    people.owner = Some(Party { handle, name, role: Role::Owner, origin });
    account.leave(record);
}

fn recipient<'a>(
    mut recipient: Object<'a>,
    people: &mut People,
    origin: Origin,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let id = number(&recipient, "id");
    let party = if let Some(contact) = recipient.object("contact") {
        let _ = recipient.take("contact", anomalies);
        Some(person(contact, origin, record))
    } else if let Some(group) = recipient.object("group") {
        let _ = recipient.take("group", anomalies);
        Some(self::group(group, origin, record))
    } else if recipient.object("self").is_some() {
        record.kind = RecordKind::Account;
        let owner = people.owner.clone();
        let owner = owner.unwrap_or(Party {
            handle: OWNER.to_owned(),
            name: None,
            role: Role::Owner,
            origin,
        });
        record.from = Some(owner.handle.clone().into());
        record.borrowed.push(Borrowed { field: "from", origin: owner.origin.clone() });
        Some(owner)
    } else {
        let services = ["releaseNotes", "distributionList", "callLink"];
        services.iter().find(|key| recipient.object(key).is_some()).map(|key| {
            let handle = format!("{key}:{}", id.unwrap_or_default());
            Party { handle, name: None, role: Role::Service, origin }
        })
    };
    match (id, party) {
        (Some(id), Some(party)) => {
            if !people.add(id, party) {
                let note = "too many recipients to remember; items that name this one do not";
                anomalies.push(Anomaly::new("signal.recipients_many", note));
            }
        }
        _ => {
            let note = "the recipient has no number or is nothing known";
            anomalies.push(Anomaly::field("signal.recipient_unknown", "id", note));
        }
    }
    recipient.leave(record);
}

fn person<'a>(contact: Object<'a>, origin: Origin, record: &mut Record<'a>) -> Party {
    record.kind = RecordKind::Contact;
    let account = contact.peek("aci").map(|aci| uuid(&aci));
    let phone = contact.peek("e164").filter(|number| number != "0").map(|n| format!("+{n}"));
    let by_number = contact.peek("pni").map(|pni| format!("PNI:{}", uuid(&pni)));
    extra(record, "phone", phone.clone().map(Cow::Owned));
    let username = contact.peek("username").map(Cow::into_owned);
    let handle = account.or(phone).or(by_number).or(username).unwrap_or_default();
    let nickname = contact.object("nickname").and_then(|name| joined(&name, "given", "family"));
    let name = nickname
        .or_else(|| joined(&contact, "systemGivenName", "systemFamilyName"))
        .or_else(|| joined(&contact, "profileGivenName", "profileFamilyName"));
    extra(record, "name", name.clone().map(Cow::Owned));
    record.from = Some(handle.clone().into()).filter(|_| !handle.is_empty());
    contact.leave(record);
    Party { handle, name, role: Role::Person, origin }
}

/// The group's id in the network is derived from its master key, which stands for it here.
fn group<'a>(group: Object<'a>, origin: Origin, record: &mut Record<'a>) -> Party {
    let key = group.peek("masterKey").unwrap_or_default();
    let snapshot = group.object("snapshot");
    let title = snapshot.as_ref().and_then(|snapshot| snapshot.object("title")?.peek("title"));
    if let Some(snapshot) = &snapshot {
        let member = |member: Object<'a>| Some(Cow::Owned(uuid(&member.peek("userId")?)));
        record.to = snapshot.objects("members").filter_map(member).collect();
    }
    extra(record, "name", title.clone());
    record.conversation = Some(key.clone()).filter(|key| !key.is_empty());
    group.leave(record);
    let name = title.map(Cow::into_owned);
    Party { handle: key.into_owned(), name, role: Role::Group, origin }
}

fn chat<'a>(
    chat: Object<'a>,
    people: &mut People,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let (id, recipient) = (number(&chat, "id"), number(&chat, "recipientId"));
    let known = match (id, recipient) {
        (Some(id), Some(recipient)) => {
            people.add_chat(id, recipient) && people.party(recipient).is_some()
        }
        _ => false,
    };
    match recipient.and_then(|recipient| people.party(recipient)) {
        Some(party) if known => item::lend_conversation(party, record),
        _ => {
            let note = "no earlier frame says whose chat it is";
            anomalies.push(Anomaly::field("signal.recipient_unknown", "recipientId", note));
        }
    }
    chat.leave(record);
}

/// A call by a link: nobody is named but the link.
fn call<'a>(
    mut call: Object<'a>,
    people: &People,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.kind = RecordKind::Call;
    if let Some(link) = number(&call, "recipientId").and_then(|id| people.party(id)) {
        item::lend_conversation(link, record);
    }
    if let Some(raw) = call.text("callTimestamp", anomalies) {
        record.time = moment::since_1970(raw, Unit::Millis, Clock::Unstated);
    }
    call.leave(record);
}

/// A given and a family name.
fn joined(object: &Object<'_>, given: &str, family: &str) -> Option<String> {
    let parts: Vec<_> = [given, family].iter().filter_map(|key| object.peek(key)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
