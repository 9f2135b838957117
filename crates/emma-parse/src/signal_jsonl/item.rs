//! From an item of a chat to a record.

use super::people::{Party, People, Role, number};
use crate::json::moment::{self, Unit};
use crate::json::object::{Object, extra, missing};
use emma_model::record::Borrowed;
use emma_model::{Anomaly, Clock, Record, RecordKind};
use std::borrow::Cow;

const MISSING: &str = "signal.field_missing";

/// What an item may be.
const ITEMS: [&str; 11] = [
    "standardMessage",
    "contactMessage",
    "stickerMessage",
    "remoteDeletedMessage",
    "adminDeletedMessage",
    "updateMessage",
    "paymentNotification",
    "giftBadge",
    "viewOnceMessage",
    "directStoryReplyMessage",
    "poll",
];

/// The chat of a record is that of a person or group.
pub(super) fn lend_conversation(party: &Party, record: &mut Record<'_>) {
    if party.handle.is_empty() {
        return;
    }
    record.conversation = Some(party.handle.clone().into());
    record.borrowed.push(Borrowed { field: "conversation", origin: party.origin.clone() });
    if let Some(name) = &party.name {
        record.extra.push(("chat".into(), name.clone().into()));
        record.borrowed.push(Borrowed { field: "chat", origin: party.origin.clone() });
    }
}

/// Reads one item.
pub(super) fn read<'a>(
    mut item: Object<'a>,
    people: &People,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    record.kind = RecordKind::Message;
    parties(&item, people, record, anomalies);
    let sent = item.text("dateSent", anomalies);
    match &sent {
        Some(raw) => {
            record.time = moment::since_1970(raw.clone(), Unit::Millis, Clock::Sent);
            if record.time.is_none() {
                moment::unreadable("dateSent", anomalies);
                item.put_back("dateSent");
            }
        }
        None => missing(MISSING, "dateSent", anomalies),
    }
    if let Some(incoming) = item.object("incoming") {
        record.extra.push(("outgoing".into(), "false".into()));
        extra(record, "date_received", incoming.peek("dateReceived"));
        extra(record, "date_server_sent", incoming.peek("dateServerSent"));
    } else if item.object("outgoing").is_some() {
        record.extra.push(("outgoing".into(), "true".into()));
    }
    let revisions = item.elements("revisions").count();
    if revisions > 0 {
        record.extra.push(("edited".into(), "true".into()));
        record.extra.push(("earlier_versions".into(), revisions.to_string().into()));
    }
    match ITEMS.iter().find(|key| item.object(key).is_some()) {
        Some(key) => {
            let inner = item.object(key).expect("it was just found");
            let _ = item.take(key, anomalies);
            record.extra.push(("item".into(), (*key).into()));
            said(key, inner, people, record, anomalies);
        }
        None => {
            record.kind = RecordKind::Other;
            let note = "what the item says is nothing known; it is kept";
            anomalies.push(Anomaly::new("signal.item_unknown", note));
        }
    }
    // A message is known to everybody by its author and when it was sent.
    let counts = !matches!(record.kind, RecordKind::System | RecordKind::Call | RecordKind::Other);
    if let (true, Some(from), Some(sent), Some(_)) = (counts, &record.from, sent, &record.time) {
        record.id = Some(format!("{from}/{sent}").into());
    }
    item.leave(record);
}

/// Author, chat and, between two people, who it went to.
fn parties<'a>(
    item: &Object<'a>,
    people: &People,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    let author = number(item, "authorId").and_then(|id| people.party(id));
    let chat = number(item, "chatId").and_then(|id| people.of_chat(id));
    for (field, party) in [("authorId", author), ("chatId", chat)] {
        if party.is_none() {
            let note = "no earlier frame says who it is";
            anomalies.push(Anomaly::field("signal.recipient_unknown", field, note));
        }
    }
    if let Some(author) = author {
        record.from = Some(author.handle.clone().into()).filter(|_| !author.handle.is_empty());
        record.borrowed.push(Borrowed { field: "from", origin: author.origin.clone() });
        if let Some(name) = &author.name {
            record.extra.push(("name".into(), name.clone().into()));
            record.borrowed.push(Borrowed { field: "name", origin: author.origin.clone() });
        }
    }
    let Some(chat) = chat else {
        return;
    };
    lend_conversation(chat, record);
    let to = match (author.map(|author| author.role), chat.role) {
        (_, Role::Group) => None,
        (Some(Role::Owner), _) => Some(chat),
        _ => people.owner.as_ref(),
    };
    if let Some(to) = to.filter(|to| !to.handle.is_empty()) {
        record.to = vec![to.handle.clone().into()];
        record.borrowed.push(Borrowed { field: "to", origin: to.origin.clone() });
    }
}

fn said<'a>(
    key: &str,
    mut inner: Object<'a>,
    people: &People,
    record: &mut Record<'a>,
    anomalies: &mut Vec<Anomaly>,
) {
    match key {
        "standardMessage" => {
            text(&mut inner, record, anomalies);
            quote(&inner, people, record);
            for attachment in inner.objects("attachments") {
                file(&attachment, record);
            }
            if inner.object("longText").is_some() {
                record.extra.push(("text_cut".into(), "true".into()));
            }
        }
        "remoteDeletedMessage" | "adminDeletedMessage" => {
            record.extra.push(("deleted".into(), "true".into()));
        }
        "viewOnceMessage" => {
            record.extra.push(("view_once".into(), "true".into()));
            match inner.object("attachment") {
                Some(attachment) => file(&attachment, record),
                None => record.extra.push(("file_missing".into(), "true".into())),
            }
        }
        "stickerMessage" => {
            if let Some(sticker) = inner.object("sticker") {
                extra(record, "emoji", sticker.peek("emoji"));
            }
        }
        "directStoryReplyMessage" => {
            if let Some(mut reply) = inner.object("textReply") {
                text(&mut reply, record, anomalies);
            }
            extra(record, "emoji", inner.word("emoji", anomalies));
        }
        "updateMessage" => {
            let call = ["individualCall", "groupCall"].iter().find_map(|key| inner.object(key));
            record.kind = if call.is_some() { RecordKind::Call } else { RecordKind::System };
            if let Some(call) = call {
                extra(record, "state", call.peek("state"));
                extra(record, "direction", call.peek("direction"));
                extra(record, "started", call.peek("startedCallTimestamp"));
                extra(record, "ended", call.peek("endedCallTimestamp"));
            }
        }
        "poll" => record.text = inner.said("question", anomalies),
        "contactMessage" => {}
        _ => {
            record.kind = RecordKind::Other;
            extra(record, "note", inner.word("note", anomalies));
        }
    }
    for reaction in inner.objects("reactions") {
        let by = number(&reaction, "authorId").and_then(|id| people.party(id));
        let by = by.map_or("", |party| party.handle.as_str());
        let emoji = reaction.peek("emoji").unwrap_or_default();
        record.extra.push(("reaction".into(), format!("{emoji} {by}").into()));
    }
    inner.leave(record);
}

fn text<'a>(inner: &mut Object<'a>, record: &mut Record<'a>, anomalies: &mut Vec<Anomaly>) {
    if let Some(mut text) = inner.object("text") {
        let _ = inner.take("text", anomalies);
        record.text = text.said("body", anomalies);
        text.leave_under("text.", record);
    }
}

/// The message that is quoted, by its author and when it was sent.
fn quote<'a>(inner: &Object<'a>, people: &People, record: &mut Record<'a>) {
    let Some(quote) = inner.object("quote") else {
        return;
    };
    let author = number(&quote, "authorId").and_then(|id| people.party(id));
    let sent = quote.peek("targetSentTimestamp").filter(|sent| sent != "0");
    if let (Some(author), Some(sent)) = (author, sent) {
        record.reply_to = Some(format!("{}/{sent}", author.handle).into());
        record.borrowed.push(Borrowed { field: "reply_to", origin: author.origin.clone() });
    }
}

/// A file: what it is called, where it lies and the key that opens it.
fn file<'a>(attachment: &Object<'a>, record: &mut Record<'a>) {
    let pointer = attachment.object("pointer");
    let locator = pointer.as_ref().and_then(|pointer| {
        let kinds = ["locatorInfo", "attachmentLocator", "backupLocator"];
        kinds.iter().find_map(|kind| pointer.object(kind))
    });
    // An empty locator stands for a file of which nothing is left.
    let locator =
        locator.filter(|locator| ["key", "cdnKey", "mediaName"].iter().any(|k| locator.has(k)));
    let of_pointer = |key: &str| -> Option<Cow<'a, str>> { pointer.as_ref()?.peek(key) };
    let of_locator = |keys: &[&str]| -> Option<Cow<'a, str>> {
        let locator = locator.as_ref()?;
        keys.iter().find_map(|key| locator.peek(key))
    };
    let name = of_pointer("fileName").unwrap_or_default();
    record.extra.push(("file".into(), name));
    extra(record, "file_type", of_pointer("contentType"));
    extra(record, "file_bytes", of_locator(&["size"]));
    extra(record, "file_key", of_locator(&["key"]));
    extra(record, "file_digest", of_locator(&["digest", "encryptedDigest", "plaintextHash"]));
    extra(record, "file_url", of_locator(&["cdnKey", "transitCdnKey", "mediaName"]));
    extra(record, "file_downloaded", attachment.peek("wasDownloaded"));
    if locator.is_none() {
        record.extra.push(("file_missing".into(), "true".into()));
    }
}
