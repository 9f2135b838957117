//! What the properties of an item say, by the class of the item (MS-OXCMSG, MS-OXOMSG,
//! MS-OXOCNTC, MS-OXOCAL).

use super::entry::{Entry, Values};
use super::named::{ADDRESS, APPOINTMENT, Named};
use super::people;
use super::properties::{moment, written};
use super::rtf;
use crate::limits::Limits;
use emma_model::{Anomaly, Clock, RecordKind};
use std::borrow::Cow;
use std::io;

/// Properties of any item.
const CLASS: u16 = 0x001A;
const SUBJECT: u16 = 0x0037;
const SUBMITTED: u16 = 0x0039;
const DELIVERED: u16 = 0x0E06;
const CREATED: u16 = 0x3007;
const MODIFIED: u16 = 0x3008;
const IMPORTANCE: u16 = 0x0017;
const SENSITIVITY: u16 = 0x0036;
const FLAGS: u16 = 0x0E07;
const TOPIC: u16 = 0x0070;
const MESSAGE_ID: u16 = 0x1035;
const IN_REPLY_TO: u16 = 0x1042;
const REFERENCES: u16 = 0x1039;
const LAST_VERB: u16 = 0x1081;
const LAST_VERB_TIME: u16 = 0x1082;
const HEADERS: u16 = 0x007D;
const BODY: u16 = 0x1000;
const HTML: u16 = 0x1013;
const RTF: u16 = 0x1009;
const START: u16 = 0x0060;
const END: u16 = 0x0061;

/// Bits of [`FLAGS`] (MS-OXCMSG 2.2.1.6).
const READ: i64 = 0x01;
const UNSENT: i64 = 0x08;

/// Texts of a contact, and what kind of number they are.
#[rustfmt::skip]
const CONTACT: [(u16, &str, &str); 16] = [
    (0x3001, "name", ""), (0x3A06, "given_name", ""), (0x3A11, "family_name", ""),
    (0x3A44, "middle_name", ""), (0x3A4F, "nickname", ""), (0x3A16, "organisation", ""),
    (0x3A17, "title", ""), (0x3A08, "phone", "work"), (0x3A1B, "phone", "work"),
    (0x3A09, "phone", "home"), (0x3A2F, "phone", "home"), (0x3A1C, "phone", "cell"),
    (0x3A1F, "phone", "other"), (0x3A24, "phone", "fax"), (0x3A15, "address", ""),
    (0x3A51, "url", ""),
];
/// The addresses of a contact, by number in their set (MS-OXPROPS 2.93 and others).
const CONTACT_ADDRESSES: [u32; 3] = [0x8083, 0x8093, 0x80A3];
/// Of an appointment, in its set.
const APPOINTMENT_START: u32 = 0x820D;
const APPOINTMENT_END: u32 = 0x820E;
const APPOINTMENT_PLACE: u32 = 0x8208;

/// The kind of record for an item of this class (MS-OXCMSG 2.2.1.3). Reports and meeting
/// requests came as mails and are mails; an item without a class is one, too.
fn kind(class: &str) -> RecordKind {
    let class = class.to_ascii_lowercase();
    let is = |name: &str| {
        class.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if class.is_empty() || is("ipm.note") || is("ipm.schedule") || is("report") {
        RecordKind::Message
    } else if is("ipm.contact") || is("ipm.distlist") {
        RecordKind::Contact
    } else if is("ipm.appointment") {
        RecordKind::Event
    } else if is("ipm.stickynote") {
        RecordKind::Note
    } else {
        RecordKind::Other
    }
}

/// An entry of the kind that the item's class names.
pub(super) fn entry(values: &Values<'_>, limits: &Limits) -> io::Result<Entry> {
    let class = values.text(CLASS)?.unwrap_or_default();
    Ok(Entry::new(kind(&class), limits))
}

/// The values of an item but its texts.
pub(super) fn fill(entry: &mut Entry, values: &Values<'_>, named: &Named) -> io::Result<()> {
    if let Some(class) = values.text(CLASS)? {
        entry.both("class", &class);
    }
    if let Some(subject) = values.text(SUBJECT)? {
        let subject = without_mark(&subject);
        entry.both("subject", subject);
        entry.inspect("subject", subject);
    }
    match entry.record.kind {
        RecordKind::Contact => contact(entry, values, named)?,
        RecordKind::Event => event(entry, values, named)?,
        _ => {}
    }
    people::fill(entry, values)?;
    ids(entry, values)?;
    times(entry, values)?;
    state(entry, values)
}

/// A subject whose first two characters say how long its prefix (`RE: `) is (MS-PST 2.5.3.1.1.1).
fn without_mark(subject: &str) -> &str {
    let mut characters = subject.chars();
    match (characters.next(), characters.next()) {
        (Some('\u{1}'), Some(_)) => characters.as_str(),
        _ => subject,
    }
}

/// The ids of a mail, as the reader of mails has them: without angle brackets.
fn ids(entry: &mut Entry, values: &Values<'_>) -> io::Result<()> {
    let of = |entry: &mut Entry, column: &'static str, id: u16| {
        let value = values.text(id)?;
        if let Some(value) = &value {
            entry.row_text(column, value);
        }
        io::Result::Ok(value.and_then(|value| bare(&value)))
    };
    let id = of(entry, "message_id", MESSAGE_ID)?;
    let reply_to = of(entry, "in_reply_to", IN_REPLY_TO)?;
    let root = of(entry, "references", REFERENCES)?;
    // An appointment may keep the id of the mail it came with, and is not that mail.
    if entry.record.kind == RecordKind::Message {
        // A thread is named by the message that began it.
        let thread = root.or_else(|| reply_to.clone()).or_else(|| id.clone());
        entry.record.id = id.map(Cow::Owned);
        entry.record.reply_to = reply_to.map(Cow::Owned);
        entry.record.conversation = thread.map(Cow::Owned);
    }
    if let Some(topic) = values.text(TOPIC)? {
        entry.both("conversation_topic", &topic);
    }
    Ok(())
}

/// The first id of a header's value.
fn bare(value: &str) -> Option<String> {
    let value = value.trim();
    let inner = value.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let id = inner.map_or_else(|| value.split_whitespace().next().unwrap_or(""), |(id, _)| id);
    Some(id.trim()).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The times of an item; the first that says when it happened is the record's.
fn times(entry: &mut Entry, values: &Values<'_>) -> io::Result<()> {
    let sent = entry.record.kind == RecordKind::Message;
    for (column, id, clock) in [
        ("submitted", SUBMITTED, Clock::Sent),
        ("delivered", DELIVERED, Clock::Delivered),
        ("created", CREATED, Clock::Unstated),
        ("modified", MODIFIED, Clock::Unstated),
    ] {
        let Some(time) = values.time(id)? else { continue };
        let text = written(time).filter(|_| moment(time, clock).is_some());
        let Some(text) = text else {
            let note = "the time is none that a calendar has";
            entry.anomalies.push(Anomaly::field("time.unreadable", column, note));
            entry.row_number(column, time as i64);
            continue;
        };
        entry.both(column, &text);
        if entry.record.time.is_none() {
            entry.record.time = moment(time, clock);
            if sent && clock == Clock::Unstated {
                let note = "the message has no date but that of its item";
                entry.anomalies.push(Anomaly::field("mail.date_missing", "time", note));
            }
        }
    }
    if sent && entry.record.time.is_none() {
        let note = "the message has no date of its own";
        entry.anomalies.push(Anomaly::field("mail.date_missing", "time", note));
    }
    Ok(())
}

/// Importance, sensitivity, read or not, sent or not, what was done with it.
fn state(entry: &mut Entry, values: &Values<'_>) -> io::Result<()> {
    let words = |words: &[&'static str], number: i64| {
        usize::try_from(number).ok().and_then(|at| words.get(at).copied())
    };
    if let Some(importance) = values.number(IMPORTANCE)?
        && let Some(word) = words(&["low", "normal", "high"], importance)
    {
        entry.both("importance", word);
    }
    if let Some(sensitivity) = values.number(SENSITIVITY)?
        && let Some(word) = words(&["none", "personal", "private", "confidential"], sensitivity)
    {
        entry.both("sensitivity", word);
    }
    if let Some(flags) = values.number(FLAGS)? {
        entry.row_number("flags", flags);
        entry.both("read", if flags & READ != 0 { "yes" } else { "no" });
        if flags & UNSENT != 0 {
            entry.both("unsent", "yes");
        }
    }
    if let Some(verb) = values.number(LAST_VERB)? {
        match verb {
            102 => entry.both("last_verb", "replied"),
            103 => entry.both("last_verb", "replied to all"),
            104 => entry.both("last_verb", "forwarded"),
            _ => entry.row_number("last_verb", verb),
        }
    }
    if let Some(time) = values.time(LAST_VERB_TIME)?.and_then(written) {
        entry.both("last_verb_time", &time);
    }
    Ok(())
}

fn contact(entry: &mut Entry, values: &Values<'_>, named: &Named) -> io::Result<()> {
    let mut number = 0;
    for (id, name, kind) in CONTACT {
        let Some(value) = values.text(id)? else { continue };
        match name {
            "phone" => {
                number += 1;
                entry.row_text(&format!("phone.{number}.{kind}"), &value);
                entry.extra("phone", &value);
                entry.extra("phone_type", kind);
            }
            _ => entry.both(name, &value),
        }
        entry.inspect(name, &value);
    }
    for (at, number) in CONTACT_ADDRESSES.into_iter().enumerate() {
        let Some(id) = named.id(ADDRESS, number) else { continue };
        let Some(address) = values.text(id)? else { continue };
        entry.row_text(&format!("email.{}", at + 1), &address);
        entry.extra("email", &address);
    }
    Ok(())
}

fn event(entry: &mut Entry, values: &Values<'_>, named: &Named) -> io::Result<()> {
    for (name, number, plain) in
        [("start", APPOINTMENT_START, START), ("end", APPOINTMENT_END, END)]
    {
        let mut time = match named.id(APPOINTMENT, number) {
            Some(id) => values.time(id)?,
            None => None,
        };
        if time.is_none() {
            time = values.time(plain)?;
        }
        let Some(time) = time else { continue };
        let Some(text) = written(time) else { continue };
        entry.both(name, &text);
        if name == "start" {
            entry.record.time = moment(time, Clock::Unstated);
        }
    }
    if let Some(id) = named.id(APPOINTMENT, APPOINTMENT_PLACE)
        && let Some(place) = values.text(id)?
    {
        entry.both("place", &place);
    }
    Ok(())
}

/// The texts of an item, longest last: what is plain, else what HTML or RTF says without marks.
pub(super) fn texts(entry: &mut Entry, values: &Values<'_>) -> io::Result<()> {
    let page = values.object.code_page(values.store, false)?;
    let long = |id: u16, page| {
        let text = values.value(id)?.and_then(|value| value.text(page));
        io::Result::Ok(text.filter(|text| !text.is_empty()))
    };
    let plain = long(BODY, page)?;
    let html = long(HTML, values.object.code_page(values.store, true)?)?;
    let rtf = values.value(RTF)?.filter(|rtf| !rtf.bytes.is_empty());
    let text = match (plain, &html, &rtf) {
        (Some(plain), ..) => Some(plain),
        (None, Some(html), _) => {
            entry.both("body_from", "html");
            Some(crate::html::text(html))
        }
        (None, None, Some(rtf)) => {
            let text = rtf::text(&rtf.bytes);
            match &text {
                Some(text) if text.is_empty() => {}
                Some(_) => entry.both("body_from", "rtf"),
                None => {
                    let note = "the text is there as compressed RTF only, which does not unpack";
                    entry.anomalies.push(Anomaly::field("pst.rtf_damaged", "text", note));
                }
            }
            text.filter(|text| !text.is_empty())
        }
        (None, None, None) => None,
    };
    if let Some(text) = text {
        entry.row_text("text", &text);
        entry.inspect("text", &text);
        entry.record.text = Some(Cow::Owned(text));
    }
    if let Some(headers) = long(HEADERS, page)? {
        entry.row_text("headers", &headers);
        for (name, value) in headers_of(&headers) {
            entry.record.extra.push((Cow::Owned(name), Cow::Owned(value)));
        }
    }
    if let Some(html) = html {
        entry.row_text("html", &html);
    }
    if let Some(rtf) = rtf {
        entry.row_bytes("rtf", &rtf.bytes);
    }
    Ok(())
}

/// The headers under which the reader of mails keeps them.
fn headers_of(headers: &str) -> Vec<(String, String)> {
    const HELD: [&str; 3] = ["subject", "date", "message-id"];
    let mut found: Vec<(String, String)> = Vec::new();
    for line in headers.lines() {
        match (line.starts_with([' ', '\t']), line.split_once(':'), found.last_mut()) {
            (true, _, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (false, Some((name, value)), _) if !name.is_empty() && !name.contains(' ') => {
                found.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            _ => {}
        }
    }
    found.retain(|(name, _)| !HELD.contains(&name.as_str()));
    found.into_iter().map(|(name, value)| (format!("header.{name}"), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_say_what_an_item_is() {
        for (class, expected) in [
            ("IPM.Note", RecordKind::Message),
            ("IPM.Note.SMIME", RecordKind::Message),
            ("REPORT.IPM.Note.NDR", RecordKind::Message),
            ("IPM.Schedule.Meeting.Request", RecordKind::Message),
            ("ipm.contact", RecordKind::Contact),
            ("IPM.Appointment", RecordKind::Event),
            ("IPM.StickyNote", RecordKind::Note),
            ("IPM.Task", RecordKind::Other),
            ("IPM.Notebook", RecordKind::Other),
            ("", RecordKind::Message),
        ] {
            assert_eq!(kind(class), expected, "{class}");
        }
    }

    #[test]
    fn ids_lose_their_brackets() {
        assert_eq!(bare(" <a@b> <c@d>").as_deref(), Some("a@b"));
        assert_eq!(bare("a@b c@d").as_deref(), Some("a@b"));
        assert_eq!(bare("<>"), None);
        assert_eq!(without_mark("\u{1}\u{5}RE: x"), "RE: x");
    }

    #[test]
    fn headers_are_unfolded() {
        let found = headers_of("Received: a\r\n\tb\r\nSubject: no\r\nX-Bird: owl\r\n");
        let expected = [("header.received", "a b"), ("header.x-bird", "owl")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
