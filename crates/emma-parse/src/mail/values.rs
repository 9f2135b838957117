//! From a message to a record's values.

use super::closed::{self, Closed};
use super::date;

use crate::text;
use emma_model::{Anomaly, Clock, Digest, Record, RecordKind};
use mail_parser::{Address, HeaderName, Message, MessageParser, MimeHeaders, PartType};
use std::borrow::Cow;

const NETWORK: &str = "mail";

/// What is known of a message besides its bytes.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'m> {
    /// The line of a mailbox that starts it.
    pub from_line: Option<&'m [u8]>,
    /// The message goes on beyond these bytes.
    pub cut: bool,
}

/// The record of a message; `None` where it has no header.
pub(super) fn record<'m>(
    raw: &'m [u8],
    envelope: Envelope<'m>,
) -> Option<(Record<'static>, Vec<Anomaly>)> {
    let (raw, unquoted) = match envelope.from_line {
        Some(_) => unquote(raw),
        None => (Cow::Borrowed(raw), 0),
    };
    let closed = closed::close(&raw);
    parsed(&closed, envelope, unquoted)
}

fn parsed(
    closed: &Closed<'_>,
    envelope: Envelope<'_>,
    unquoted: u32,
) -> Option<(Record<'static>, Vec<Anomaly>)> {
    let message = MessageParser::default().parse(closed.bytes.as_ref())?;
    if message.headers().is_empty() {
        return None;
    }
    let mut record = Record::new(RecordKind::Message, NETWORK);
    let mut anomalies = Vec::new();
    parties(&message, &mut record, &mut anomalies);
    ids(&message, &mut record);
    time(&message, envelope, &mut record, &mut anomalies);
    if let Some(subject) = message.subject() {
        add(&mut record, "subject", subject);
        text::report_controls(subject, "subject", &mut anomalies);
    }
    body(&message, closed, &mut record, &mut anomalies);
    if unquoted > 0 {
        add(&mut record, "from_unquoted", &unquoted.to_string());
    }
    attachments(&message, closed, envelope.cut, &mut record, &mut anomalies);
    headers(&message, closed, &mut record);
    if let Some(line) = envelope.from_line {
        add(&mut record, "from_line", String::from_utf8_lossy(line).trim_end());
    }
    Some((record, anomalies))
}

fn add(record: &mut Record<'static>, name: &'static str, value: &str) {
    record.extra.push((name.into(), Cow::Owned(value.to_owned())));
}

/// Takes one `>` from lines that start with `>From ` behind any number of `>`.
fn unquote(raw: &[u8]) -> (Cow<'_, [u8]>, u32) {
    let mut out: Vec<u8> = Vec::new();
    let (mut kept, mut count) = (0, 0);
    for at in memchr::memchr_iter(b'\n', raw).map(|feed| feed + 1) {
        let quotes = raw[at..].iter().take_while(|byte| **byte == b'>').count();
        if quotes > 0 && raw[at + quotes..].starts_with(b"From ") {
            out.extend_from_slice(&raw[kept..at]);
            kept = at + 1;
            count += 1;
        }
    }
    if count == 0 {
        return (Cow::Borrowed(raw), 0);
    }
    out.extend_from_slice(&raw[kept..]);
    (Cow::Owned(out), count)
}

/// An address in the one spelling used here: servers ignore case, nearly all of them in both
/// parts.
fn handle(address: &str) -> Cow<'static, str> {
    Cow::Owned(address.trim().to_lowercase())
}

/// The addresses of a field with the names beside them.
fn addresses<'a>(field: &'a Address<'_>) -> impl Iterator<Item = (Option<&'a str>, &'a str)> {
    field.iter().filter_map(|one| {
        let address = one.address().filter(|address| !address.trim().is_empty());
        // A name without an address is all there is ("undisclosed" or a broken field).
        Some((address.and(one.name()), address.or(one.name())?))
    })
}

fn parties(message: &Message<'_>, record: &mut Record<'static>, anomalies: &mut Vec<Anomaly>) {
    let mut from = message.from().into_iter().flat_map(addresses);
    match from.next() {
        Some((name, address)) => {
            record.from = Some(handle(address));
            if let Some(name) = name {
                add(record, "from_name", name);
            }
        }
        None => {
            let note = "the message does not say who sent it";
            anomalies.push(Anomaly::field("mail.from_missing", "from", note));
        }
    }
    for (_, also) in from {
        add(record, "from_also", &handle(also));
    }
    for address in message.all_to().flat_map(addresses) {
        record.to.push(handle(address.1));
    }
    for (name, fields) in [
        ("cc", message.all_cc().collect::<Vec<_>>()),
        ("bcc", message.all_bcc().collect::<Vec<_>>()),
    ] {
        for (_, address) in fields.into_iter().flat_map(addresses) {
            let address = handle(address);
            add(record, name, &address);
            record.to.push(address);
        }
    }
}

/// Ids without their angle brackets.
fn ids(message: &Message<'_>, record: &mut Record<'static>) {
    let owned =
        |id: &str| Some(id.trim()).filter(|id| !id.is_empty()).map(|id| id.to_owned().into());
    record.id = message.message_id().and_then(owned);
    let first = |value: &mail_parser::HeaderValue<'_>| {
        let list = value.as_text_list().and_then(|list| list.first().map(|id| id.to_string()));
        list.or_else(|| value.as_text().map(str::to_owned))
    };
    record.reply_to = first(message.in_reply_to()).as_deref().and_then(owned);
    // A thread is named by the message that began it.
    let root = first(message.references()).or_else(|| record.reply_to.as_deref().map(Into::into));
    record.conversation = root.as_deref().and_then(owned).or_else(|| record.id.clone());
}

fn time(
    message: &Message<'_>,
    envelope: Envelope<'_>,
    record: &mut Record<'static>,
    anomalies: &mut Vec<Anomaly>,
) {
    let raw = raw_header(message, HeaderName::Date);
    record.time = raw.as_deref().and_then(|raw| date::time(raw, Clock::Sent));
    if record.time.is_some() {
        return;
    }
    let (kind, note) = match &raw {
        Some(raw) => {
            add(record, "date", raw);
            ("time.unreadable", "the date is none")
        }
        None => ("mail.date_missing", "the message has no date of its own"),
    };
    anomalies.push(Anomaly::field(kind, "time", note));
    if let Some(line) = envelope.from_line {
        // What the mailbox notes is when the message came, by nobody's stated zone.
        let line = String::from_utf8_lossy(line);
        let dated = line.trim().splitn(3, ' ').nth(2).unwrap_or_default();
        record.time = date::time(dated, Clock::Delivered);
    }
}

/// A header's bytes without their folds.
fn raw_header(message: &Message<'_>, name: HeaderName<'static>) -> Option<String> {
    let header = message.headers().iter().rev().find(|header| header.name == name)?;
    raw_value(message, header)
}

fn raw_value(message: &Message<'_>, header: &mail_parser::Header<'_>) -> Option<String> {
    let (start, end) = (header.offset_start as usize, header.offset_end as usize);
    let raw = message.raw_message.get(start..end)?;
    let text = String::from_utf8_lossy(raw);
    Some(text.trim().replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " "))
}

/// The first text that is plain, else the first that is HTML, without its tags; further texts
/// of the body follow.
fn body(
    message: &Message<'_>,
    closed: &Closed<'_>,
    record: &mut Record<'static>,
    anomalies: &mut Vec<Anomaly>,
) {
    let mut texts: Vec<Cow<'_, str>> = Vec::new();
    let mut html = false;
    let mut damaged = false;
    for part in message.text_body.iter().filter_map(|id| message.part(*id)) {
        damaged |= part.is_encoding_problem;
        match &part.body {
            PartType::Text(text) => texts.push(closed.opened_text(text)),
            PartType::Html(source) => {
                html = true;
                texts.push(Cow::Owned(crate::html::text(&closed.opened_text(source))));
            }
            _ => {}
        }
    }
    if damaged {
        let note = "the text does not decode as its header says";
        anomalies.push(Anomaly::field("mail.encoding", "text", note));
    }
    if html {
        add(record, "body_from", "html");
    }
    let body = texts.join("\n");
    text::report_controls(&body, "text", anomalies);
    record.text = (!texts.is_empty()).then_some(Cow::Owned(body));
}

fn attachments(
    message: &Message<'_>,
    closed: &Closed<'_>,
    cut: bool,
    record: &mut Record<'static>,
    anomalies: &mut Vec<Anomaly>,
) {
    let last = message.attachments.last();
    for id in &message.attachments {
        let Some(part) = message.part(*id) else { continue };
        add(record, "file", part.attachment_name().unwrap_or_default());
        if let Some(kind) = part.content_type() {
            let kind = match kind.subtype() {
                Some(subtype) => format!("{}/{subtype}", kind.ctype()),
                None => kind.ctype().to_owned(),
            };
            add(record, "file_type", &closed.opened_text(&kind.to_lowercase()));
        }
        let contents = closed.opened(part.contents());
        // What the record cuts off is neither as long nor of that digest.
        if cut && Some(id) == last {
            add(record, "file_cut", "yes");
            continue;
        }
        add(record, "file_bytes", &contents.len().to_string());
        add(record, "file_sha256", &Digest::of(&contents).to_string());
        if part.is_encoding_problem {
            let note = "an attachment does not decode as its header says";
            anomalies.push(Anomaly::field("mail.encoding", "file", note));
        }
    }
}

/// Every header as written, but those that other values hold in full.
fn headers(message: &Message<'_>, closed: &Closed<'_>, record: &mut Record<'static>) {
    let held = |name: &HeaderName<'_>| {
        matches!(name, HeaderName::Subject | HeaderName::Date | HeaderName::MessageId)
    };
    for header in message.headers().iter().filter(|header| !held(&header.name)) {
        if let Some(value) = raw_value(message, header) {
            let name = format!("header.{}", header.name.as_str().to_ascii_lowercase());
            let value = closed.opened_text(&value).into_owned();
            record.extra.push((Cow::Owned(name), Cow::Owned(value)));
        }
    }
}
