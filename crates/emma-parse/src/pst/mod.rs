//! Outlook's files of messages: PST and OST (MS-PST; `docs/formats/inputs/pst.md`).
//!
//! 1. [`header`] tells which of three layouts a file has and where its two trees of pages are.
//!    [`pages`] finds blocks by id and lists the nodes; [`store`] reads blocks, decoded by
//!    [`encoding`].
//! 2. A node's blocks hold a [`heap`] of values: [`properties`] of an item or a [`table`].
//! 3. [`items`] goes through the messages by id, also through those that no folder of the tree
//!    ([`folders`]) lists. Each is a row with the values that [`kinds`], [`people`] and
//!    [`files`] know; messages in messages are rows, attached files are members.
//!
//! The file is one blob, so that every byte is accounted for, and every reading of it finds the
//! same rows. What is damaged is noted and left out.

mod bytes;
mod encoding;
mod entry;
mod files;
mod folders;
mod header;
mod heap;
mod items;
mod kinds;
mod named;
mod pages;
mod people;
mod properties;
mod rtf;
mod store;
mod table;

use crate::emit::Emitter;
use crate::format::{Format, Read};
use crate::limits::Limits;
use crate::plan::Plan;
use crate::rows::{OpenRows, Opening, Row, RowFormat, RowMember, RowsEnd, VisitDocument, VisitRow};
use emma_model::{Anomaly, Record};
use header::HeaderFault;
use items::Visit;
use std::io;
use store::Store;

/// Personal and offline folders.
pub(crate) const FORMAT: Format = Format {
    name: "pst",
    version: 1,
    title: "Outlook mailbox (PST, OST)",
    tested: "a public PST and two OSTs, compared with libpff's reader; invented specimens",
    recognises: |head| head.bytes.starts_with(header::MAGIC),
    read: Read::Rows(RowFormat { open, documents: true }),
};

/// An open mailbox.
struct Mailbox<'m> {
    store: Store,
    limits: &'m Limits,
}

fn open<'m>(rows: &RowMember<'m>) -> io::Result<Opening<'m>> {
    let limits = rows.limits;
    let note = match Store::open(rows.copy, limits)? {
        Ok(store) => return Ok(Ok(Box::new(Mailbox { store, limits }))),
        Err(HeaderFault::Damaged) => "the header ends early",
        Err(HeaderFault::Version) => "the version of the file is none that is read",
        Err(HeaderFault::Encrypted) => "the file is encrypted with a key",
    };
    Ok(Err(Anomaly::new("pst.unreadable", note)))
}

impl OpenRows for Mailbox<'_> {
    fn read(&mut self, _plan: &Plan, emitter: &mut Emitter<'_>) -> io::Result<RowsEnd> {
        let mut keep =
            |row: Row<'_>, record: Record<'_>, anomalies| emitter.row(row, Some(record), anomalies);
        let visit = Visit { item: &mut keep, file: None };
        let anomalies = items::each(&self.store, self.limits, visit)?;
        Ok(RowsEnd { mapping: None, anomalies })
    }

    fn each_row(&mut self, visit: VisitRow<'_>) -> io::Result<()> {
        let visit = Visit { item: &mut |row, _, _| visit(row), file: None };
        items::each(&self.store, self.limits, visit).map(|_| ())
    }

    fn each_document(&mut self, visit: VisitDocument<'_>) -> io::Result<()> {
        let visit = Visit { item: &mut |_, _, _| Ok(()), file: Some(visit) };
        items::each(&self.store, self.limits, visit).map(|_| ())
    }
}
