//! Who sent an item and to whom (MS-OXOMSG 2.2.1 and 2.2.2; MS-PST 2.4.5.3).

use super::entry::{Entry, Values};
use super::table::Table;
use crate::limits::PST_RECIPIENTS_MAX;
use emma_model::{Anomaly, RecordKind};
use std::borrow::Cow;
use std::io;

/// The node of an item's recipients.
const RECIPIENTS: u32 = 0x692;
/// Columns of their table.
const KIND: u16 = 0x0C15;
const NAME: u16 = 0x3001;
const ADDRESS: u16 = 0x3003;
const SMTP: u16 = 0x39FE;

/// Who sent: name, address, address of the internet.
const SENDER: [u16; 3] = [0x0C1A, 0x0C1F, 0x5D01];
/// On whose behalf: the `From` of a mail.
const REPRESENTED: [u16; 3] = [0x0042, 0x0065, 0x5D02];
/// The names of recipients in one text.
const DISPLAYED: [(&str, u16); 3] =
    [("display_to", 0x0E04), ("display_cc", 0x0E03), ("display_bcc", 0x0E02)];

/// A party as the item tells of it.
#[derive(Default, PartialEq, Eq)]
struct Party {
    name: Option<String>,
    address: Option<String>,
    smtp: Option<String>,
}

impl Party {
    /// The address of the internet where there is one, else that of a directory, else the name.
    fn address(&self) -> Option<&str> {
        let internet = |text: &&String| text.contains('@');
        let addresses = [&self.smtp, &self.address];
        let found = addresses.into_iter().flatten().find(internet);
        found.or(self.address.as_ref()).or(self.name.as_ref()).map(String::as_str)
    }

    /// The same, in the spelling of the reader of mails.
    fn handle(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Owned(self.address()?.trim().to_lowercase()))
    }

    fn is_empty(&self) -> bool {
        *self == Party::default()
    }

    fn tell(&self, entry: &mut Entry, column: &str) {
        for (what, value) in
            [("name", &self.name), ("address", &self.address), ("smtp", &self.smtp)]
        {
            if let Some(value) = value {
                entry.row_text(&format!("{column}.{what}"), value);
            }
        }
    }
}

/// Sender and recipients of an item, for its row and record.
pub(super) fn fill(entry: &mut Entry, values: &Values<'_>) -> io::Result<()> {
    senders(entry, values)?;
    let recipients = recipients(values)?;
    for (at, (kind, party)) in recipients.iter().enumerate() {
        let column = format!("recipient.{}", at + 1);
        entry.row_text(&format!("{column}.kind"), kind);
        party.tell(entry, &column);
    }
    for kind in ["to", "cc", "bcc"] {
        for (_, party) in recipients.iter().filter(|(found, _)| *found == kind) {
            let Some(handle) = party.handle() else { continue };
            if kind != "to" {
                entry.extra(kind, &handle);
            }
            entry.record.to.push(handle);
        }
    }
    for (name, id) in DISPLAYED {
        let Some(value) = values.text(id)? else { continue };
        entry.row_text(name, &value);
        if recipients.is_empty() {
            entry.extra(name, &value);
        }
    }
    Ok(())
}

fn senders(entry: &mut Entry, values: &Values<'_>) -> io::Result<()> {
    let party = |[name, address, smtp]: [u16; 3]| {
        io::Result::Ok(Party {
            name: values.text(name)?,
            address: values.text(address)?,
            smtp: values.text(smtp)?,
        })
    };
    let (sender, represented) = (party(SENDER)?, party(REPRESENTED)?);
    sender.tell(entry, "sender");
    represented.tell(entry, "represented");
    // What a mail's `From` names is on whose behalf it was sent.
    let from = if represented.is_empty() { &sender } else { &represented };
    let handle = from.handle();
    let also = sender.handle().filter(|sender| Some(sender) != handle.as_ref());
    if entry.record.kind == RecordKind::Message && handle.is_none() {
        let note = "the message does not say who sent it";
        entry.anomalies.push(Anomaly::field("mail.from_missing", "from", note));
    }
    entry.record.from = handle;
    if let Some(name) = &from.name {
        entry.extra("from_name", name);
        entry.inspect("from_name", name);
    }
    if let Some(also) = also {
        entry.extra("sender", &also);
    }
    Ok(())
}

/// The recipients with their kinds, in the order of the item's table.
fn recipients(values: &Values<'_>) -> io::Result<Vec<(&'static str, Party)>> {
    let store = values.store;
    let Some(node) = values.object.node(RECIPIENTS) else { return Ok(Vec::new()) };
    let Some(table) = Table::open(store, node)? else { return Ok(Vec::new()) };
    let page = values.object.code_page(store, false)?;
    let mut found = Vec::new();
    let ids = table.ids();
    if ids.len() > PST_RECIPIENTS_MAX {
        store.note("pst.limit", "an item has more recipients than are read");
    }
    for id in ids.into_iter().take(PST_RECIPIENTS_MAX) {
        let text = |column| {
            let value = table.value(store, id, column)?;
            let text = value.and_then(|value| value.text(page));
            io::Result::Ok(text.filter(|text| !text.is_empty()))
        };
        let kind = table.value(store, id, KIND)?.and_then(|value| value.number());
        // The upper bits tell of resending and of failed delivery.
        let kind = match kind.unwrap_or(1) & 0xF {
            0 => "originator",
            2 => "cc",
            3 => "bcc",
            _ => "to",
        };
        let party = Party { name: text(NAME)?, address: text(ADDRESS)?, smtp: text(SMTP)? };
        found.push((kind, party));
    }
    Ok(found)
}
