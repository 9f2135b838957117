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
use crate::rows::{Row, RowFormat, RowMember, RowsEnd, VisitDocument, VisitRow};
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
    read: Read::Rows(&Pst),
};

struct Pst;

impl RowFormat for Pst {
    fn read(
        &self,
        rows: &RowMember<'_>,
        _plan: &Plan,
        emitter: &mut Emitter<'_>,
        limits: &Limits,
    ) -> io::Result<RowsEnd> {
        let anomalies = each(rows, limits, &mut Emitting(emitter))?;
        Ok(RowsEnd { parser: FORMAT.name.to_owned(), anomalies })
    }

    fn each_row(
        &self,
        rows: &RowMember<'_>,
        limits: &Limits,
        visit: VisitRow<'_>,
    ) -> io::Result<()> {
        each(rows, limits, &mut Showing(visit)).map(|_| ())
    }

    fn each_document(
        &self,
        rows: &RowMember<'_>,
        limits: &Limits,
        visit: VisitDocument<'_>,
    ) -> io::Result<()> {
        each(rows, limits, &mut Handing(visit)).map(|_| ())
    }
}

fn each(rows: &RowMember<'_>, limits: &Limits, visit: &mut dyn Visit) -> io::Result<Vec<Anomaly>> {
    let note = match Store::open(rows.copy, limits)? {
        Ok(store) => return items::each(&store, limits, visit),
        Err(HeaderFault::Damaged) => "the header ends early",
        Err(HeaderFault::Version) => "the version of the file is none that is read",
        Err(HeaderFault::Encrypted) => "the file is encrypted with a key",
    };
    Ok(vec![Anomaly::new("pst.unreadable", note)])
}

/// Rows with their records, to be kept.
struct Emitting<'e, 's>(&'e mut Emitter<'s>);

impl Visit for Emitting<'_, '_> {
    fn row(&mut self, row: Row<'_>, record: Record<'_>, anomalies: Vec<Anomaly>) -> io::Result<()> {
        self.0.row(row, Some(record), anomalies)
    }

    fn file(&mut self, _name: &str, _bytes: &mut dyn io::Read) -> io::Result<()> {
        Ok(())
    }

    fn wants_files(&self) -> bool {
        false
    }
}

/// Rows alone, to be compared.
struct Showing<'v>(VisitRow<'v>);

impl Visit for Showing<'_> {
    fn row(&mut self, row: Row<'_>, _: Record<'_>, _: Vec<Anomaly>) -> io::Result<()> {
        (self.0)(row)
    }

    fn file(&mut self, _name: &str, _bytes: &mut dyn io::Read) -> io::Result<()> {
        Ok(())
    }

    fn wants_files(&self) -> bool {
        false
    }
}

/// Attached files, to be read as members.
struct Handing<'v>(VisitDocument<'v>);

impl Visit for Handing<'_> {
    fn row(&mut self, _: Row<'_>, _: Record<'_>, _: Vec<Anomaly>) -> io::Result<()> {
        Ok(())
    }

    fn file(&mut self, name: &str, bytes: &mut dyn io::Read) -> io::Result<()> {
        (self.0)(name, bytes)
    }

    fn wants_files(&self) -> bool {
        true
    }
}
